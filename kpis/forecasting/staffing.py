"""Staffing: what a forecast asks of agents, quarter by quarter, for channels that wait on the line.

Needed are the fewest agents with which the channel's own promise is kept (Erlang C, as planners
reckon it); expected, with so many agents, are service level, wait and abandons (Erlang A, since
customers hang up).  A quarter is taken as steady, its arrivals as the forecast's mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, func, select

from kpis.forecast import Forecast
from kpis.promises import read_promises
from kpis.queueing import Congestion, Load, agents_needed, answered_in_time, erlang_a
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


class Demand(msgspec.Struct, frozen=True):
    """What a channel's agents are reckoned from: seconds of handling and of patience, as the last
    weeks had them, and the channel's promise: `goal` of the contacts within `target_s`.
    """

    channel: str
    handling_s: float
    patience_s: float
    target_s: float
    goal: float

    def needed(self, contacts: float) -> int:
        """The fewest agents for so many contacts in a quarter hour (Erlang C)."""
        goal = min(max(self.goal, _LOWEST_GOAL), _HIGHEST_GOAL)
        return agents_needed(self._load(contacts), self.target_s, goal) if contacts else 0

    def met(self, contacts: float, agents: int) -> tuple[float, Congestion]:
        """The service level and what customers meet with so many agents (Erlang A)."""
        load = self._load(contacts)
        level = answered_in_time(load, agents, self.patience_s, self.target_s)
        return level, erlang_a(load, agents, self.patience_s)

    def _load(self, contacts: float) -> Load:
        return Load(contacts / _QUARTER_S, self.handling_s)


def staffing(
    connection: Connection, forecast: Forecast, agents: Mapping[str, int] | None = None
) -> list[Staffing]:
    """By synchronous channel and quarter of the forecast; `agents`: how many are there, if known.

    A channel whose handling time no source tells has no row.
    """
    return staffed(forecast, read_demands(connection, forecast), agents or {})


def staffed(
    forecast: Forecast, demands: Mapping[str, Demand], agents: Mapping[str, int]
) -> list[Staffing]:
    """The same, from demands that are known."""
    return [
        _row(demands[line.channel], at, expected, agents.get(line.channel))
        for line in forecast.lines
        if line.reason is None and line.channel is not None and line.channel in demands
        for at, expected in zip(forecast.quarters, line.expected, strict=True)
    ]


def read_demands(connection: Connection, forecast: Forecast) -> dict[str, Demand]:
    """By synchronous channel of the forecast with a promise and a known handling time."""
    promises = read_promises(connection, forecast.as_of)
    handling = _handling(connection, forecast.as_of)
    patience = _patience(connection, forecast.as_of)
    found = {}
    for channel in dict.fromkeys(line.channel for line in forecast.lines):
        if channel is None or channel not in handling or promises.modality(channel) != "sync":
            continue
        if (promise := promises.of(channel, None)) is not None:
            found[channel] = Demand(
                channel, handling[channel], patience.get(channel, _PATIENT_S),
                promise.target_ms / 1000, promise.goal,
            )  # fmt: skip
    return found


def _row(demand: Demand, at: datetime, expected: float, agents: int | None) -> Staffing:
    needed = demand.needed(expected)
    if not agents or not expected:
        return Staffing(demand.channel, at, expected, needed, agents, None, None, None)
    level, met = demand.met(expected, agents)
    return Staffing(
        demand.channel, at, expected, needed, agents, round(level, 6),
        None if met.wait_s is None else round(met.wait_s, 3), round(met.abandoned_share, 6),
    )  # fmt: skip


def _handling(connection: Connection, now: datetime) -> dict[str, float]:
    """By channel its mean handling time of the last weeks, in seconds."""
    c = rollup_quarter.c
    handled = connection.execute(
        select(c.channel, func.sum(c.handle_ms), func.sum(c.handled))
        .where(c.quarter >= now - _SEEN, c.quarter <= now)
        .group_by(c.channel)
    )
    return {
        channel: int(total) / int(many) / 1000 for channel, total, many in handled if many and total
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
