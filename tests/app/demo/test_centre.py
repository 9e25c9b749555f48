"""The simulated centre tells the store everything once, whatever stops it in between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import text

from app.bootstrap import House, prepare
from app.demo.centre import Centre
from app.settings import Settings
from ingest.connector import Parsed, Source
from ingest.database import Database
from ingest.errors import DatabaseUnavailable
from ingest.ledger import Ledger
from ingest.store import Store
from kpis.rollup import followers
from sample_data.simulator import everything_open

NOW = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
HISTORY = timedelta(hours=2)
KEY = b"a key of the tests"


@pytest.fixture
def empty_house(empty_database: Database, tmp_path: Path) -> House:
    """Another house, to compare with."""
    prepare(empty_database)
    settings = Settings(home=tmp_path, secret_key="a key of the tests", zone="Europe/Paris")
    return House(settings, empty_database, Store(empty_database, followers(), key=KEY))


class Clock:
    """A clock that moves when told."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def nothing(share: float) -> None:
    """Nobody watches the progress."""


def told(house: House, at: datetime) -> None:
    """A centre runs until then, and stops."""
    centre = Centre(house, 1, Clock(at), HISTORY)
    centre.open(nothing)
    centre.live(everything_open, 1.0)
    centre.stop()


def number(database: Database, query: str) -> int:
    with database.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def latest(database: Database) -> datetime:
    with database.engine.connect() as connection:
        found = connection.execute(text("select max(occurred_at) from events")).scalar_one()
    assert isinstance(found, datetime)
    return found


def test_a_new_house_gets_a_history_that_ends_now(house: House) -> None:
    shares: list[float] = []
    centre = Centre(house, 1, Clock(NOW), HISTORY)
    assert centre.is_new
    centre.open(shares.append)
    centre.finish(nothing)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert NOW - timedelta(minutes=1) < latest(house.database) < NOW
    assert number(house.database, "select count(*) from contacts") > 200
    assert number(house.database, "select count(distinct source) from events") == 5
    assert number(house.database, "select count(*) from contacts where outcome = 'open'") > 0


def test_a_later_start_fills_only_the_gap(house: House) -> None:
    told(house, NOW)
    before = number(house.database, "select count(*) from events")
    later = NOW + timedelta(minutes=30)
    told(house, later)
    assert later - timedelta(minutes=1) < latest(house.database) < later
    fresh = f"select count(*) from events where occurred_at >= '{NOW.isoformat()}'"
    assert number(house.database, fresh) > 50
    assert number(house.database, "select count(*) from events") == before + number(
        house.database, fresh
    )
    assert number(house.database, "select count(*) from quarantine") == 0


def test_a_long_absence_is_not_made_up_for(house: House) -> None:
    told(house, NOW)
    told(house, NOW + timedelta(days=1))
    between = "occurred_at between '2026-11-17 09:05+00' and '2026-11-18 06:55+00'"
    assert number(house.database, f"select count(*) from events where {between}") == 0


def test_today_is_told_first_and_a_stop_before_the_rest_loses_nothing(
    house: House, empty_house: House
) -> None:
    days = timedelta(days=2)
    stopped = Centre(house, 1, Clock(NOW), days)
    stopped.open(nothing)
    today = "select count(*) from events where occurred_at < '2026-11-16 23:00+00'"
    assert number(house.database, "select count(*) from events") > 100
    assert number(house.database, today) == 0

    again = Centre(house, 2, Clock(NOW), days)
    assert not again.is_new
    again.finish(nothing)
    undisturbed = Centre(empty_house, 1, Clock(NOW), days)
    undisturbed.open(nothing)
    undisturbed.finish(nothing)
    assert facts(house.database) == facts(empty_house.database)
    assert number(house.database, "select count(*) from quarantine") == 0
    assert number(house.database, "select sum(duplicate) from ledger") > 100


def facts(database: Database) -> list[tuple[object, ...]]:
    query = "select source, event_id, occurred_at, kind, digest from events order by 1, 2"
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_who_waited_when_the_centre_stopped_does_not_wait_for_ever(house: House) -> None:
    told(house, NOW)
    waiting = "select count(*) from contacts where outcome = 'open' and modality = 'sync'"
    old = f"{waiting} and offered_at < '{NOW.isoformat()}'"
    assert number(house.database, old) > 0
    told(house, NOW + timedelta(minutes=5))
    assert number(house.database, old) == 0


class Refusing(Store):
    """A store whose database is away for the first writes."""

    refusals = 3
    taken = Event()

    def write(
        self, source: Source, parsed: Sequence[Parsed], *, now: datetime, cursor: str | None = None
    ) -> Ledger:
        if self.refusals:
            self.refusals -= 1
            raise DatabaseUnavailable("the database is away")
        ledger = super().write(source, parsed, now=now, cursor=cursor)
        self.taken.set()
        return ledger


def test_what_happens_while_the_database_is_away_is_told_when_it_is_back(
    house: House, database: Database
) -> None:
    clock = Clock(NOW)
    store = Refusing(database, followers(), key=b"tests")
    centre = Centre(House(house.settings, database, store), 1, clock, timedelta(minutes=10))
    centre.live(everything_open, 1.0)
    assert store.taken.wait(20)
    centre.stop()
    assert store.refusals == 0
    assert latest(database) > NOW - timedelta(minutes=1)
    first = "select extract(epoch from min(occurred_at))::int from events"
    assert number(database, first) < (NOW - timedelta(minutes=9)).timestamp()
