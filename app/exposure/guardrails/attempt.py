"""What a guardrail gets to see of a change: pure data, read in the writer's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.exposure.guardrails.values import Guardrails
from app.exposure.model import Actor, Scope, State, Switch
from app.exposure.modes import Mode
from kpis.calendars import Calendars

#: From when on, until the next one, which switches there were.
Board = tuple[datetime, tuple[Switch, ...]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database says beside the switches.

    `flips` are the moments of the last hour at which the scope changed its state, `emergencies`
    those at which one person closed within it, `opened` when all was opened last; `past` are
    the boards of that hour, the oldest first; `spent` asks what a channel has cost today.
    """

    values: Guardrails = field(default_factory=Guardrails)
    calendars: Calendars = field(default_factory=Calendars)
    flips: Sequence[datetime] = ()
    emergencies: Sequence[datetime] = ()
    opened: datetime | None = None
    past: Sequence[Board] = ()
    spent: Callable[[str], float] = lambda channel: 0.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One scope's change: all switches `before` and `after` it, by whom, now."""

    before: Sequence[Switch]
    after: Sequence[Switch]
    modes: Sequence[Mode]
    scope: Scope
    actor: Actor
    now: datetime
    seen: Seen
    #: The moment at which it takes effect.
    effect: datetime

    def state_before(self) -> State:
        """The scope's own state when the change takes effect, as it would be without it."""
        return own_state(self.before, self.scope, self.effect)

    def state_after(self) -> State:
        return own_state(self.after, self.scope, self.effect)

    @property
    def shows_less(self) -> bool:
        return self.state_after().rank > self.state_before().rank

    @property
    def shows_more(self) -> bool:
        return self.state_after().rank < self.state_before().rank

    @property
    def plans(self) -> bool:
        """Whether it may make what hides later come too soon; showing more at once always may."""
        return self.shows_less or self.effect > self.now

    def hidings(self, switches: Sequence[Switch]) -> Iterator[tuple[datetime, list[datetime]]]:
        """When these show the scope less by themselves later; each with the changes before it."""
        last = own_state(switches, self.scope, self.now)
        changes = sorted(flip for flip in self.seen.flips if flip <= self.now)
        changes += [] if last is own_state(self.before, self.scope, self.now) else [self.now]
        for at in moments([one for one in switches if one.scope == self.scope], self.now)[1:]:
            state = own_state(switches, self.scope, at)
            if state.rank > last.rank:
                yield at, list(changes)
            if state is not last:
                changes.append(at)
            last = state


def own_state(switches: Sequence[Switch], scope: Scope, at: datetime) -> State:
    """What the switches of exactly that scope say at that moment; open where none does."""
    standing = [s for s in switches if s.scope == scope and s.in_force(at)]
    latest = max(standing, key=lambda s: (s.begins, s.version), default=None)
    return State.OPEN if latest is None else latest.state


def moments(switches: Sequence[Switch], now: datetime) -> list[datetime]:
    """Now and every later moment at which a switch begins or ends; nothing changes between."""
    edges = {edge for s in switches for edge in (s.starts_at, s.expires_at) if edge is not None}
    return [now, *sorted(edge for edge in edges if edge > now)]


def touched(before: Sequence[Switch], after: Sequence[Switch]) -> list[Switch]:
    """The switches, old and new, in which the two boards differ."""
    known: Mapping[int, Switch] = {switch.id: switch for switch in before}
    wanted: Mapping[int, Switch] = {switch.id: switch for switch in after}
    differing = [id for id in known.keys() | wanted.keys() if known.get(id) != wanted.get(id)]
    return [board[id] for board in (known, wanted) for id in differing if id in board]


def clock(at: datetime) -> str:
    """A moment as refusals tell it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)
