"""Intervals: local days of any length, cut without gap or overlap."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kpis.errors import WrongQuery
from kpis.intervals import cut, day_of, midnight, moment, zone_named

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("zone", ["Europe/Paris", "Australia/Lord_Howe", "America/Havana"])
def test_the_quarters_of_every_day_of_seven_years_are_gapless(zone: str) -> None:
    there = ZoneInfo(zone)
    for number in range(7 * 365):
        start = midnight(date(2024, 1, 1) + timedelta(days=number), there)
        end = midnight(date(2024, 1, 2) + timedelta(days=number), there)
        quarters = cut(start, end, "15min", there)
        lengths = {after - before for before, after in itertools.pairwise(quarters)}
        assert lengths == {timedelta(minutes=15)}
        assert day_of(start, there) == (start, end) == day_of(end - HOUR, there)


@pytest.mark.parametrize(
    ("day", "hours"), [("2024-03-31", 23), ("2024-10-27", 25), ("2024-06-01", 24)]
)
def test_a_day_has_as_many_hours_as_the_clock_lets_it(day: str, hours: int) -> None:
    start = moment(day, PARIS)
    _, end = day_of(start, PARIS)
    assert len(cut(start, end, "hour", PARIS)) - 1 == hours
    assert len(cut(start, end, "15min", PARIS)) - 1 == 4 * hours
    assert cut(start, end, "day", PARIS) == [start, end]


def test_a_zone_that_moves_by_half_an_hour_keeps_its_hours() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    start = moment("2024-04-07", zone)
    _, end = day_of(start, zone)
    assert [at.astimezone(zone).minute for at in cut(start, end, "hour", zone)] == [0] * 25


def test_odd_bounds_make_shorter_intervals_at_the_ends() -> None:
    start, end = moment("2024-03-04T10:07", PARIS), moment("2024-03-04T10:31:30", PARIS)
    minutes = [at.astimezone(PARIS).strftime("%H:%M:%S") for at in cut(start, end, "15min", PARIS)]
    assert minutes == ["10:07:00", "10:15:00", "10:30:00", "10:31:30"]


def test_a_time_is_read_in_the_zone_unless_it_says_otherwise() -> None:
    assert moment("2024-07-01", PARIS) == datetime(2024, 6, 30, 22, tzinfo=UTC)
    assert moment("2024-07-01T08:00", PARIS) == datetime(2024, 7, 1, 6, tzinfo=UTC)
    assert moment("2024-07-01T08:00Z", PARIS) == datetime(2024, 7, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-02-30", "0001-01-01", "9999-12-31", "1\x00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(WrongQuery, match="is no time"):
        moment(text, PARIS)


def test_a_year_of_quarters_is_cut_and_two_are_refused() -> None:
    start, year = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=366)
    assert len(cut(start, start + year, "15min", PARIS)) == 366 * 96 + 1
    with pytest.raises(WrongQuery, match="coarser grain"):
        cut(start, start + 2 * year, "15min", PARIS)


@pytest.mark.parametrize("name", ["", "Europe", "Paris", "../etc/passwd", "/etc/passwd", "é\x00"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(WrongQuery, match="no time zone"):
        zone_named(name)
