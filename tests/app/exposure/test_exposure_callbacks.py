"""The buttons of the exposure page, pressed by hand-made requests: roles and two people hold."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from app import context, i18n
from app.access.accounts import Accounts
from app.bootstrap import House
from app.components.exposure_form import emergency
from app.exposure.approvals import Pending
from app.exposure.guardrails.values import Guardrails, store_values
from app.exposure.rules.book import RuleBook
from app.exposure.service import ExposureService
from tests.app.conftest import Login
from tests.app.exposure.pressing import acting, post
from tests.extent import extent
from tests.house import PASSWORD

BILLING = {"channel": "phone", "reason": "billing", "segment": "*", "surface": "*"}


@pytest.fixture
def service(house: House) -> ExposureService:
    return ExposureService(house.database)


@pytest.fixture
def two(log_in: Login, accounts: Accounts) -> tuple[TestClient, TestClient]:
    """Otto and Olga, both operators, reading English."""
    accounts.add("olga", "operator", PASSWORD, datetime.now(UTC))
    browsers = log_in("otto"), log_in("olga")
    for browser in browsers:
        browser.headers["accept-language"] = "en"
    return browsers


def flip(browser: TestClient, state: str, number: int = 1, **told: object) -> str:
    """Press a state in the editor of a cell."""
    values: dict[str, object] = {
        "cell-at.data": BILLING, "cell-minutes.value": "60", "cell-why.value": "too many calls",
        "cell-emergency.value": [], "cell-key.data": "k", f"cell-{state}.n_clicks": number,
    }  # fmt: skip
    given = {name.replace("__", ".").replace("_", "-"): value for name, value in told.items()}
    answer = post(browser, f"cell-{state}.n_clicks", values | given)
    assert answer.status_code == 200, answer.text
    return answer.text


def decide(browser: TestClient, id: int, decision: str) -> str:
    asked = {"approvals-asked.data": {"id": id, "decide": decision}}
    answer = post(browser, "approvals-asked.data", asked)
    assert answer.status_code == 200, answer.text
    return answer.text


def waiting(service: ExposureService) -> list[Pending]:
    return list(service.pending(datetime.now(UTC)))


def test_a_viewer_is_refused_by_whatever_changes_something(
    log_in: Login, service: ExposureService, house: House
) -> None:
    vera = log_in("vera")
    names = acting(vera)
    assert len(names) >= 10
    values = {
        "cell-at.data": BILLING, "cell-why.value": "x", "whole-why.value": "x",
        "all-open-why.value": "x", "approvals-asked.data": {"id": 1, "decide": "approve"},
        "rules-asked.data": {"act": "auto", "rule": "r", "advice": ""},
            "rules-change.data": {"act": "change", "rule": "r", "advice": ""},
    }  # fmt: skip
    assert {name: post(vera, name, values).status_code for name in names} == dict.fromkeys(
        names, 403
    )
    assert service.history() == ()
    assert RuleBook(house.database).list() == ()


def test_a_cell_is_flipped_by_a_reason_and_a_state(
    two: tuple[TestClient, TestClient], service: ExposureService
) -> None:
    otto, _olga = two
    assert "Say why" in flip(otto, "tucked", cell_why__value="  ")
    assert "holds for 60 minutes" in flip(otto, "tucked")
    (switch,) = service.read().switches
    assert (switch.state, switch.reason, switch.why) == ("tucked", "billing", "too many calls")
    flip(otto, "tucked")
    assert len(service.history()) == 1  # the same press, sent twice


def test_a_second_person_approves_and_the_proposer_cannot(
    two: tuple[TestClient, TestClient], service: ExposureService
) -> None:
    otto, olga = two
    assert "needs a second person" in flip(otto, "closed")
    (pending,) = waiting(service)
    assert "approving takes another person" in decide(otto, pending.id, "approve")
    assert service.history() == ()
    assert "approved and in force" in decide(olga, pending.id, "approve")
    (entry,) = service.history()
    assert (entry.proposed_by, entry.actor_name) == ("otto", "olga")
    assert "decided this proposal already" in decide(olga, pending.id, "reject")


def test_an_emergency_closes_alone_for_an_hour_and_no_longer(
    two: tuple[TestClient, TestClient], service: ExposureService
) -> None:
    otto, _olga = two
    refused = flip(otto, "closed", cell_emergency__value=["yes"], cell_minutes__value="120")
    assert "Refused: closing needs a second person" in refused
    assert "holds for 60" in flip(otto, "closed", 2, cell_emergency__value=["yes"])
    assert service.history()[0].action == "emergency"


def test_how_long_one_may_close_alone_is_said_as_the_guardrail_has_it(
    two: tuple[TestClient, TestClient], house: House
) -> None:
    with house.database.connect() as rows:
        store_values(rows, Guardrails(emergency_minutes=20))
    otto, _olga = two
    refused = flip(otto, "closed", cell_emergency__value=["yes"])
    assert "in an emergency only, for 20 minutes at most" in refused
    entered = context.enter(house)
    with i18n.speaking("en"):
        assert "close alone, for 20 minutes at most" in str(emergency("cell"))
    context.leave(entered)


def test_everything_is_opened_at_once_and_hidden_again_once_that_has_settled(
    two: tuple[TestClient, TestClient], service: ExposureService
) -> None:
    otto, _olga = two
    flip(otto, "tucked")
    press = {"all-open-why.value": "the site is down"}
    assert "Say why" in post(otto, "all-open-apply.n_clicks", {}).text
    assert "taken away: 1" in post(otto, "all-open-apply.n_clicks", press).text
    assert service.list(datetime.now(UTC)) == ()
    undo = post(otto, "all-open-undo.n_clicks", press | {"all-open-apply.n_clicks": 1})
    assert "this scope has just changed" in undo.text
    assert service.list(datetime.now(UTC)) == ()


def test_what_no_button_asks_changes_nothing_and_is_refused_in_words(
    two: tuple[TestClient, TestClient], service: ExposureService
) -> None:
    otto, _olga = two
    for asked in (None, 7, [], {"id": "1", "decide": "approve"}, {"id": 1, "decide": "grant"},
                  {"id": True, "decide": "reject"}):  # fmt: skip
        answer = post(otto, "approvals-asked.data", {"approvals-asked.data": asked})
        assert (answer.status_code, "Refused" in answer.text) == (200, True)
    for asked in (None, "x", {}, {"id": [], "version": 1, "key": "k"},
                  {"id": 2**70, "version": 1, "key": "k"}):  # fmt: skip
        answer = post(otto, "whole-revert.data", {"whole-revert.data": asked})
        assert (answer.status_code, "Refused" in answer.text) == (200, True)
    assert "Say why" in post(otto, "all-open-apply.n_clicks", {"all-open-why.value": [1]}).text
    whole = {f"whole-{field}.value": word for field, word in BILLING.items()} | {
        "whole-state.value": "tucked", "whole-minutes.value": "60", "whole-why.value": "x",
    }  # fmt: skip
    for odd in ({"whole-seen.data": [7]}, {"whole-seen.data": [[*BILLING.values(), "x"]]}):
        assert "Refused" in post(otto, "whole-apply.n_clicks", whole | odd).text
    never = whole | {"whole-starts.value": "9999-12-31T23:59"}
    assert "between 2000 and 2100" in post(otto, "whole-apply.n_clicks", never).text
    for number, minutes in enumerate(("-5", "1e9", "²", "9" * 30), 1):
        flip(otto, "tucked", number, cell_minutes__value=minutes)
    assert service.history() == ()


@pytest.mark.timeout(600)
def test_no_sequence_of_presses_closes_without_a_second_person(
    two: tuple[TestClient, TestClient], service: ExposureService
) -> None:
    """Sequences of presses by two browsers; whatever is closed in the end was approved by
    another than its proposer."""
    draw = random.Random(5)
    approved, sequences = 0, extent(40, 300)
    for number in range(sequences):
        for step in range(5):
            browser = draw.choice(two)
            if not step or draw.random() < 0.3:
                state = draw.choice(["closed", "closed", "closed", "tucked", "open"])
                flip(browser, state, cell_key__data=f"{number}-{step}")
            elif found := waiting(service):
                pending = draw.choice(found)
                decide(browser, pending.id, draw.choice(["approve", "approve", "reject"]))
        for entry in service.history(limit=1000):
            closes = entry.after is not None and '"state":"closed"' in entry.after
            assert not closes or entry.proposed_by not in (None, entry.actor_name)
        approved += sum(one.decision == "approved" for one in service.proposals())
        _begin_anew(service)
    assert approved > sequences / 4, approved
    assert service.verify().problems == ()


def _begin_anew(service: ExposureService) -> None:
    """The next sequence meets no dwell of the one before: its rows are gone with their audit."""
    with service._database.connect() as connection:
        for table in ("switches", "audit", "pending", "requests"):
            connection.execute(f"delete from exposure_{table}".encode())


def test_a_planned_switch_begins_at_the_site_s_own_time(
    two: tuple[TestClient, TestClient], service: ExposureService, house: House
) -> None:
    start = (datetime.now(house.settings.tz) + timedelta(hours=3)).replace(second=0, microsecond=0)
    values = {f"whole-{field}.value": word for field, word in BILLING.items()} | {
        "whole-state.value": "tucked", "whole-minutes.value": "60", "whole-why.value": "planned",
        "whole-share.value": "50", "whole-starts.value": f"{start:%Y-%m-%dT%H:%M}",
        "whole-seen.data": [["phone", "billing", "*", "*", 12]],
    }  # fmt: skip
    assert "it is planned" in post(two[0], "whole-apply.n_clicks", values).text
    (switch,) = service.read().switches
    assert (switch.starts_at, switch.share) == (start, 50)
    assert switch.expires_at == start + timedelta(hours=1)
