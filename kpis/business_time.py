"""Business time: response and resolution measured while the contact's queue was open.

The calendar's time stands in the rollups; this one depends on calendars, which change, so it
is made on reading, from the contacts of the question.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, Select, select

from ingest.schema import contacts
from kpis.calendars import ANY, Calendars, Scope, Span, read
from kpis.dimensions import shown
from kpis.keys import Keys
from kpis.kpi import rounded
from kpis.measures import inbound
from kpis.query import KpiQuery
from kpis.reading import WRITTEN
from kpis.series import KpiRow

#: What stands beside `first_response_s` and `resolution_s`.
KEYS = ("first_response_business_s", "resolution_business_s")

_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


class OpenClock:
    """Runs while it is open: adds up any stretch at once, however long."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._starts = [_ms(start) for start, _ in spans]
        self._ends = [_ms(end) for _, end in spans]
        lengths = (end - start for start, end in zip(self._starts, self._ends, strict=True))
        self._before = [0, *accumulate(lengths)]

    def ms(self, start: datetime, end: datetime) -> int:
        """The open milliseconds of [start, end); 0 where it ends before it starts."""
        return max(0, self._shown(_ms(end)) - self._shown(_ms(start)))

    def _shown(self, at: int) -> int:
        number = bisect_right(self._starts, at) - 1
        if number < 0:
            return 0
        return self._before[number] + min(at, self._ends[number]) - self._starts[number]


@dataclass(slots=True)
class _Sums:
    """Milliseconds and contacts, of responses and of resolutions."""

    ms: list[int] = field(default_factory=lambda: [0, 0])
    many: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, which: int, ms: int) -> None:
        self.ms[which] += ms
        self.many[which] += 1

    def means_s(self) -> dict[str, object]:
        """By key, in seconds; None where nobody was counted."""
        pairs = zip(KEYS, self.ms, self.many, strict=True)
        return {key: rounded(ms / (many * 1000)) if many else None for key, ms, many in pairs}


def business_beside(
    connection: Connection, query: KpiQuery, rows: Sequence[KpiRow]
) -> list[dict[str, object]]:
    """For each row of the query's answer the mean business seconds to response and resolution,
    over the same written contacts as the calendar's.
    """
    sums = _sums(connection, query)
    return [sums.get(row.place, _Sums()).means_s() for row in rows]


def _sums(connection: Connection, query: KpiQuery) -> dict[tuple[object, ...], _Sums]:
    keys, boundaries = Keys.of(query), query.boundaries()
    width = len(query.dimensions()) + 1
    clocks = _Clocks(read(connection), query)
    found: dict[tuple[object, ...], _Sums] = {}
    for row in connection.execute(_contacts(keys)):
        told = map(shown, row[1:width])
        place = (boundaries[row[0] - 1].astimezone(UTC), *told)
        sums = found.setdefault(place, _Sums())
        clock = clocks.of(Scope(row.channel or ANY, row.queue or ANY, row.reason or ANY))
        for which, end in enumerate((row.responded_at, row.ended_at)):
            if end is not None:
                sums.add(which, clock.ms(row.offered_at, end))
    return found


def _contacts(keys: Keys) -> Select[Any]:
    """The written contacts of the query and when they were answered and resolved."""
    c = contacts.c
    at = c.offered_at
    return select(
        *keys.columns(c, at),
        c.channel,
        c.queue,
        c.reason,
        at,
        (at + c.response_ms * _MILLISECOND).label("responded_at"),
        (at + c.resolution_ms * _MILLISECOND).label("ended_at"),
    ).where(inbound(c), c.modality.in_(WRITTEN), *keys.within(at), *keys.chosen(c, at))


class _Clocks:
    """The clock of each scope, from the first arrival on for as long as a wait is counted."""

    def __init__(self, calendars: Calendars, query: KpiQuery) -> None:
        self._calendars = calendars
        self._start = query.from_
        self._end = max(query.now, query.to)
        self._known: dict[Scope, OpenClock] = {}

    def of(self, scope: Scope) -> OpenClock:
        known = self._calendars.as_known(scope)
        if known not in self._known:
            spans = self._calendars.open_spans(known, self._start, self._end)
            self._known[known] = OpenClock(spans)
        return self._known[known]


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
