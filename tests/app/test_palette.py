"""The command palette: everything there is, for who may have it, in both languages."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from app import access, context, i18n
from app.access import User
from app.access.rights import ROLES
from app.bootstrap import House
from app.discovery import page_at, pages
from app.exposure.service import ExposureService
from app.palette import Asked, Group, groups
from ingest.events import Identity
from kpis.catalogue import catalogue
from tests.app.conftest import Login
from tests.journeys.known import ada_comes_thrice

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
ADMIN = User("ann", "admin")


def offered(house: House, user: User = ADMIN) -> dict[str, Group]:
    return {group.kind: group for group in groups(Asked(house, user, NOW))}


@pytest.mark.parametrize("language", i18n.languages())
def test_every_page_figure_and_word_of_the_house_is_found(house: House, language: str) -> None:
    with i18n.speaking(language):
        found = offered(house)
        told = {target.label for group in found.values() for target in group.targets}
        assert {i18n._(page.title) for page in pages()} <= told
        assert {i18n.spoken(kpi.labels) for kpi in catalogue().values()} <= told
    words = ExposureService(house.database).read().words
    assert {word.word for word in words if word.kind == "reason"} == {
        target.words for target in found["reasons"].targets
    }


def test_wherever_it_leads_there_is_a_page(house: House) -> None:
    for group in offered(house).values():
        for target in group.targets:
            assert bool(target.to) != bool(target.act), target
            if target.to:
                assert page_at(re.split("[?#]", target.to)[0]), target


def test_what_an_action_presses_is_on_its_page(house: House) -> None:
    entered, known = context.enter(house), access.enter(ADMIN)
    try:
        for page in pages():
            shown = (
                json.dumps(page.layout().to_plotly_json(), default=_plain) if page.actions else ""
            )
            for action in page.actions:
                for place in re.findall(r"#([\w-]+)", action.press):
                    assert f'"{place}"' in shown, (page.name, place)
    finally:
        access.leave(known)
        context.leave(entered)


def _plain(component: object) -> object:
    return component.to_plotly_json()  # type: ignore[attr-defined]


def test_only_who_may_see_customers_is_offered_to_find_one(house: House) -> None:
    may = {role for role in ROLES if "customers" in offered(house, User("x", role))}
    assert may == {role for role in ROLES if User("x", role).may("see_customers")}
    assert may < set(ROLES)


def test_an_identity_leads_to_its_customer_and_stands_in_no_address(
    house: House, log_in: Login
) -> None:
    ada_comes_thrice(house, datetime.now(UTC))
    otto = log_in("otto")
    answer = otto.post("/api/v1/palette/customer", json={"words": " ada@example.org "})
    assert answer.status_code == 200
    assert answer.json()["to"].startswith("/customers?customer=")
    assert "ada" not in answer.text
    assert Identity("email", "ada@example.org").value not in str(answer.url)
    nobody = otto.post("/api/v1/palette/customer", json={"words": "eve@example.org"})
    assert (nobody.status_code, "eve" in nobody.text) == (404, False)
    assert log_in("vera").post("/api/v1/palette/customer", json={"words": "a@b"}).status_code == 403
