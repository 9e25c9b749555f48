"""Queueing: what a load and a number of agents do to the wait.

Arrivals are Poisson, handling times exponential, agents alike.  Erlang C lets nobody leave
(A. K. Erlang, 1917); Erlang A lets callers hang up after an exponential patience (C. Palm,
1957), which is what a contact centre sees: without it a queue above its capacity grows for
ever, so Erlang C has no answer there.

Both are one recursion over the states of the queue (how many are in the house), so there is
no factorial to overflow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

#: States are summed until they weigh less than this, relative to all before.
_NEGLIGIBLE = 1e-12
#: Nobody has more agents in one queue; a search for how many are needed ends here.
MOST_AGENTS = 100_000


@dataclass(frozen=True, slots=True)
class Load:
    """What comes in: `arrivals_per_s`, each handled for `handling_s` on average."""

    arrivals_per_s: float
    handling_s: float

    def __post_init__(self) -> None:
        if not (self.arrivals_per_s >= 0 and self.handling_s > 0):
            raise ValueError("a load has no negative arrivals, and takes time to handle")

    @property
    def erlangs(self) -> float:
        """Agents busy on average if nobody leaves."""
        return self.arrivals_per_s * self.handling_s


@dataclass(frozen=True, slots=True)
class Congestion:
    """What customers meet: shares of all who come, and seconds.

    `wait_s` is the mean over all, those who do not wait and those who give up included;
    None where the queue has no steady state (Erlang C at or above its capacity).
    """

    waiting_share: float
    abandoned_share: float
    wait_s: float | None
    occupancy: float


def erlang_c(load: Load, agents: int) -> Congestion:
    """The steady state when nobody hangs up."""
    _require_agents(agents)
    if load.erlangs >= agents:
        return Congestion(1.0, 0.0, None, 1.0)
    delayed = _delay_probability(load.erlangs, agents)
    wait = delayed * load.handling_s / (agents - load.erlangs)
    return Congestion(delayed, 0.0, wait, load.erlangs / agents)


def answered_within(load: Load, agents: int, target_s: float) -> float:
    """The service level by Erlang C: the share that waits no longer than `target_s` seconds."""
    delayed = erlang_c(load, agents).waiting_share
    if load.erlangs >= agents:
        return 0.0
    return 1 - delayed * math.exp(-(agents - load.erlangs) * target_s / load.handling_s)


def erlang_a(load: Load, agents: int, patience_s: float) -> Congestion:
    """The steady state when a waiting customer hangs up after `patience_s` on average."""
    _require_agents(agents)
    if patience_s <= 0:
        raise ValueError("patience is a time above zero")
    if load.arrivals_per_s == 0:
        return Congestion(0.0, 0.0, 0.0, 0.0)
    weights = waiting = queued = busy = 0.0
    for present, weight in _states(load, agents, patience_s):
        weights += weight
        busy += weight * min(present, agents)
        if present >= agents:
            waiting += weight
            queued += weight * (present - agents)
    # Little: customers in the queue = arrivals × mean wait; they leave it at 1 / patience each.
    wait = queued / weights / load.arrivals_per_s
    return Congestion(waiting / weights, wait / patience_s, wait, busy / weights / agents)


def answered_in_time(load: Load, agents: int, patience_s: float, target_s: float) -> float:
    """The service level by Erlang A: the share that is answered within `target_s` seconds.

    Who finds k waiting must see k + 1 leave, at the rates agents/handling + i/patience: the wait
    of one who never hangs up is -patience × log of a Beta(c, k+1), c = agents × patience /
    handling; and who is answered has not hung up before (Mandelbaum and Zeltyn, 2007).
    """
    _require_agents(agents)
    if load.arrivals_per_s == 0:
        return 1.0
    found = dict(_states(load, agents, patience_s))
    answered = sum(weight for present, weight in found.items() if present < agents)
    c = agents * patience_s / load.handling_s
    left = math.exp(-target_s / patience_s)
    within, step = 1 - left ** (c + 1), (1 - left) * left ** (c + 1) * (c + 1)
    for ahead in range(max(found) - agents + 1):
        answered += found.get(agents + ahead, 0.0) * max(0.0, within) * c / (c + ahead + 1)
        within -= step
        step *= (1 - left) * (c + ahead + 2) / (ahead + 2)
    return answered / sum(found.values())


def agents_needed(load: Load, target_s: float, share: float) -> int:
    """The fewest agents with which `share` of the customers wait at most `target_s` (Erlang C)."""
    if not 0 <= share < 1:
        raise ValueError("the share to be answered in time is at least 0 and below 1")
    low, high = 0, max(1, math.ceil(load.erlangs))
    while high < MOST_AGENTS and answered_within(load, high, target_s) < share:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        enough = answered_within(load, middle, target_s) >= share
        low, high = (low, middle) if enough else (middle, high)
    return high


def _require_agents(agents: int) -> None:
    if agents < 1:
        raise ValueError("a queue without an agent answers nobody: one agent or more")


def _delay_probability(erlangs: float, agents: int) -> float:
    """Erlang's C by way of his B, which is a sum that cannot overflow."""
    blocked = 1.0
    for agent in range(1, agents + 1):
        blocked = erlangs * blocked / (agent + erlangs * blocked)
    return blocked / (1 - erlangs / agents * (1 - blocked))


def _states(load: Load, agents: int, patience_s: float) -> Iterator[tuple[int, float]]:
    """(customers present, unnormalised probability), from the likeliest state outwards."""
    mode = _likeliest(load, agents, patience_s)
    yield mode, 1.0
    weight = 1.0
    for present in range(mode, 0, -1):
        weight *= _leaving(present, load, agents, patience_s) / load.arrivals_per_s
        if weight < _NEGLIGIBLE:
            break
        yield present - 1, weight
    weight, present = 1.0, mode
    while weight >= _NEGLIGIBLE:
        present += 1
        weight *= load.arrivals_per_s / _leaving(present, load, agents, patience_s)
        yield present, weight


def _likeliest(load: Load, agents: int, patience_s: float) -> int:
    """The last state that is still entered more often than left."""
    if load.erlangs < agents:
        return math.floor(load.erlangs)
    over = load.arrivals_per_s - agents / load.handling_s
    return agents + math.floor(over * patience_s)


def _leaving(present: int, load: Load, agents: int, patience_s: float) -> float:
    """How many leave a second: those being served end, those waiting give up."""
    return min(present, agents) / load.handling_s + max(0, present - agents) / patience_s
