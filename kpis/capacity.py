"""Capacity: how many written contacts are answered in a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from ingest.asking import Later
from kpis.intervals import day_of
from kpis.prepared import Prepared, moment
from kpis.reading import WRITTEN
from kpis.schema import rollup_quarter

#: The pace of so many days before today.
DAYS = 7
#: (channel, queue; empty where the source tells none)
Queue = tuple[str, str]


def answered_before(now: datetime, zone: ZoneInfo) -> Later[Mapping[Queue, int]]:
    """Contacts answered in the last `DAYS` whole days, by channel and queue.

    With AHT seconds each it is the handling time that these days had, so n × AHT / capacity =
    n × DAYS over this, in calendar days.
    """
    today, _end = day_of(now, zone)
    return Later(_by_queue, _ANSWERED.under(start=today - timedelta(days=DAYS), end=today))


def _by_queue(rows: Sequence[tuple[str, str, int]]) -> Mapping[Queue, int]:
    return {(channel, queue): many for channel, queue, many in rows}


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
