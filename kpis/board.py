"""Board: the live state, in a few reads that do not grow with the history.

Today is the site's local day, read from the rollups; who waits is read from the open contacts,
whatever day they came, and who is there from the last word on each agent.  The KPIs are those
of :mod:`kpis.series`, over the same tallies.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from kpis.board_state import State, read_states
from kpis.kpi import Number
from kpis.promises import Promises, read_promises
from kpis.reading import BOT, SYNC, WRITTEN, Reading, Readings
from kpis.silence import SourceLine, source_lines
from kpis.staff import Place, Staff, read_staff
from kpis.trend import Trend, read_trend
from kpis.values import values
from kpis.versions import formula_in_force
from kpis.waits import percentile

__all__ = ["Board", "Line", "SourceLine", "Staff", "Trend", "read"]


class Line(msgspec.Struct, frozen=True):
    """One group now: the total, a channel, or a queue of a channel.

    The same words for every modality: `judged` contacts have answered to their promise today
    (sync: left the queue, or wait beyond their seconds; written: were due), `in_target` of them
    kept it, `quality` is the share; `overdue` are open now and beyond it, whatever day they came.

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
    quality: float | None = None
    judged: int = 0
    in_target: int = 0
    overdue: int = 0
    #: Of the backlog: the age that half of it, and nine in ten, do not exceed.
    backlog_p50_s: float | None = None
    backlog_p90_s: float | None = None
    #: Calendar days that the backlog takes at the pace of the last seven.
    days_of_work: float | None = None
    #: None: nobody tells, or too few to tell.
    staff: Staff | None = None


class Board(msgspec.Struct, frozen=True):
    """What the cockpit shows, as of one moment.  Bots are apart: nobody waits there."""

    as_of: datetime
    zone: str
    #: The service-level formula's id.
    formula: str
    total: Line
    channels: list[Line]
    queues: list[Line]
    trend: Trend
    sources: list[SourceLine]
    bots: list[Line] = []


def read(
    connection: Connection, now: datetime, zone: ZoneInfo, formula: str | None = None
) -> Board:
    """The board at `now`; its day is the local day of `zone`.  `formula` None: the site's."""
    formula = formula or formula_in_force(connection)
    trend, seen = read_trend(connection, now, zone)
    promises = read_promises(connection, now)
    drawer = _Drawer(now, formula, promises, read_staff(connection, now))
    states = read_states(connection, now, zone)
    channels: dict[Place, State] = {(name, None): State() for name in seen}
    for (name, _queue), state in states.items():
        channels.setdefault((name, None), State()).add(state)
    total = State()
    for state in channels.values():
        total.add(state)
    lines = drawer.lines(channels)
    queues = drawer.lines({place: state for place, state in states.items() if place[1]})
    return Board(
        as_of=now.astimezone(UTC),
        zone=str(zone),
        formula=formula,
        total=drawer.line((None, None), total),
        channels=[line for line in lines if line.modality not in BOT],
        queues=[line for line in queues if line.modality not in BOT],
        trend=trend,
        sources=source_lines(connection, now),
        bots=[line for line in lines if line.modality in BOT],
    )


class _Drawer(msgspec.Struct, frozen=True):
    """Draws lines from states."""

    now: datetime
    formula: str
    promises: Promises
    staff: dict[Place, Staff]

    def lines(self, states: dict[Place, State]) -> list[Line]:
        """In the order of the channels, then of the queues' names."""
        places = sorted(states, key=lambda at: (self.promises.position(at[0] or ""), at[1] or ""))
        return [self.line(place, states[place]) for place in places]

    def line(self, place: Place, state: State) -> Line:
        channel, queue = place
        promise = self.promises.of(channel, queue) if channel else None
        staff = self.staff.get(place)
        state.holds(staff)
        today = Readings(state.today, self.now, self.formula)
        opened = Readings(state.open, self.now, self.formula)
        waiting, written = opened.of(SYNC), opened.of(WRITTEN)
        judged, in_target = _judged(today)
        return Line(
            channel=channel,
            queue=queue,
            modality=self.promises.modality(channel) if channel else None,
            target_s=promise.target_ms / 1000 if promise else None,
            goal=promise.goal if promise else None,
            waiting=waiting["waiting"],
            longest_wait_s=waiting.oldest_s,
            backlog=written["backlog"],
            oldest_s=written.oldest_s,
            kpis=values(today, opened),
            quality=in_target / judged if judged else None,
            judged=judged,
            in_target=in_target,
            overdue=waiting["overdue"] + written["overdue"],
            backlog_p50_s=percentile(state.ages, 0.5),
            backlog_p90_s=percentile(state.ages, 0.9),
            days_of_work=written["backlog"] / state.per_day if state.per_day else None,
            staff=staff,
        )


def _judged(today: Readings) -> tuple[int, int]:
    """How many of today are judged, each by the clock of its modality; how many kept it."""
    live, written = today.of(SYNC), today.of(WRITTEN)
    judged = live.formula.judged(live) + live["past_target"] + _due(written)
    return judged, live.formula.good(live) + written["due_in_target"]


def _due(written: Reading) -> int:
    return written["due"] - written["not_due"]
