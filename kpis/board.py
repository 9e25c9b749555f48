"""Board: the live state, in a few reads that do not grow with the history.

Today is the site's local day, read from the rollups; who waits is read from the open contacts,
whatever day they came, and who is there from the last word on each agent.  The KPIs are those
of :mod:`kpis.series`, over the same tallies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from ingest.asking import ask
from ingest.standing import standings_at
from kpis.board_state import TOTAL, Lines, State
from kpis.capacity import DAYS
from kpis.kpi import Number
from kpis.past import Past
from kpis.promises import Promises, promises_at
from kpis.reading import BOT, SYNC, WRITTEN
from kpis.silence import SourceLine, lines_of
from kpis.staff import Place, Staff, staff_at
from kpis.together import LineReadings, told
from kpis.trend import Trend, trend_at
from kpis.values import values
from kpis.versions import newest_formula

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
    connection: Connection,
    now: datetime,
    zone: ZoneInfo,
    formula: str | None = None,
    past: Past | None = None,
) -> Board:
    """The board at `now`; its day is the local day of `zone`.  `formula` None: the site's.

    Who reads again and again hands in the same `past`.
    """
    past = past or Past()
    counted = State.at(connection, now, zone, past)
    trend, promises, staff = trend_at(now, zone, past), promises_at(now), staff_at(now)
    chosen, standings = newest_formula(), standings_at(now)
    parts = (trend, promises, staff, chosen, standings)
    # One way to the database and back for all of it; what takes longest goes first.
    ask(connection, [question for part in (counted, *parts) for question in part.questions])
    drawn, seen = trend.told()
    formula = formula or chosen.told()
    total, *lines = _lines(_Scene(counted, promises.told(), staff.told(), formula), seen)
    served = [line for line in lines if line.modality not in BOT]
    return Board(
        as_of=now.astimezone(UTC),
        zone=str(zone),
        formula=formula,
        total=total,
        channels=[line for line in served if line.queue is None],
        queues=[line for line in served if line.queue],
        trend=drawn,
        sources=lines_of(connection, standings.told(), now),
        bots=[line for line in lines if line.modality in BOT and line.queue is None],
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the lines are drawn from."""

    state: State
    promises: Promises
    staff: Mapping[Place, Staff]
    formula: str


def _lines(scene: _Scene, seen: Iterable[str]) -> list[Line]:
    """The total, then the channels in their order, each before its queues."""
    found = {(channel, None) for channel in seen} | set(scene.state.places())
    position = scene.promises.position
    ordered = sorted(found, key=lambda at: (position(at[0] or ""), at[1] or ""))
    places: list[Place] = [TOTAL, *ordered]
    groups = Lines(scene.state, places, scene.staff, scene.formula)
    kpis = values(groups.today, groups.open)
    columns = {
        **_promised(scene.promises, places),
        **_waiting(groups),
        **_quality(groups.today),
        "kpis": [dict(zip(kpis, row, strict=True)) for row in zip(*kpis.values(), strict=True)],
        "staff": [scene.staff.get(place) for place in places],
    }
    return list(map(Line, *(columns[name] for name in Line.__struct_fields__)))


def _promised(promises: Promises, places: Sequence[Place]) -> dict[str, list[Any]]:
    """Where the lines are, and what is promised there."""
    found = [promises.of(channel, queue) if channel else None for channel, queue in places]
    return {
        "channel": [channel for channel, _queue in places],
        "queue": [queue for _channel, queue in places],
        "modality": [promises.modality(channel) if channel else None for channel, _queue in places],
        "target_s": [promise and promise.target_ms / 1000 for promise in found],
        "goal": [promise and promise.goal for promise in found],
    }


def _waiting(lines: Lines) -> dict[str, list[Any]]:
    """Who waits now, line by line."""
    sync, written = lines.open.of(SYNC), lines.open.of(WRITTEN)
    ages, backlog = written.histograms, written["backlog"].tolist()
    pace = zip(backlog, lines.answered(), strict=True)
    return {
        "waiting": sync["waiting"].tolist(),
        "longest_wait_s": told(sync.oldest_s),
        "backlog": backlog,
        "oldest_s": told(written.oldest_s),
        "overdue": (sync["overdue"] + written["overdue"]).tolist(),
        "backlog_p50_s": told(ages.percentiles(0.5)),
        "backlog_p90_s": told(ages.percentiles(0.9)),
        "days_of_work": [many / (done / DAYS) if done else None for many, done in pace],
    }


def _quality(today: LineReadings) -> dict[str, list[Any]]:
    """How many of today are judged, each by the clock of its modality; how many kept it."""
    live, written = today.of(SYNC), today.of(WRITTEN)
    due = written["due"] - written["not_due"]
    judged = live.judged() + due
    in_target = live.good() + written["due_in_target"]
    quality = live.ratio(in_target, judged)
    return {
        "judged": judged.tolist(), "in_target": in_target.tolist(), "quality": told(quality)
    }  # fmt: skip
