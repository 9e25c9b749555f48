"""Filters: an address says what is looked at, in the site's zone, and says it again."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.filters import Filters

PARIS = ZoneInfo("Europe/Paris")
#: A Sunday, 01:30 in Paris: still Saturday in UTC.
NOW = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "first", "last", "days"),
    [
        ("today", "2026-11-22", "2026-11-23", 1),
        ("yesterday", "2026-11-21", "2026-11-22", 1),
        ("7d", "2026-11-16", "2026-11-23", 7),
        ("month", "2026-11-01", "2026-11-23", 22),
        ("last-month", "2026-10-01", "2026-11-01", 31),
        ("2026-10-25", "2026-10-25", "2026-10-26", 1),
        ("2026-10-24..2026-10-26", "2026-10-24", "2026-10-27", 3),
    ],
)
def test_a_period_is_whole_days_of_the_site(period: str, first: str, last: str, days: int) -> None:
    stretch = Filters.of(f"?period={period}").stretch(NOW, PARIS)
    assert stretch.start == datetime.fromisoformat(first).replace(tzinfo=PARIS)
    assert stretch.end == datetime.fromisoformat(last).replace(tzinfo=PARIS)
    assert stretch.days == days


def test_the_day_of_25_hours_is_whole() -> None:
    stretch = Filters.of("?period=2026-10-25").stretch(NOW, PARIS)
    assert (stretch.end - stretch.start).total_seconds() == 25 * 3600


@pytest.mark.parametrize(
    ("compare", "first"),
    [("previous", "2026-11-13"), ("week", "2026-11-09"), ("year", "2025-11-17")],
)
def test_an_earlier_stretch_has_as_many_days(compare: str, first: str) -> None:
    filters = Filters.of(f"?period=2026-11-16..2026-11-18&compare={compare}")
    earlier = filters.earlier(NOW, PARIS)
    assert earlier is not None
    assert earlier.start == datetime.fromisoformat(first).replace(tzinfo=PARIS)
    assert earlier.days == 3


@pytest.mark.parametrize(
    "nonsense",
    ["", "?", "?period=soon", "?period=2026-02-30", "?period=2026-11-20..2026-11-01",
     "?period=0001-01-01", "?period=1990-01-01..2026-01-01", "?grain=eon&compare=mars",
     "?channel=", "?%ff=%fe&;;=&=&&", "?period=" + "9" * 5000],
)  # fmt: skip
def test_what_makes_no_sense_is_not_there(nonsense: str) -> None:
    filters = Filters.of(nonsense)
    assert (filters.period, filters.grain, filters.compare, filters.where) == ("7d", "auto", "", {})
    assert filters.stretch(NOW, PARIS).days == 7


def test_an_address_says_again_what_was_chosen_and_carries_the_pages_own_words() -> None:
    told = "?period=28d&grain=hour&compare=week&channel=phone&queue=a+b%26c&kpi=asa_s"
    filters = Filters.of(told)
    assert filters.query == told
    assert filters.where == {"channel": "phone", "queue": "a b&c"}
    assert filters.but(channel=None, kpi="offered", grain="auto").query == (
        "?period=28d&compare=week&queue=a+b%26c&kpi=offered"
    )


@pytest.mark.parametrize(
    ("grain", "days", "cut"),
    [("auto", 1, "15min"), ("auto", 7, "hour"), ("auto", 28, "day"), ("15min", 28, "15min"),
     ("15min", 91, "hour"), ("day", 1, "day")],
)  # fmt: skip
def test_a_grain_nobody_asked_for_fits_the_length(grain: str, days: int, cut: str) -> None:
    assert Filters(grain=grain).cut(days) == cut
