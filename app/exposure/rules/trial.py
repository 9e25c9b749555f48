"""Trial: the same pure core over the readings of the past, before a rule is switched on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from app.exposure.rules.deciding import (
    Action,
    Move,
    Note,
    Reading,
    RuleState,
    carried,
    decide,
    gate,
)
from app.exposure.rules.model import Measure, Rule


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """One time that the rule would have acted; `to` None: until the end of the trial.

    `readings`: what made it act, by measure.  `share`: the greatest share it reached.
    """

    from_: datetime = msgspec.field(name="from")
    to: datetime | None = None
    share: int
    readings: dict[str, float]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule would have done in [start, end): `acted` times, `acting_s` in all.

    `blind_s`: the feed was silent or a value missing, so it held.  `frozen_at`: the cap was met.
    """

    start: datetime
    end: datetime
    acted: int
    acting_s: float
    flips: int
    blind_s: float
    frozen_at: datetime | None
    timeline: tuple[Spell, ...]


def try_on(rule: Rule, readings: Iterable[Reading], start: datetime, end: datetime) -> Trial:
    """Replay; every action is taken for carried out.  Pure."""
    state, spells, blind, before = RuleState(), list[Spell](), 0.0, start
    for reading in readings:
        was = state
        state, action = decide(rule, state, reading, reading.at)
        if gate(rule, reading, reading.at):
            blind += (reading.at - before).total_seconds()
        before = reading.at
        if was.acting and (not state.acting or (action and action.move is Move.ACT)):
            _end(spells, min(was.expires_at or reading.at, reading.at))
        if action is not None and action.move is not Move.RELEASE:
            state = _carried(rule, state, action, reading)
            _grow(rule, spells, action, reading)
    acting = sum(((spell.to or end) - spell.from_).total_seconds() for spell in spells)
    return Trial(
        start=start,
        end=end,
        acted=len(spells),
        acting_s=acting,
        flips=sum(1 if spell.to is None else 2 for spell in spells),
        blind_s=blind,
        frozen_at=state.frozen_at if state.note is Note.FROZEN else None,
        timeline=tuple(spells),
    )


def untriable(rule: Rule) -> Measure | None:
    """The measure of which no past is kept, if the rule reads one."""
    found = (each.measure for each in rule.conditions if each.measure is Measure.AGENTS_FREE)
    return next(found, None)


def _carried(rule: Rule, state: RuleState, action: Action, reading: Reading) -> RuleState:
    end = reading.at + timedelta(seconds=rule.lasts_s)
    return carried(state, rule.change(action.share, "trial", end), 1)


def _grow(rule: Rule, spells: list[Spell], action: Action, reading: Reading) -> None:
    if action.move is Move.ACT:
        values = {each.measure.value: reading.value(each.measure) for each in rule.conditions}
        known = {name: value for name, value in values.items() if value is not None}
        spells.append(Spell(from_=reading.at, share=action.share, readings=known))
    else:
        spells[-1] = msgspec.structs.replace(spells[-1], share=action.share)


def _end(spells: list[Spell], at: datetime) -> None:
    spells[-1] = msgspec.structs.replace(spells[-1], to=at)
