"""Trend: what came in today, a quarter hour a point, beside the same weekday last week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Select, func, or_, select

from ingest.asking import Later, Rows
from kpis.intervals import QUARTER, cut, day_of
from kpis.prepared import Prepared, moment
from kpis.reading import BOT
from kpis.schema import rollup_quarter

_WEEK = timedelta(days=7)


class Trend(msgspec.Struct, frozen=True):
    """Offered contacts by quarter hour of the local day, three lists of one length.

    `quarters`: when each begins, ISO in UTC; `today`: None for those that have not begun.
    """

    quarters: list[str]
    today: list[int | None]
    last_week: list[int]


def trend_at(now: datetime, zone: ZoneInfo) -> Later[tuple[Trend, set[str]]]:
    """The trend of the local day of `now`, and the channels seen in it or a week before; to be
    asked.
    """
    day = _day(*day_of(now, zone), zone)
    before = day.before[0], day.before[-1] + QUARTER
    asked = _IN_SPANS.under(start_0=day.start, end_0=day.end, start_1=before[0], end_1=before[1])
    return Later(partial(_trend, day, now), asked)


def _trend(day: _Day, now: datetime, rows: Rows) -> tuple[Trend, set[str]]:
    offered = {at: many for at, _channel, many in rows if at is not None}
    trend = Trend(
        day.names,
        [offered.get(quarter, 0) if quarter <= now else None for quarter in day.quarters],
        [offered.get(quarter, 0) for quarter in day.before],
    )
    return trend, {channel for at, channel, _many in rows if at is None}


@dataclass(frozen=True, slots=True)
class _Day:
    """A local day: its quarters, their names, and those of the day a week before."""

    start: datetime
    end: datetime
    quarters: list[datetime]
    names: list[str]
    before: list[datetime]


@lru_cache(maxsize=8)
def _day(start: datetime, end: datetime, zone: ZoneInfo) -> _Day:
    quarters = cut(start, end, "15min", zone)[:-1]
    before = [_a_week_before(quarter, zone) for quarter in quarters]
    return _Day(start, end, quarters, [quarter.isoformat() for quarter in quarters], before)


def _a_week_before(at: datetime, zone: ZoneInfo) -> datetime:
    """The same time on the clock: a day that is longer by an hour is compared hour by hour."""
    return (at.astimezone(zone) - _WEEK).astimezone(UTC)


def _in_spans() -> Select[Any]:
    """By quarter, and by channel, within two spans."""
    c = rollup_quarter.c
    spans = [
        (c.quarter >= moment(f"start_{number}")) & (c.quarter < moment(f"end_{number}"))
        for number in (0, 1)
    ]
    return (
        select(c.quarter, c.channel, func.sum(c.offered))
        .where(or_(*spans), c.offered > 0, c.modality.not_in(BOT))
        .group_by(func.grouping_sets(c.quarter, c.channel))
    )


_IN_SPANS = Prepared(_in_spans, "start_0", "end_0", "start_1", "end_1")
