"""The days on which the clocks change, 2024–2030: nothing is counted twice, nothing is lost."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event
from ingest.store import Store
from kpis.catalogue import catalogue
from kpis.intervals import QUARTER, cut, instant, label, midnight
from kpis.query import KpiQuery
from kpis.series import KpiRow, compute
from kpis.snapshot import snapshot
from tests.kpis.telling import contact

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
NOW = datetime(2031, 6, 1, tzinfo=UTC)
#: Whole hours, half an hour, two hours; at midnight, in Ramadan, on Fridays; and none at all.
ZONES = [
    "Europe/Paris", "Europe/London", "America/New_York", "America/Havana", "America/Santiago",
    "America/St_Johns", "America/Nuuk", "America/Scoresbysund", "America/Asuncion",
    "Pacific/Easter", "Pacific/Chatham", "Pacific/Apia", "Australia/Lord_Howe",
    "Australia/Adelaide", "Antarctica/Troll", "Africa/Casablanca", "Africa/Cairo", "Asia/Beirut",
    "Asia/Gaza", "Asia/Jerusalem", "Asia/Kathmandu", "Atlantic/Azores",
]  # fmt: skip
DAY = timedelta(days=1)


def days() -> list[date]:
    """Every day of the seven years."""
    return [FIRST + number * DAY for number in range((LAST - FIRST).days + 1)]


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return midnight(day, zone), midnight(day + DAY, zone)


def odd_days(zone: ZoneInfo) -> list[date]:
    """Those that do not last 24 hours; where there are none, two of every year."""
    found = [day for day in days() if bounds(day, zone)[1] - bounds(day, zone)[0] != DAY]
    return found or [day for day in days() if (day.month, day.day) in ((1, 1), (7, 1))]


@pytest.mark.parametrize("name", ZONES)
def test_each_local_day_is_cut_into_its_own_quarters_and_hours(name: str) -> None:
    zone = ZoneInfo(name)
    end = bounds(FIRST, zone)[0]
    lengths: Counter[timedelta] = Counter()
    for day in days():
        start, before = bounds(day, zone)[0], end
        end = bounds(day, zone)[1]
        assert start == before
        lengths[end - start] += 1
        assert start.astimezone(zone).date() == day
        assert (start - timedelta(microseconds=1)).astimezone(zone).date() == day - DAY
        if end - start == DAY and day.day != 1:
            continue
        quarters = cut(start, end, "15min", zone)
        assert {b - a for a, b in itertools.pairwise(quarters)} == {QUARTER}
        assert {quarter.astimezone(zone).date() for quarter in quarters[:-1]} == {day}
        assert set(cut(start, end, "hour", zone)) <= set(quarters)
        assert cut(start, end, "day", zone) == [start, end]
    if name == "Europe/Paris":
        quarters_a_day = {length // QUARTER: many for length, many in lengths.items()}
        assert quarters_a_day == {92: 7, 96: 2557 - 14, 100: 7}


@pytest.mark.parametrize("name", ZONES)
def test_no_two_quarters_of_a_day_have_one_label(name: str) -> None:
    zone = ZoneInfo(name)
    for day in odd_days(zone):
        quarters = cut(*bounds(day, zone), "15min", zone)[:-1]
        labels = [label(quarter, zone) for quarter in quarters]
        assert len(set(labels)) == len(quarters)
        longer = len(quarters) > 96
        assert any(" " in each for each in labels) == longer


def test_the_double_hour_is_told_with_its_offset_and_no_other() -> None:
    paris = ZoneInfo("Europe/Paris")
    quarters = cut(*bounds(date(2024, 10, 27), paris), "15min", paris)[:-1]
    labels = [label(quarter, paris) for quarter in quarters]
    assert labels[6:18] == [
        "01:30", "01:45",
        "02:00 +02:00", "02:15 +02:00", "02:30 +02:00", "02:45 +02:00",
        "02:00 +01:00", "02:15 +01:00", "02:30 +01:00", "02:45 +01:00",
        "03:00", "03:15",
    ]  # fmt: skip


def test_a_time_that_the_clock_skips_is_the_moment_at_which_it_skips_it() -> None:
    paris, spring = ZoneInfo("Europe/Paris"), date(2024, 3, 31)
    skip = datetime(2024, 3, 31, 1, tzinfo=UTC)
    assert {instant(spring, 2 * 60 + minute, paris) for minute in range(60)} == {skip}
    assert instant(spring, 3 * 60, paris) == skip
    autumn = date(2024, 10, 27)
    first, last = instant(autumn, 150, paris), instant(autumn, 150, paris, last=True)
    assert last - first == timedelta(hours=1)
    howe = ZoneInfo("Australia/Lord_Howe")
    assert instant(date(2024, 10, 6), 135, howe) == datetime(2024, 10, 5, 15, 30, tzinfo=UTC)


def _told(zone: ZoneInfo) -> dict[date, list[datetime]]:
    """When contacts arrive: one or two in every quarter of the odd days, and around them."""
    told = {}
    for day in odd_days(zone):
        start, end = bounds(day, zone)
        quarters = cut(start - 2 * QUARTER, end + 2 * QUARTER, "15min", zone)[:-1]
        times = [at + timedelta(minutes=7) for at in quarters]
        told[day] = times + [at for number, at in enumerate(quarters) if number % 3 == 0]
    return told


def _events(told: dict[date, list[datetime]]) -> list[Event]:
    """Answered, abandoned and left waiting, on the phone and by mail, some twice."""
    events = []
    for day, times in told.items():
        for number, at in enumerate(times):
            left = ("answered", "abandoned", "answered", "flowed_out", None)[number % 5]
            mail = number % 4 == 0
            way = "email" if mail else "phone"
            gone = "message_out" if mail and left else left
            wait = 20 * 3600 if mail else number % 40
            events += contact(f"{day}-{number}", at, gone, wait, channel=way)
    return events


def _rows(
    database: Database, day: date, zone: ZoneInfo, grain: str, **more: object
) -> list[KpiRow]:
    start, end = bounds(day, zone)
    query = KpiQuery(from_=start, to=end, now=NOW, zone=zone, grain=grain, **more)  # type: ignore[arg-type]
    with snapshot(database.engine) as connection:
        return compute(connection, query)


def _sums(rows: list[KpiRow]) -> dict[str, float]:
    counts = [key for key, kpi in catalogue().items() if kpi.unit == "count"]
    return {key: sum(row.kpis[key] or 0 for row in rows) for key in counts}


@pytest.mark.parametrize(
    "name",
    ["Europe/Paris", "America/New_York", "America/Havana", "Australia/Lord_Howe",
     "Antarctica/Troll", "Asia/Kathmandu", "Pacific/Apia"],
)  # fmt: skip
def test_a_day_is_the_sum_of_its_quarters_for_every_count(
    name: str, database: Database, store: Store
) -> None:
    """Through the store, the rollups and the series; and beside a plain count by local date."""
    zone = ZoneInfo(name)
    told = _told(zone)
    store.load(Source("test", "simulator"), _events(told), now=NOW)
    for day, times in told.items():
        [whole] = _rows(database, day, zone, "day")
        quarters = _rows(database, day, zone, "15min")
        arrived = Counter(at for at in times if at.astimezone(zone).date() == day)
        assert whole.kpis["offered"] == sum(arrived.values())
        assert len(quarters) == (bounds(day, zone)[1] - bounds(day, zone)[0]) // QUARTER
        for quarter in quarters:
            inside = sum(many for at, many in arrived.items() if quarter.start <= at < quarter.end)
            assert quarter.kpis["offered"] == inside > 0
        expected = _sums([whole])
        assert _sums(quarters) == expected
        assert _sums(_rows(database, day, zone, "hour")) == expected
        assert _sums(_rows(database, day, zone, "total", by=("hour",))) == expected
        [dated] = _rows(database, day, zone, "total", by=("day",), where={"channel": "phone"})
        assert dated.by["day"] == day.isoformat()
        starts = [row.flat()["from"] for row in quarters]
        assert len({at.isoformat() for at in starts if isinstance(at, datetime)}) == len(quarters)
