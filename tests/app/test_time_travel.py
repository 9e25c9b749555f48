"""Looking back: any answer as of a past moment, which nobody changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.alerts import records
from app.alerts.book import AlertBook
from app.alerts.deciding import Reading
from app.bootstrap import House
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.travel import HEADER
from ingest.connector import Source
from tests.app.alerts.conftest import WAITS
from tests.app.conftest import Login
from tests.kpis.linked import Linked
from tests.kpis.telling import MONDAY, contact

THEN = MONDAY + timedelta(minutes=10)
#: The same, as the clock on the site's wall shows it.
LOCAL = "2024-03-04T10:10"
ANA = Actor("user", "ana", ("operator",))


@pytest.fixture
def stored(house: House) -> None:
    """One waits at ten past ten, is answered at a quarter past; another comes at eleven."""
    told = [
        *contact("a", MONDAY, wait_s=15 * 60, talk_s=60),
        *contact("b", MONDAY + timedelta(hours=1), wait_s=5),
    ]
    Linked(house.database).load(Source("pbx", "simulator"), told)


def test_the_board_is_that_of_the_moment(stored: None, log_in: Login) -> None:
    browser = log_in("vera")
    then = browser.get("/api/v1/board", params={"as_of": LOCAL}).json()
    later = browser.get("/api/v1/board", params={"as_of": "2024-03-04T12:00"}).json()
    assert (then["total"]["waiting"], then["total"]["longest_wait_s"]) == (1, 600.0)
    assert (then["total"]["kpis"]["offered"], then["total"]["kpis"]["answered"]) == (1, 0)
    assert (later["total"]["waiting"], later["total"]["kpis"]["answered"]) == (0, 2)


def test_a_screen_that_looks_back_gets_the_whole_picture_of_then(
    stored: None, log_in: Login
) -> None:
    found = log_in("vera").get("/api/v1/picture", params={"as_of": LOCAL}).json()
    assert (found["type"], found["as_of"]) == ("full", "2024-03-04T09:10:00Z")
    assert found["data"]["total.waiting"] == 1
    assert found["data"]["source.pbx.last_event_at"] == "2024-03-04T09:00:00Z"
    assert (found["data"]["trend.today"][39:41], found["data"]["trend.running"]) == ([0, None], 1)


def test_other_answers_know_the_moment_too(stored: None, log_in: Login) -> None:
    browser = log_in("vera")
    asked = {"from": "2024-03-04", "to": "2024-03-05", "as_of": LOCAL}
    [row] = browser.get("/api/v1/kpis", params=asked).json()
    assert (row["offered"], row["answered"]) == (1, 0)
    found = browser.get("/api/v1/contacts", params={**asked, "kpi": "offered"}).json()
    assert [each["outcome"] for each in found["contacts"]] == ["open"]


@pytest.mark.parametrize("words", ["2999-01-01T00:00", "yesterday"])
def test_a_moment_that_has_not_come_or_is_none_is_refused(log_in: Login, words: str) -> None:
    found = log_in("vera").get("/api/v1/board", params={"as_of": words})
    assert found.status_code == 422
    assert found.json()["detail"].startswith("as_of")


def test_switches_are_those_of_then(house: House, log_in: Login) -> None:
    change = Change(channel="chat", state=State.PROMOTED, why="try")
    made = ExposureService(house.database).set(change, ANA, datetime.now(UTC))
    browser = log_in("vera")
    before = (made.updated_at - timedelta(seconds=1)).isoformat()
    after = made.updated_at.isoformat()
    assert browser.get("/api/v1/exposure", params={"as_of": before}).json()["switches"] == []
    [switch] = browser.get("/api/v1/exposure", params={"as_of": after}).json()["switches"]
    assert switch["state"] == "promoted"


def test_what_fired_then_fires_and_is_not_yet_seen_to(house: House, log_in: Login) -> None:
    moments = [THEN + timedelta(minutes=minutes) for minutes in (0, 5, 10, 15)]
    fired_at, seen_at, over_at, _end = moments
    book = AlertBook(house.database, house.settings.tz)
    known = book.save(WAITS, ANA, THEN - timedelta(minutes=1))
    with house.database.connect() as rows:
        records.begin(rows, known, Reading(at=fired_at, fed_at=fired_at, value=310.0), fired_at)
        [firing] = records.open_firings(rows)
        records.acknowledge(rows, firing.id, "ana", seen_at)
        records.end(rows, WAITS.name, records.Why.BACK, 10.0, over_at)
    browser = log_in("vera")
    found = [
        [one["status"] for one in browser.get(
            "/api/v1/alerts/firing", params={"as_of": (at + timedelta(seconds=1)).isoformat()}
        ).json()]
        for at in moments[:3]
    ]  # fmt: skip
    assert found == [["firing"], ["acknowledged"], []]


def test_whoever_looks_back_changes_nothing(stored: None, log_in: Login) -> None:
    change = {"channel": "chat", "state": "promoted", "why": "try"}
    found = log_in("otto").put("/api/v1/exposure/switches", json=change, headers={HEADER: LOCAL})
    assert found.status_code == 409
    assert "past" in found.json()["detail"]
