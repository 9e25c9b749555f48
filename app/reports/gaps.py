"""Silences of sources: quarters without a contact where a week earlier there were some.

The rule is that of :mod:`kpis.silence`: at least fifteen minutes without anything, in which a
week earlier at least five contacts of the source came in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Integer, cast, func, select

from app.reports.asking import Span
from app.reports.desk import Desk
from app.reports.scope import told_of
from ingest.schema import contacts
from kpis.intervals import QUARTER
from kpis.silence import USUAL

_WEEK = timedelta(days=7)
#: (source, number of the quarter since 1970) → contacts that came in.
Quarters = dict[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Gap:
    """`source` told nothing in [start, end); a week earlier `usual` contacts came in."""

    source: str
    start: datetime
    end: datetime
    usual: int


def gaps(desk: Desk) -> list[Gap]:
    """Every silence of the period so far, by source and time."""
    end = min(desk.span.end, desk.asked.as_of)
    if desk.span.start >= end:
        return []
    earlier = Span(desk.span.start - _WEEK, end - _WEEK)
    now = _quarters(desk, Span(desk.span.start, end))
    return list(silences(now, _quarters(desk, earlier), end))


def silences(now: Quarters, before: Quarters, end: datetime) -> Iterator[Gap]:
    """What was usual and did not come; stretches that follow each other are one.  Pure."""
    week = int(_WEEK / QUARTER)
    last = int(end.timestamp() // QUARTER.total_seconds())  # this one is not over
    missing = sorted(
        (source, number + week)
        for source, number in before
        if (source, number + week) not in now and number + week < last
    )
    runs = groupby(enumerate(missing), key=lambda one: (one[1][0], one[1][1] - one[0]))
    for (source, _run), members in runs:
        numbers = [number for _at, (_source, number) in members]
        usual = sum(before[source, number - week] for number in numbers)
        if usual >= USUAL:
            yield Gap(source, _start(numbers[0]), _start(numbers[-1] + 1), usual)


def _quarters(desk: Desk, span: Span) -> Quarters:
    c = contacts.c
    seconds = func.date_part("epoch", c.offered_at)
    number: Any = cast(func.floor(seconds / QUARTER.total_seconds()), Integer)
    rows = desk.connection.execute(
        select(c.source, number, func.count())
        .where(c.offered_at >= span.start, c.offered_at < span.end, *told_of(desk.asked.scope, c))
        .group_by(c.source, number)
    )
    return {(source, quarter): many for source, quarter, many in rows}


def _start(number: int) -> datetime:
    return datetime.fromtimestamp(number * QUARTER.total_seconds(), UTC)
