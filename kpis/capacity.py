"""Capacity: how many written contacts are answered in a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, select

from kpis.intervals import day_of
from kpis.prepared import Prepared, moment
from kpis.reading import WRITTEN
from kpis.schema import rollup_quarter

#: The pace of so many days before today.
DAYS = 7
#: (channel, queue; empty where the source tells none)
Queue = tuple[str, str]


def answered_per_day(connection: Connection, now: datetime, zone: ZoneInfo) -> dict[Queue, float]:
    """Contacts answered in a day, by channel and queue: the mean over the last whole week.

    With AHT seconds each it is the handling time that a day has, so n × AHT / capacity = n over
    this, in calendar days.
    """
    today, _end = day_of(now, zone)
    rows = _ANSWERED.run(connection, start=today - timedelta(days=DAYS), end=today)
    return {(channel, queue): many / DAYS for channel, queue, many in rows}


def _answered() -> Select[Any]:
    c = rollup_quarter.c
    start, end = (moment(name) for name in ("start", "end"))
    return (
        select(c.channel, c.queue, func.sum(c.answered))
        .where(c.quarter >= start, c.quarter < end)
        .where(c.modality.in_(WRITTEN), c.answered > 0)
        .group_by(c.channel, c.queue)
    )


_ANSWERED = Prepared(_answered, "start", "end")
