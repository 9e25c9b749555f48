"""The axis of a forecast: the quarter hours of local days in a row.

A quarter belongs to a local day and has a *slot*, its local time (0 to 95).  A day has 92, 96
or 100 quarters: where the clock is set back a slot comes twice, where it is set forward some do
not come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kpis.intervals import midnight
from kpis.public_holidays import holiday_on

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SLOTS = 96
WEEKDAYS = 7
_QUARTER_S = 900


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """`count` local days from `first`.  The arrays have one entry a quarter, or a day."""

    zone: ZoneInfo
    first: date
    #: When each quarter begins, in seconds since 1970.
    starts: Ints
    #: The number of its day, from 0.
    day: Ints
    slot: Ints
    #: By day: 0 Monday to 6 Sunday; is it a public holiday; and where its quarters begin on the
    #: axis (and where those of the last end).
    weekday: Ints
    holiday: Flags
    edges: Ints

    @property
    def days(self) -> int:
        return len(self.weekday)

    def number(self, at: datetime) -> int:
        """The number of the quarter that holds `at`; it may lie outside."""
        return int(at.timestamp() - int(self.starts[0])) // _QUARTER_S

    def moment(self, quarter: int) -> datetime:
        """When a quarter begins."""
        return datetime.fromtimestamp(int(self.starts[quarter]), UTC)

    def date(self, day: int) -> date:
        return self.first + timedelta(days=day)

    def cells(self) -> Ints:
        """Of each quarter its place in a grid of days × slots, laid out flat."""
        return self.day * SLOTS + self.slot


def axis(first: date, days: int, zone: ZoneInfo, country: str | None) -> Axis:
    """The axis of so many days.  `country`: whose public holidays are kept (None: nobody's).

    Raises WrongQuery: no such country.
    """
    dates = [first + timedelta(days=number) for number in range(days)]
    slots = [_slots(day, zone) for day in dates]
    lengths = [len(of_day) for of_day in slots]
    start = int(midnight(first, zone).timestamp())
    return Axis(
        zone,
        first,
        start + _QUARTER_S * np.arange(sum(lengths), dtype=np.int64),
        np.repeat(np.arange(days, dtype=np.int64), lengths),
        np.concatenate(slots),
        np.array([day.weekday() for day in dates], np.int64),
        np.array([_is_holiday(day, country) for day in dates], np.bool_),
        np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
    )


def _is_holiday(day: date, country: str | None) -> bool:
    return country is not None and holiday_on(day, country, None) is not None


@lru_cache(maxsize=4096)
def _slots(day: date, zone: ZoneInfo) -> Ints:
    """The local times of the quarters of one day."""
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    if end - start == timedelta(days=1):
        return np.arange(SLOTS, dtype=np.int64)
    return np.fromiter(_local(start, end, zone), np.int64)


def _local(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[int]:
    while start < end:
        local = start.astimezone(zone)
        yield local.hour * 4 + local.minute // 15
        start += timedelta(seconds=_QUARTER_S)
