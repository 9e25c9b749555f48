"""An edge is told what decides offers: once, when it changed, when it changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from app.access.accounts import Accounts
from app.access.scopes import Scope
from app.calendar_book import CalendarBook, DayHours
from app.decision import Decision
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.hub import edges
from app.hub.decision import Hub
from app.hub.server import create
from ingest.database import Database
from tests.app.conftest import Login
from tests.house import PASSWORD

ASK = "/api/v1/hub/snapshot"
PATIENCE = 30.0


@pytest.fixture
def hub(database: Database) -> Hub:
    return Hub(database.conninfo)


@pytest.fixture
def edge(hub: Hub) -> Iterator[TestClient]:
    with TestClient(create(hub)) as client:
        assert hub.wait_for(lambda known: known.as_of is not None, PATIENCE)
        yield client


def tuck(database: Database) -> int:
    """Tuck the phone away; the revision that made it so."""
    now = datetime.now(UTC)
    change = Change(channel="phone", state=State.TUCKED, why="secret reason",
                    expires_at=now + timedelta(hours=1))  # fmt: skip
    ana = Actor("user", "ana", ("operator",))
    return ExposureService(database).set(change, ana, now).version


def test_what_an_edge_has_already_is_not_sent_again(edge: TestClient) -> None:
    first = edge.get(ASK)
    assert (first.status_code, first.json()["revision"]) == (200, 0)
    again = edge.get(ASK, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert edge.get(ASK, headers={"if-none-match": '"other"'}).status_code == 200


def test_who_waits_is_told_when_a_switch_changes(
    edge: TestClient, hub: Hub, database: Database
) -> None:
    def change() -> None:
        assert hub.wait_for(lambda _: True, PATIENCE)
        while not hub.waiting:
            threading.Event().wait(0.01)
        tuck(database)

    changing = threading.Thread(target=change)
    changing.start()
    told = edge.get(ASK, params={"after": 0, "wait": 30})
    changing.join()
    assert (told.status_code, told.json()["revision"]) == (200, 1)
    (switch,) = told.json()["exposure"]["switches"]
    assert (switch["channel"], switch["state"]) == ("phone", "tucked")
    assert "secret reason" not in told.text
    assert "ana" not in told.text


def test_why_a_day_is_an_exception_stays_inside(
    edge: TestClient, hub: Hub, database: Database
) -> None:
    today = DayHours(day=date(2026, 11, 23), hours="closed")
    decision = Decision("ana", "secret reason", datetime.now(UTC))
    CalendarBook(database, "Europe/Paris").add([], [today], decision)
    assert hub.wait_for(lambda known: bool(known.rows.days), PATIENCE)
    told = edge.get(ASK)
    assert '"2026-11-23"' in told.text
    assert "secret reason" not in told.text


def test_who_waits_in_vain_gets_nothing_and_who_is_behind_all_at_once(edge: TestClient) -> None:
    assert edge.get(ASK, params={"after": 0, "wait": 0}).status_code == 204
    assert edge.get(ASK, params={"after": 99, "wait": 30}).json()["revision"] == 0


@pytest.mark.parametrize("asked", ["after=x", "after=0&wait=61", "after=0&wait=-1", "wait=²"])
def test_nonsense_gets_a_clear_refusal(edge: TestClient, asked: str) -> None:
    refused = edge.get(f"{ASK}?{asked}")
    assert (refused.status_code, refused.json()["status"]) == (422, 422)
    assert "send" in refused.json()["detail"]


def test_more_edges_than_there_is_room_for_are_sent_away(
    edge: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "MOST", 0)
    assert edge.get(ASK, params={"after": 0, "wait": 1}).status_code == 429


def test_beside_the_cockpit_an_edge_logs_in(stranger: TestClient, log_in: Login) -> None:
    assert stranger.get(ASK).status_code == 401
    assert log_in("vera").get(ASK).status_code == 200


def test_who_is_limited_is_no_edge(accounts: Accounts, log_in: Login) -> None:
    accounts.add("pam", "admin", PASSWORD, datetime.now(UTC), Scope(sites=("paris",)))
    answer = log_in("pam").get(ASK)
    assert answer.status_code == 403
    assert "what decides offers cannot be cut to sites paris" in answer.json()["detail"]
