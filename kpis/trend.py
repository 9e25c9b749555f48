"""Trend: what came in today, a quarter hour a point, beside the same weekday last week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Select, func, or_, select

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


def read_trend(connection: Connection, now: datetime, zone: ZoneInfo) -> tuple[Trend, set[str]]:
    """The trend of the local day of `now`, and the channels seen in it or a week before."""
    start, end = day_of(now, zone)
    quarters = cut(start, end, "15min", zone)[:-1]
    before = [_a_week_before(quarter, zone) for quarter in quarters]
    offered, seen = _offered(connection, (start, end), (before[0], before[-1] + QUARTER))
    trend = Trend(
        [quarter.isoformat() for quarter in quarters],
        [offered.get(quarter, 0) if quarter <= now else None for quarter in quarters],
        [offered.get(quarter, 0) for quarter in before],
    )
    return trend, seen


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


def _offered(
    connection: Connection, *spans: tuple[datetime, datetime]
) -> tuple[dict[datetime, int], set[str]]:
    (first, second) = spans
    rows = _IN_SPANS.run(
        connection, start_0=first[0], end_0=first[1], start_1=second[0], end_1=second[1]
    )
    found = [tuple(row) for row in rows]
    offered = {at: many for at, _channel, many in found if at is not None}
    return offered, {channel for at, channel, _many in found if at is None}
