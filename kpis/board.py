"""Board: the live state, in a few reads that do not grow with the history.

Today is the site's local day, read from the rollups; who waits is read from the open contacts,
whatever day they came.  The KPIs are those of :mod:`kpis.series`, over the same tallies.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from kpis.catalogue import catalogue
from kpis.counting import Tallies, count
from kpis.intervals import day_of
from kpis.kpi import Number
from kpis.open_contacts import add_open
from kpis.promises import Promises, read_promises
from kpis.query import KpiQuery
from kpis.reading import SYNC, WRITTEN, Readings, Tally
from kpis.service_level import DEFAULT
from kpis.silence import SourceLine, source_lines
from kpis.trend import Trend, read_trend

__all__ = ["Board", "Line", "SourceLine", "Trend", "read"]


class Line(msgspec.Struct, frozen=True):
    """One group now: the total, a channel, or a queue of a channel.

    `waiting` hold the line, `backlog` are written and unanswered; ages are seconds until now.
    `kpis`: today's values by KPI key, the live ones over all that is open.
    """

    channel: str | None
    queue: str | None
    modality: str | None
    #: The answer target in force now and the share that should meet it.
    target_s: float | None
    goal: float | None
    waiting: int
    longest_wait_s: float | None
    backlog: int
    oldest_s: float | None
    kpis: dict[str, Number | None]


class Board(msgspec.Struct, frozen=True):
    """What the cockpit shows, as of one moment."""

    as_of: datetime
    zone: str
    #: The service-level formula's id.
    formula: str
    total: Line
    channels: list[Line]
    queues: list[Line]
    trend: Trend
    sources: list[SourceLine]


class _State(msgspec.Struct):
    """The two tallies of a group: of those that came today, and of all that are open."""

    today: Tally
    open: Tally

    def add(self, other: _State) -> None:
        self.today.add(other.today)
        self.open.add(other.open)


#: (channel, queue); of a whole channel the queue is None.
_Place = tuple[str, str | None]
_States = dict[_Place, _State]


def read(connection: Connection, now: datetime, zone: ZoneInfo, formula: str = DEFAULT) -> Board:
    """The board at `now`; its day is the local day of `zone`."""
    start, end = day_of(now, zone)
    queues = _states(connection, KpiQuery(
        from_=start, to=end, now=now, by=("channel", "queue"), zone=zone,
        service_level_formula=formula,
    ))  # fmt: skip
    promises = read_promises(connection, now)
    trend, seen = read_trend(connection, now, zone)
    channels = _channels(queues, seen)
    return Board(
        as_of=now.astimezone(UTC),
        zone=str(zone),
        formula=formula,
        total=_line((None, None), _sum(channels.values()), now, formula, promises),
        channels=[
            _line((name, None), channels[name, None], now, formula, promises)
            for name in sorted((name for name, _ in channels), key=promises.position)
        ],
        queues=[
            _line(place, queues[place], now, formula, promises)
            for place in sorted(queues, key=lambda p: (promises.position(p[0]), p[1] or ""))
            if place[1]
        ],
        trend=trend,
        sources=source_lines(connection, now),
    )


def _states(connection: Connection, query: KpiQuery) -> _States:
    """By channel and queue."""
    arrived: Tallies = count(connection, query)
    unanswered: Tallies = {}
    add_open(unanswered, connection, query, all_days=True)
    states: _States = {}
    for tallies, open_now in ((arrived, False), (unanswered, True)):
        for (number, channel, queue), tally in tallies.items():
            state = states.setdefault((str(channel), str(queue) or None), _new())
            if number == 1:
                state.today.add(tally)
            if open_now:
                state.open.add(tally)
    return states


def _channels(queues: _States, seen: Iterable[str]) -> _States:
    """Each channel as the sum of its queues; those `seen` lately are there with nothing."""
    channels: _States = {(name, None): _new() for name in seen}
    for (name, _), state in queues.items():
        channels.setdefault((name, None), _new()).add(state)
    return channels


def _sum(states: Iterable[_State]) -> _State:
    total = _new()
    for state in states:
        total.add(state)
    return total


def _new() -> _State:
    return _State(Tally(), Tally())


def _line(
    place: tuple[str | None, str | None],
    state: _State,
    now: datetime,
    formula: str,
    promises: Promises,
) -> Line:
    channel, queue = place
    promise = promises.of(channel, queue) if channel else None
    today = Readings(state.today, now, formula)
    opened = Readings(state.open, now, formula)
    waiting, written = opened.of(SYNC), opened.of(WRITTEN)
    return Line(
        channel=channel,
        queue=queue,
        modality=promises.modality(channel) if channel else None,
        target_s=promise.target_ms / 1000 if promise else None,
        goal=promise.goal if promise else None,
        waiting=waiting["waiting"],
        longest_wait_s=waiting.oldest_s,
        backlog=written["backlog"],
        oldest_s=written.oldest_s,
        kpis={key: kpi.of(opened if kpi.live else today) for key, kpi in catalogue().items()},
    )
