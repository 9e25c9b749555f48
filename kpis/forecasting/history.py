"""History: what came by channel and quarter hour, and by which reasons, from the database.

Channels by quarter come from the rollup, months of them in some ten milliseconds; the reasons,
which are not rolled up, from the contacts of the last four weeks by their index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, Connection, Integer, Subquery, cast, func, select

from ingest.schema import contacts
from kpis.cells import quarter_of
from kpis.forecasting.axis import Axis, Floats, axis
from kpis.intervals import midnight
from kpis.measures import inbound
from kpis.promises import read_promises
from kpis.schema import rollup_quarter

#: So far back a profile is learnt from; what is older has lost its weight.
WEEKS = 12
#: The reasons of so many days make their shares.
REASON_DAYS = 28


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Counts of offered contacts on an axis that goes on into the future.

    `offered`: channels × quarters.  `reasons`: by channel, each reason's counts by quarter (''
    where none is told), of the last days only.
    """

    axis: Axis
    channels: tuple[str, ...]
    modalities: tuple[str, ...]
    offered: Floats
    reasons: Mapping[str, Mapping[str, Floats]] = field(default_factory=dict)


def read_history(
    connection: Connection,
    now: datetime,
    zone: ZoneInfo,
    *,
    days: int,
    ahead: int,
    reason_days: int = REASON_DAYS,
    country: str | None = None,
) -> History:
    """The `days` local days before today, today until `now`, and room for `ahead` days more.

    The reasons are read of the last `reason_days` (0: not at all).
    """
    today = now.astimezone(zone).date()
    first = _first_day(connection, today, days, zone)
    line = axis(first, (today - first).days + 1 + ahead, zone, country)
    counts = _offered(connection, line, now)
    promises = read_promises(connection, now)
    channels = tuple(sorted(counts, key=promises.position))
    since = max(first, today - timedelta(days=reason_days))
    empty = np.zeros((0, len(line.starts)))
    return History(
        line,
        channels,
        tuple(promises.modality(channel) for channel in channels),
        np.array([counts[channel] for channel in channels]) if channels else empty,
        _reasons(connection, line, since, now) if reason_days else {},
    )


def _first_day(connection: Connection, today: date, days: int, zone: ZoneInfo) -> date:
    """The day of the oldest contact of the last `days` days; today where there is none."""
    c = rollup_quarter.c
    earliest = midnight(today - timedelta(days=days), zone)
    at = connection.scalar(select(func.min(c.quarter)).where(c.quarter >= earliest, c.offered > 0))
    return today if at is None else min(today, at.astimezone(zone).date())


def _offered(connection: Connection, line: Axis, now: datetime) -> dict[str, Floats]:
    """By channel its counts a quarter, 0 in the future."""
    c = rollup_quarter.c
    counts = (
        select(
            c.channel.label("key_0"),
            _seconds(c.quarter).label("seconds"),
            cast(func.sum(c.offered), Integer).label("offered"),
        )
        .where(c.quarter >= line.moment(0), c.quarter <= now, c.offered > 0)
        .group_by("key_0", "seconds")
        .subquery("counts")
    )
    return {str(channel): counts for (channel,), counts in _read(connection, line, counts, 1)}


def _reasons(
    connection: Connection, line: Axis, since: date, now: datetime
) -> dict[str, dict[str, Floats]]:
    """By channel and reason the counts a quarter."""
    c = contacts.c
    counts = (
        select(
            c.channel.label("key_0"),
            func.coalesce(c.reason, "").label("key_1"),
            _seconds(quarter_of(c.offered_at)).label("seconds"),
            cast(func.count(), Integer).label("offered"),
        )
        .where(inbound(c), c.offered_at >= midnight(since, line.zone), c.offered_at <= now)
        .group_by("key_0", "key_1", "seconds")
        .subquery("counts")
    )
    found: dict[str, dict[str, Floats]] = {}
    for (channel, reason), of_reason in _read(connection, line, counts, 2):
        found.setdefault(str(channel), {})[str(reason)] = of_reason
    return found


def _seconds(quarter: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.date_part("epoch", quarter), Integer)


def _read(
    connection: Connection, line: Axis, counts: Subquery, keys: int
) -> Iterator[tuple[tuple[object, ...], Floats]]:
    """The keys of each group, and its counts laid on the axis: one row a group is read."""
    named = [counts.c[f"key_{number}"] for number in range(keys)]
    lists = [func.array_agg(counts.c[name]) for name in ("seconds", "offered")]
    for row in connection.execute(select(*named, *lists).group_by(*named)):
        laid = np.zeros(len(line.starts))
        laid[(np.array(row[-2], np.int64) - line.starts[0]) // 900] = row[-1]
        yield tuple(row[:keys]), laid
