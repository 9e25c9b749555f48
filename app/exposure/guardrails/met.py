"""What one customer meets: the changes that they see, whichever switches make them.

A scope's own changes do not tell how often a display changes: of switches that overlap each
may change seldom, and who is within all of them sees every one.  Here a **place** is a kind of
customer (channel × reason × segment × surface), and its changes are those of the switch that
decides there.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.exposure.effective import Context, Standing, deciding, standing
from app.exposure.guardrails.attempt import Attempt, Board, touched
from app.exposure.guardrails.last_human import places
from app.exposure.model import ANY, Scope, State, Switch


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` a place came to see more or `less`."""

    at: datetime
    less: bool


@dataclass(frozen=True, slots=True)
class Hiding:
    """At `at` from now on, `place` sees less; `earlier` are its changes before, oldest first."""

    place: Scope
    at: datetime
    earlier: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class _Point:
    """What stands at a moment; not `real` where nothing begins or ends there."""

    at: datetime
    real: bool
    current: Standing


def hidings(attempt: Attempt, within: timedelta, least: int) -> Iterator[tuple[Hiding, Hiding]]:
    """The hidings from now on that at least `least` moments of change `within` go before.

    Each with what it would be without the attempt, which has no earlier changes where it would
    not be at all.
    """
    edges = _edges(attempt)
    every = {*_moments(attempt, attempt.after), *_moments(attempt, attempt.before)}
    near = {at for at in every if any(abs(at - edge) <= within for edge in edges)}
    if not _crowded(sorted(near), within, least):
        return
    known = list(_points(attempt, attempt.before, every, near))
    wanted = list(_points(attempt, attempt.after, every, near))
    for place in _places(attempt):
        before = {one.at: one for one in _hidings(known, place, attempt.now)}
        for one in _hidings(wanted, place, attempt.now):
            yield one, before.get(one.at, Hiding(place, one.at, ()))


def shows_somebody_less(attempt: Attempt) -> bool:
    """Whether anybody sees less when it takes effect than without it."""
    then = standing(_meeting(attempt, attempt.before), attempt.effect)
    now = standing(_meeting(attempt, attempt.after), attempt.effect)
    return any(_state(now, p).rank > _state(then, p).rank for p in _places(attempt))


def own_edges(attempt: Attempt) -> set[datetime]:
    """The moments at which what is changed begins or ends by itself, as it would be."""
    wanted = [one for one in touched(attempt.before, attempt.after) if one in attempt.after]
    return {edge for one in wanted for edge in (one.starts_at, one.expires_at) if edge}


def _edges(attempt: Attempt) -> set[datetime]:
    changed = touched(attempt.before, attempt.after)
    told = {edge for one in changed for edge in (one.starts_at, one.expires_at) if edge}
    return told | {attempt.now, attempt.effect}


def _crowded(moments: Sequence[datetime], within: timedelta, least: int) -> bool:
    """Whether any of them has so many within that time before it."""
    pairs = zip(moments, moments[least:], strict=False)
    return any(last - first < within for first, last in pairs)


def _history(attempt: Attempt, board: Sequence[Switch]) -> list[Board]:
    past = [(min(at, attempt.now), switches) for at, switches in attempt.seen.past]
    return [
        (at, _meeting(attempt, switches)) for at, switches in [*past, (attempt.now, tuple(board))]
    ]


def _meeting(attempt: Attempt, switches: Iterable[Switch]) -> tuple[Switch, ...]:
    return tuple(one for one in switches if attempt.scope.meets(one.scope))


def _moments(attempt: Attempt, board: Sequence[Switch]) -> Iterator[datetime]:
    """When anything changed or will: by somebody, or by itself."""
    for at, switches in _history(attempt, board):
        yield at
        for one in switches:
            yield from (edge for edge in (one.starts_at, one.expires_at) if edge is not None)


def _points(
    attempt: Attempt, board: Sequence[Switch], every: Iterable[datetime], near: set[datetime]
) -> Iterator[_Point]:
    """Those near, and one before each stretch of them to see what they change."""
    history = _history(attempt, board)
    follows = False
    for at in sorted(every):
        if at in near and not follows:
            yield _Point(at, False, _stood(history, at - timedelta(microseconds=1)))
        if at in near:
            yield _Point(at, True, _stood(history, at))
        follows = at in near


def _stood(history: Sequence[Board], at: datetime) -> Standing:
    found = [switches for since, switches in history if since <= at]
    return standing(found[-1] if found else (), at)


def _hidings(points: Iterable[_Point], place: Scope, now: datetime) -> Iterator[Hiding]:
    state = State.OPEN
    earlier: list[Change] = []
    for point in points:
        was, state = state, _state(point.current, place)
        if state is was or not point.real:
            continue
        change = Change(point.at, state.rank > was.rank)
        if change.less and point.at >= now:
            yield Hiding(place, point.at, tuple(earlier))
        earlier.append(change)


def _places(attempt: Attempt) -> list[Scope]:
    named = attempt.scope.channel
    channels = [mode.channel for mode in attempt.modes] if named == ANY else [named]
    boards = [attempt.before, attempt.after, *(board for _at, board in attempt.seen.past)]
    known = {one.scope: one for board in boards for one in _meeting(attempt, board)}
    return [
        Scope(channel, where.reason or ANY, where.segment or ANY, where.surface or ANY)
        for channel in channels
        for where in places(known.values(), attempt.scope)
    ]


def _state(current: Standing, place: Scope) -> State:
    """What most visitors of the place may meet: a share of nobody changes nothing."""
    told = (None if word == ANY else word for word in (place.reason, place.segment, place.surface))
    reason, segment, surface = told
    switch = deciding(current, place.channel, Context(surface, reason, segment))
    return State.OPEN if switch is None or switch.share == 0 else switch.state
