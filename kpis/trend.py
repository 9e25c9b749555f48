"""Trend: what came in today, a quarter hour a point, beside the same weekday of weeks before."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Select, func, or_, select

from ingest.asking import Later, Rows
from kpis.intervals import QUARTER, cut, day_of
from kpis.past import Past
from kpis.prepared import Prepared, moment
from kpis.reading import BOT
from kpis.schema import rollup_quarter

_WEEK = timedelta(days=7)
#: So many weeks back the same weekday is shown.
WEEKS = 4


class Trend(msgspec.Struct, frozen=True):
    """Offered contacts by quarter hour of the local day, lists of one length.

    `quarters`: when each begins, ISO in UTC; `today`: None for those that have not begun.
    `weeks`: the same weekday of the last four weeks, the nearest first: `last_week` again.
    """

    quarters: list[str]
    today: list[int | None]
    last_week: list[int]
    weeks: list[list[int]]


@dataclass(frozen=True, slots=True)
class Before:
    """The same weekday of the last weeks, and the channels seen in the nearest."""

    weeks: list[list[int]]
    channels: frozenset[str]


def trend_at(now: datetime, zone: ZoneInfo, past: Past) -> Later[tuple[Trend, frozenset[str]]]:
    """The trend of the local day of `now`, and the channels seen a week before; to be asked."""
    day = _day(*day_of(now, zone), zone)
    today, before = _TODAY.under(start=day.start, end=day.end), past.of(_before_at, now, zone)

    def told(rows: Rows, *_kept: Rows) -> tuple[Trend, frozenset[str]]:
        known = before.told()
        return Trend(day.names, _today(day, now, rows), known.weeks[0], known.weeks), known.channels

    return Later(told, today, *before.questions)


def _before_at(now: datetime, zone: ZoneInfo) -> Later[Before]:
    day = _day(*day_of(now, zone), zone)
    spans: dict[str, object] = {}
    for number, week in enumerate(day.weeks):
        spans |= {f"start_{number}": week[0], f"end_{number}": week[-1] + QUARTER}
    return Later(partial(_before, day), _BEFORE.under(**spans))


def _today(day: _Day, now: datetime, rows: Rows) -> list[int | None]:
    offered: dict[datetime, int] = dict(rows)
    begun = bisect_right(day.quarters, now)
    told = [offered.get(quarter, 0) for quarter in day.quarters[:begun]]
    return told + [None] * (len(day.quarters) - begun)


def _before(day: _Day, rows: Rows) -> Before:
    offered = {at: many for at, _channel, many, _last in rows if at is not None}
    weeks = [[offered.get(quarter, 0) for quarter in week] for week in day.weeks]
    nearest = day.weeks[0][0]
    seen = (channel for at, channel, _many, last in rows if at is None and last >= nearest)
    return Before(weeks, frozenset(seen))


@dataclass(frozen=True, slots=True)
class _Day:
    """A local day: its quarters, their names, and those of the same weekday in weeks before."""

    start: datetime
    end: datetime
    quarters: list[datetime]
    names: list[str]
    weeks: list[list[datetime]]


@lru_cache(maxsize=8)
def _day(start: datetime, end: datetime, zone: ZoneInfo) -> _Day:
    quarters = cut(start, end, "15min", zone)[:-1]
    weeks = [
        [_before_by(number * _WEEK, quarter, zone) for quarter in quarters]
        for number in range(1, WEEKS + 1)
    ]
    return _Day(start, end, quarters, [quarter.isoformat() for quarter in quarters], weeks)


def _before_by(weeks: timedelta, at: datetime, zone: ZoneInfo) -> datetime:
    """The same time on the clock: a day that is longer by an hour is compared hour by hour."""
    return (at.astimezone(zone) - weeks).astimezone(UTC)


def _of_today() -> Select[Any]:
    """By quarter, within one span."""
    c = rollup_quarter.c
    return (
        select(c.quarter, func.sum(c.offered))
        .where(c.quarter >= moment("start"), c.quarter < moment("end"))
        .where(c.offered > 0, c.modality.not_in(BOT))
        .group_by(c.quarter)
    )


def _of_weeks() -> Select[Any]:
    """By quarter, and by channel with its last quarter, within the spans of the weeks."""
    c = rollup_quarter.c
    spans = [
        (c.quarter >= moment(f"start_{number}")) & (c.quarter < moment(f"end_{number}"))
        for number in range(WEEKS)
    ]
    return (
        select(c.quarter, c.channel, func.sum(c.offered), func.max(c.quarter))
        .where(or_(*spans), c.offered > 0, c.modality.not_in(BOT))
        .group_by(func.grouping_sets(c.quarter, c.channel))
    )


_TODAY = Prepared(_of_today, lasting=("start", "end"))
_BEFORE = Prepared(
    _of_weeks, *(f"{edge}_{number}" for edge in ("start", "end") for number in range(WEEKS))
)
