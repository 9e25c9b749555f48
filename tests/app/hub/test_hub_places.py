"""Where modes are found and what pages tell is data, changed by operators, known at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from msgspec.structs import replace
from starlette.testclient import TestClient

from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from ingest.database import Database
from tests.app.conftest import Login
from tests.app.exposure.agreed import Agreed

HOUR = timedelta(hours=1)
ANA = Actor("user", "ana", ("operator",))
PLACES, ASK = "/api/v1/hub/places", "/api/v1/hub/offers"
LINKS = [{"channel": "phone", "link": "tel:+33123"}, {"channel": "chat", "surface": "web",
                                                     "link": "/chat"}]  # fmt: skip
CLUES = [{"page": "/bills", "reason": "billing"}, {"least_basket": 10_000, "segment": "premium"}]


def test_an_operators_links_and_clues_are_offered_within_a_second(
    stranger: TestClient, log_in: Login, web: FastAPI, database: Database
) -> None:
    told = log_in("otto").put(PLACES, json={"links": LINKS, "clues": CLUES, "why": "new site"})
    assert told.status_code == 200, told.text
    assert [one["link"] for one in told.json()["links"]] == ["/chat", "tel:+33123"]
    assert web.state.hub.wait_for(lambda known: len(known.rows.clues) == 2, 30)
    question = {"page": "/bills/2026", "basket_value": 100, "surface": "web"}
    answer = stranger.post(ASK, json=question).json()
    assert (answer["reason"], answer["segment"]) == ("billing", "premium")
    links = {one["channel"]: one["link"] for one in answer["offers"]}
    assert (links["phone"], links["chat"], links["email"]) == ("tel:+33123", "/chat", None)
    with database.connect() as connection:
        who = connection.execute("select distinct decided_by, why from hub_clues").fetchall()
    assert who == [("otto", "new site")]


def test_what_is_left_out_stays_and_an_empty_list_takes_all_away(log_in: Login) -> None:
    otto = log_in("otto")
    otto.put(PLACES, json={"links": LINKS, "clues": CLUES})
    left = otto.put(PLACES, json={"links": []}).json()
    assert (left["links"], len(left["clues"])) == ([], 2)
    assert otto.get(PLACES).json() == left


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"links": [{"channel": "phone", "link": "javascript:alert(1)"}]}, "write https"),
        ({"links": [{"channel": "pigeon", "link": "/"}]}, "no mode «pigeon»"),
        ({"links": [LINKS[0], LINKS[0]]}, "two links"),
        ({"links": [{"channel": "phone", "surface": "moon", "link": "/"}]}, "no surface «moon»"),
        ({"clues": [{"page": "/"}]}, "neither reason nor segment"),
        ({"clues": [{"reason": "billing"}]}, "would meet everybody"),
        ({"clues": [{"page": "/", "reason": "weather"}]}, "no reason «weather»"),
        ({"clues": [{"page": "\u0000", "reason": "billing"}]}, "page"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    log_in: Login, change: dict[str, object], words: str
) -> None:
    otto = log_in("otto")
    refused = otto.put(PLACES, json=change)
    assert refused.status_code == 422, refused.text
    assert words in refused.json()["detail"]
    assert otto.get(PLACES).json() == {"links": [], "clues": []}


def test_clues_close_nothing_for_anybody_that_two_people_did_not_agree_to(
    log_in: Login, database: Database
) -> None:
    otto, now = log_in("otto"), datetime.now(UTC)
    pages = [{"page": "/orders", "reason": "delivery"}]
    assert otto.put(PLACES, json={"clues": pages}).status_code == 200
    closing = Change(channel="phone", reason="billing", state=State.CLOSED, why="x",
                     starts_at=now + HOUR, expires_at=now + 2 * HOUR)  # fmt: skip
    Agreed(database).set(closing, ANA, now)
    everybody = [{"page": "/", "reason": "billing"}]
    refused = otto.put(PLACES, json={"clues": everybody})
    assert (refused.status_code, "Open it first" in refused.json()["detail"]) == (409, True)
    assert [one["reason"] for one in otto.get(PLACES).json()["clues"]] == ["delivery"]
    premium = [*pages, {"page": "/", "segment": "premium"}]
    assert otto.put(PLACES, json={"clues": premium}).status_code == 200
    narrow = {"segment": "premium", "surface": "web", "expires_at": now + HOUR}
    Agreed(database).set(replace(closing, **narrow, starts_at=None), ANA, now)
    assert otto.put(PLACES, json={"clues": pages}).status_code == 409
    assert otto.put(PLACES, json={"clues": premium}).status_code == 200
    ExposureService(database).all_open(ANA, "calm again", now)
    # What tells of reasons that fare alike may change, and so may links.
    fine = {"clues": [{"page": "/parcels", "reason": "delivery"}], "links": LINKS}
    assert otto.put(PLACES, json=fine).status_code == 200


def test_who_may_only_look_changes_nothing(log_in: Login, stranger: TestClient) -> None:
    assert log_in("vera").put(PLACES, json={"links": []}).status_code == 403
    assert stranger.put(PLACES, json={"links": []}).status_code == 401
