"""Every source in one word: live, quiet, silent, failing, unattended, imported, never heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.bootstrap import House
from app.cells import picture
from app.meter import LEAST, Meter
from app.sources import SourceState, SourceWatch, wanted
from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event, Rejected
from ingest.lease import Leases
from kpis.arrivals import arrivals
from kpis.board import read
from kpis.silence import source_lines
from tests.app.conftest import Login

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
TABLES = """
[sources.pbx]
connector = "asterisk-queue-log"
path = "/var/log/asterisk/queue_log"

[sources.chat]
connector = "chatwoot"

[sources.claims]
connector = "form"

[sources.fax]
connector = "fax"
"""


@pytest.fixture
def toml(house: House) -> Path:
    """vigie.toml of the test's house."""
    path = house.settings.home / "vigie.toml"
    path.write_text(TABLES)
    return path


@pytest.fixture
def look(house: House, toml: Path) -> Callable[[datetime], dict[str, SourceState]]:
    """Every source at a moment, by name."""
    watch = SourceWatch(house.settings)

    def at(now: datetime = NOW) -> dict[str, SourceState]:
        with house.database.engine.connect() as connection:
            return {one.source: one for one in watch.take(source_lines(connection, now), now)}

    return at


Look = Callable[..., dict[str, SourceState]]


def call(name: str, at: datetime) -> Event:
    return Event(event_id=name, occurred_at=at, kind="queued", contact_id=name, channel="phone")


def tell(house: House, source: str, events: list[Event | Rejected], now: datetime) -> None:
    house.store.write(Source(source, "asterisk-queue-log"), events, now=now)


@pytest.fixture
def attended(database: Database) -> Iterator[None]:
    """A worker that lives has the source pbx."""
    leases = Leases(database)
    leases.beat(["pbx"])
    assert leases.hold("pbx")
    yield
    leases.close()


# --- one word -----------------------------------------------------------------------------


def test_what_was_never_heard_is_listed_with_the_way_to_begin(look: Look) -> None:
    seen = look()
    assert list(seen) == ["chat", "claims", "fax", "pbx"]
    assert (seen["pbx"].state, seen["pbx"].ways[0]) == ("waiting", "pull")
    assert seen["pbx"].last_event_at is seen["pbx"].lag_s is None


def test_what_lacks_its_secret_names_the_variable_and_the_address(look: Look) -> None:
    seen = look()
    chat, claims = seen["chat"], seen["claims"]
    assert (chat.state, chat.variable) == ("failing", "VIGIE_SOURCE_CHAT_SECRET")
    assert chat.address == "/api/v1/webhooks/chat"
    assert (claims.state, claims.variable) == ("failing", "VIGIE_SOURCE_CLAIMS_TOKEN")
    assert claims.address == "/api/v1/events"
    assert "no connector «fax»" in str(seen["fax"].lacks)


def test_a_secret_that_is_there_lacks_nothing(
    house: House, toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_SOURCE_CHAT_SECRET", "whispered")
    monkeypatch.setenv("VIGIE_SOURCE_CLAIMS_TOKEN", "shown")
    found = wanted(house.settings.sources().values())
    assert (found["chat"].lacks, found["claims"].lacks) == (None, None)


@pytest.mark.usefixtures("attended")
def test_one_that_talks_is_live_and_one_with_nothing_to_tell_is_quiet(
    house: House, look: Look
) -> None:
    tell(house, "pbx", [call("a", NOW - timedelta(seconds=9))], NOW)
    assert (look()["pbx"].state, look()["pbx"].lag_s) == ("live", 9.0)
    later = NOW + timedelta(hours=1)
    tell(house, "pbx", [], later)
    assert look(later)["pbx"].state == "quiet"


@pytest.mark.usefixtures("attended")
def test_one_that_is_expected_to_talk_and_does_not_is_silent(house: House, look: Look) -> None:
    usual = [call(f"w{n}", NOW - WEEK + timedelta(minutes=n)) for n in range(1, 30)]
    tell(house, "pbx", usual, NOW - WEEK + timedelta(minutes=30))
    tell(house, "pbx", [call("last", NOW)], NOW)
    assert look(NOW + timedelta(minutes=14))["pbx"].state == "live"
    assert look(NOW + timedelta(minutes=20))["pbx"].state == "silent"


def test_one_that_no_worker_has_is_unattended_whatever_it_told_before(
    house: House, look: Look
) -> None:
    tell(house, "pbx", [call("a", NOW)], NOW)
    assert look(NOW + timedelta(seconds=59))["pbx"].state == "live"
    assert look(NOW + timedelta(seconds=61))["pbx"].state == "unattended"


@pytest.mark.usefixtures("attended")
def test_a_living_worker_attends_a_source_that_it_asks_seldom(house: House, look: Look) -> None:
    tell(house, "pbx", [call("a", NOW)], NOW)
    assert look(NOW + timedelta(minutes=10))["pbx"].state == "live"


def test_one_that_fails_says_why_since_when_and_when_it_is_asked_again(
    house: House, look: Look
) -> None:
    tell(house, "pbx", [call("a", NOW)], NOW)
    with house.database.engine.begin() as connection:
        connection.execute(
            text("update sources set error = 'no such file', error_at = :now"), {"now": NOW}
        )
        connection.execute(
            text("insert into leases (source, not_before) values ('pbx', :until)"),
            {"until": NOW + timedelta(minutes=5)},
        )
    pbx = look()["pbx"]
    assert (pbx.state, pbx.error, pbx.error_at) == ("failing", "no such file", NOW)
    assert pbx.not_before == NOW + timedelta(minutes=5)


def test_one_that_came_from_a_file_is_imported_not_silent(house: House, look: Look) -> None:
    tell(house, "archive", [call("a", NOW - timedelta(days=9000))], NOW)
    archive = look()["archive"]
    assert (archive.state, archive.configured) == ("imported", False)


def test_one_that_can_only_be_pushed_is_never_imported_however_late_its_news(
    house: House, toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_SOURCE_CHAT_SECRET", "s")
    tell(house, "chat", [call("a", NOW - 5 * WEEK)], NOW)
    with house.database.engine.connect() as connection:
        (chat,) = (
            one
            for one in SourceWatch(house.settings).states(source_lines(connection, NOW), NOW)
            if one.source == "chat"
        )
    assert (chat.state, chat.ways) == ("quiet", ("push",))


def test_deliveries_that_wait_are_counted_though_nothing_of_them_is_stored(
    house: House, look: Look
) -> None:
    with house.database.engine.begin() as connection:
        connection.execute(
            text(
                "insert into inbox (source, connector, body, received_at, due_at, attempts)"
                " select 'crm', 'chatwoot', '', :at + n * interval '1 s', :at, 0"
                " from generate_series(0, 2) n"
            ),
            {"at": NOW - timedelta(minutes=2)},
        )
    crm = look()["crm"]
    assert (crm.waiting, crm.waiting_since) == (3, NOW - timedelta(minutes=2))
    assert crm.connector == "chatwoot"


# --- the ledger ---------------------------------------------------------------------------


def test_the_ledger_of_today_closes_and_one_that_does_not_tells_by_how_much(
    house: House, look: Look
) -> None:
    once = call("a", NOW)
    tell(
        house, "pbx", [once, once, Rejected(reason="bad_record", detail="no record", raw=b"?")], NOW
    )
    pbx = look()["pbx"]
    counts = (pbx.today.received, pbx.today.new, pbx.today.duplicate, pbx.today.quarantined)
    assert (counts, pbx.astray) == ((3, 1, 1, 1), 0)
    with house.database.engine.begin() as connection:
        connection.execute(text("update ledger set new = new - 1"))
    assert look()["pbx"].astray == 1
    assert look(NOW + timedelta(days=1))["pbx"].today.received == 0


# --- the pace -----------------------------------------------------------------------------


def test_the_pace_is_that_of_the_last_minutes_and_unknown_at_first(
    house: House, look: Look
) -> None:
    def at(minutes: float, many: int) -> float | None:
        now = NOW + timedelta(minutes=minutes)
        tell(house, "pbx", [call(f"{minutes}/{n}", now) for n in range(many)], now)
        return look(now)["pbx"].rate

    assert at(0, 1000) is None
    assert at(1, 12) == 12.0
    assert at(5, 48) == 12.0
    assert at(10, 0) == 0.0


def test_a_counter_that_begins_anew_at_midnight_has_not_run_backwards() -> None:
    meter = Meter()
    for minute, count in ((0, 5000), (1, 5060), (2, 60)):
        meter.read({"pbx": count}, NOW + timedelta(minutes=minute))
    assert meter.rate("pbx") == 60.0


def test_a_source_that_was_not_there_before_began_with_nothing() -> None:
    meter = Meter()
    meter.read({}, NOW)
    meter.read({"new": 30}, NOW + LEAST)
    assert meter.rate("new") == 60.0
    assert meter.rate("other") is None


def test_many_readings_cost_no_more_than_their_window() -> None:
    meter = Meter()
    for step in range(20_000):
        meter.read({"pbx": step}, NOW + timedelta(milliseconds=250 * step))
    assert meter.rate("pbx") == pytest.approx(240.0)
    assert len(meter._counters["pbx"].readings) < 70


def test_arrivals_are_todays_by_quarter_hour_of_the_local_day(
    house: House, database: Database
) -> None:
    midnight = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # of Paris
    times = [midnight - timedelta(seconds=1), midnight, midnight + timedelta(minutes=31)]
    tell(house, "pbx", [call(str(n), at) for n, at in enumerate(times)], NOW)
    with database.engine.connect() as connection:
        now = midnight + timedelta(minutes=46)
        assert arrivals(connection, now, house.settings.tz) == {"pbx": [1, 0, 1, 0]}


# --- on the screen and in the API ---------------------------------------------------------


def test_the_rows_change_only_when_something_happens_and_the_lag_has_its_own_cell(
    house: House, look: Look
) -> None:
    tell(house, "pbx", [call("a", NOW)], NOW)
    with house.database.engine.connect() as connection:
        board = read(connection, NOW, house.settings.tz)

    def cells(seconds: int) -> dict[str, object]:
        now = NOW + timedelta(seconds=seconds)
        return dict(picture(board, [], list(look(now).values()), {"pbx": [1]}))

    before, after = cells(1), cells(3)
    assert before["sources"] == after["sources"]
    assert (before["source.pbx.lag_s"], after["source.pbx.lag_s"]) == (1, 3)
    assert after["source.pbx.arrived"] == [1]


def test_the_api_tells_every_source_to_whoever_is_logged_in(
    toml: Path, stranger: TestClient, log_in: Login, house: House
) -> None:
    assert stranger.get("/api/v1/sources").status_code == 401
    tell(house, "pbx", [call("a", datetime.now(UTC))], datetime.now(UTC))
    told = log_in("vera").get("/api/v1/sources").json()
    rows = {row["source"]: row for row in told["sources"]}
    assert rows["chat"]["state"] == "failing"
    assert rows["pbx"]["today"] == {
        "received": 1, "new": 1, "duplicate": 0, "superseded": 0, "quarantined": 0,
    }  # fmt: skip
    assert rows["pbx"]["astray"] == 0
    assert datetime.fromisoformat(told["as_of"])


def test_no_secret_of_a_source_is_told(
    toml: Path, monkeypatch: pytest.MonkeyPatch, log_in: Login
) -> None:
    monkeypatch.setenv("VIGIE_SOURCE_CHAT_SECRET", "whispered-word")
    assert "whispered-word" not in log_in("otto").get("/api/v1/sources").text
