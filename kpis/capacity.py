"""Capacity: how many written contacts are answered on a day of work."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Date, cast, func, select

from kpis.intervals import day_of
from kpis.reading import WRITTEN
from kpis.schema import rollup_quarter

#: Of so many whole days before today.
DAYS = 7
#: (channel, queue; empty where the source tells none)
Queue = tuple[str, str]


def answered_per_day(connection: Connection, now: datetime, zone: ZoneInfo) -> dict[Queue, float]:
    """Contacts answered on a day of work, by channel and queue: the mean over those of the last
    seven local days on which any was.

    With AHT seconds each it is the handling time that a day has, so n × AHT / capacity = n over
    this.
    """
    today, _end = day_of(now, zone)
    first, _end = day_of(today - timedelta(days=DAYS) + timedelta(hours=2), zone)
    c = rollup_quarter.c
    days = func.count(func.distinct(cast(func.timezone(str(zone), c.quarter), Date)))
    answered = func.sum(c.answered)
    rows = connection.execute(
        select(c.channel, c.queue, answered, days)
        .where(c.quarter >= first, c.quarter < today, c.modality.in_(WRITTEN), c.answered > 0)
        .group_by(c.channel, c.queue)
    )
    return {(channel, queue): many / worked for channel, queue, many, worked in rows}
