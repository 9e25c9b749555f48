"""Next move: what a rule does next, and when, if nothing changes: «acts in 1:40 if …»."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from app.exposure.rules.deciding import Move, Note, Reading, RuleState, gate, ready_at
from app.exposure.rules.model import Condition, Rule


class Stays(msgspec.Struct, frozen=True):
    """A condition of the move: `measure` stays `above` or `below` `value`."""

    measure: str
    bound: str
    value: float


class NextMove(msgspec.Struct, frozen=True, kw_only=True):
    """`move` at `at` (None: not under way yet) if `stays` hold, all of them or `any_` one.

    `held_s`: how long they must.  `blocked`: why nothing moves now.
    """

    move: Move
    at: datetime | None
    in_s: float | None
    stays: tuple[Stays, ...]
    any_: bool
    held_s: int
    blocked: Note = Note.NONE


def next_move(rule: Rule, state: RuleState, reading: Reading, now: datetime) -> NextMove:
    """What comes next of the state that `decide` left at `now`."""
    blocked = Note.FROZEN if state.frozen_at is not None else gate(rule, reading, now)
    at = None if blocked else _at(rule, state)
    return NextMove(
        move=Move.RELEASE if state.acting else Move.ACT,
        at=at,
        in_s=None if at is None else max(0.0, (at - now).total_seconds()),
        stays=tuple(_stays(each, state.acting) for each in rule.conditions),
        any_=state.acting,
        held_s=rule.held_s,
        blocked=blocked or state.note,
    )


def _at(rule: Rule, state: RuleState) -> datetime | None:
    if state.since is None:
        return None
    held = state.since + timedelta(seconds=rule.held_s)
    return max(filter(None, (held, ready_at(rule, state))))


def _stays(each: Condition, acting: bool) -> Stays:
    beyond = each.exit if acting else each.enter
    above = each.measure.falls is acting
    return Stays(each.measure.value, "above" if above else "below", beyond)
