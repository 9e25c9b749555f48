"""The simulated centre tells the store everything once, whatever stops it in between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import text

from app.bootstrap import House
from app.demo.centre import Centre
from ingest.connector import Parsed, Source
from ingest.database import Database
from ingest.errors import DatabaseUnavailable
from ingest.store import Ledger, Store
from kpis.rollup import followers
from sample_data.simulator import everything_open

NOW = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
HISTORY = timedelta(hours=2)


class Clock:
    """A clock that moves when told."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def told(house: House, at: datetime) -> Centre:
    """A centre that has told everything up to then."""
    centre = Centre(house, 1, Clock(at), HISTORY)
    centre.catch_up(lambda share: None)
    return centre


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
    centre.catch_up(shares.append)
    assert shares[-1] == 1.0
    assert NOW - timedelta(minutes=1) < latest(house.database) < NOW
    assert number(house.database, "select count(*) from contacts") > 200
    assert number(house.database, "select count(distinct source) from events") == 5
    assert number(house.database, "select count(*) from contacts where outcome = 'open'") > 0


def test_a_later_start_fills_only_the_gap(house: House) -> None:
    told(house, NOW)
    before = number(house.database, "select count(*) from events")
    later = NOW + timedelta(minutes=30)
    centre = told(house, later)
    assert not centre.is_new
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


@pytest.mark.filterwarnings("error")
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
