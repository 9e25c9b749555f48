"""Staffing: what a forecast asks of agents, quarter by quarter, for channels that wait on the line.

Needed are the fewest agents with which the channel's own promise is kept (Erlang C, as planners
reckon it); expected, with so many agents, are service level, wait and abandons (Erlang A, since
customers hang up).  A quarter is taken as steady, its arrivals as the forecast's mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, func, select

from kpis.forecast import Forecast
from kpis.promises import Promise, read_promises
from kpis.queueing import Load, agents_needed, answered_in_time, erlang_a
from kpis.schema import rollup_quarter, rollup_wait
from kpis.waits import EDGES, OUTCOMES

_QUARTER_S = 900.0
#: Handling times and patience are those of the last weeks.
_SEEN = timedelta(days=28)
#: Patience where nobody has hung up yet.
_PATIENT_S = 3600.0
_LOWEST_GOAL, _HIGHEST_GOAL = 0.01, 0.99


class Staffing(msgspec.Struct, frozen=True):
    """One quarter of a channel.  None where no agents were told, or nobody is expected."""

    channel: str
    quarter: datetime
    expected: float
    needed: int
    agents: int | None
    service_level: float | None
    wait_s: float | None
    abandoned_share: float | None


@dataclass(frozen=True, slots=True)
class _Habits:
    """How a channel behaves: seconds of handling, seconds of patience."""

    handling_s: float
    patience_s: float


def staffing(
    connection: Connection, forecast: Forecast, agents: Mapping[str, int] | None = None
) -> list[Staffing]:
    """By synchronous channel and quarter of the forecast; `agents`: how many are there, if known.

    A channel whose handling time no source tells has no row.
    """
    promises = read_promises(connection, forecast.as_of)
    habits = _habits(connection, forecast.as_of)
    rows = []
    for line in forecast.lines:
        if line.reason is not None or line.channel not in habits:
            continue
        promise = promises.of(line.channel, None)
        if promise is None or promises.modality(line.channel) != "sync":
            continue
        there = (agents or {}).get(line.channel)
        rows += [
            _row(line.channel, at, expected, habits[line.channel], promise, there)
            for at, expected in zip(forecast.quarters, line.expected, strict=True)
        ]
    return rows


def _row(
    channel: str,
    at: datetime,
    expected: float,
    habits: _Habits,
    promise: Promise,
    agents: int | None,
) -> Staffing:
    load = Load(expected / _QUARTER_S, habits.handling_s)
    target_s = promise.target_ms / 1000
    goal = min(max(promise.goal, _LOWEST_GOAL), _HIGHEST_GOAL)
    needed = agents_needed(load, target_s, goal) if expected else 0
    if not agents or not expected:
        return Staffing(channel, at, expected, needed, agents, None, None, None)
    met = erlang_a(load, agents, habits.patience_s)
    level = answered_in_time(load, agents, habits.patience_s, target_s)
    return Staffing(
        channel, at, expected, needed, agents, round(level, 6),
        None if met.wait_s is None else round(met.wait_s, 3), round(met.abandoned_share, 6),
    )  # fmt: skip


def _habits(connection: Connection, now: datetime) -> dict[str, _Habits]:
    """By channel its mean handling time and its patience, of the last weeks."""
    c = rollup_quarter.c
    handled = connection.execute(
        select(c.channel, func.sum(c.handle_ms), func.sum(c.handled))
        .where(c.quarter >= now - _SEEN, c.quarter <= now)
        .group_by(c.channel)
    )
    patience = _patience(connection, now)
    return {
        channel: _Habits(int(total) / int(many) / 1000, patience.get(channel, _PATIENT_S))
        for channel, total, many in handled
        if many and total
    }


def _patience(connection: Connection, now: datetime) -> dict[str, float]:
    """Σ all waits / abandons: the mean patience, of which most waits tell only «longer»."""
    c = rollup_wait.c
    rows = connection.execute(
        select(c.channel, c.bucket, *[func.sum(c[outcome]) for outcome in OUTCOMES])
        .where(c.quarter >= now - _SEEN, c.quarter <= now)
        .group_by(c.channel, c.bucket)
    )
    waited: dict[str, float] = {}
    left: dict[str, int] = {}
    for channel, bucket, *counts in rows:
        middle_s = (EDGES[max(0, bucket - 1)] + EDGES[bucket]) / 2000
        waited[channel] = waited.get(channel, 0.0) + middle_s * sum(map(int, counts))
        left[channel] = left.get(channel, 0) + int(counts[OUTCOMES.index("abandoned")])
    return {channel: waited[channel] / many for channel, many in left.items() if many}
