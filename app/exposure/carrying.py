"""Carrying out an act at the desk: guardrails, switches, audit entries, notification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.errors import NotFound
from app.exposure import guardrails, hours, moves, outward, records
from app.exposure.approvals import Act, RevertSwitch, SetGuardrails, SetHours, SetSwitch
from app.exposure.audit import GUARDRAILS_ID, canonical
from app.exposure.desk import Desk
from app.exposure.errors import GuardrailRefused, Stale
from app.exposure.guardrails import two_people
from app.exposure.guardrails.attempt import Attempt
from app.exposure.guardrails.two_people import Consent
from app.exposure.guardrails.values import read_values, require_known, store_values
from app.exposure.model import Actor, Switch
from app.exposure.moves import Move
from app.exposure.reading import Exposure, read
from app.exposure.schema import NOTIFICATIONS
from app.exposure.seeing import View


@dataclass(frozen=True, slots=True)
class Author:
    """Who carries out an act, when, why, on what ground and having read what.

    `proposer` is who proposed it, where the actor approves; guardrails see the proposer.
    """

    actor: Actor
    now: datetime
    why: str
    readings: str | None = None
    consent: Consent = field(default_factory=Consent)
    proposer: Actor | None = None

    def step(self, action: str) -> records.Step:
        """What the audit entries of the act say beside the switches."""
        return records.Step(
            action,
            self.actor.kind,
            self.actor.name,
            self.now,
            self.why,
            self.readings,
            self.proposer.name if self.proposer else None,
        )


def carry_out(desk: Desk, act: Act, by: Author) -> tuple[Switch, ...]:
    """Do it; the switches as they then stand (without those that are gone).

    Raises what the service tells of; «two people» where it takes a second person, with nothing
    written.
    """
    if isinstance(act, SetGuardrails):
        _set_guardrails(desk, act, by)
        return ()
    if isinstance(act, SetHours):
        agreed = by.consent.second or by.consent.terminal
        hours.carry_out(desk, act, by.step("hours"), agreed=agreed)
        tell(desk)
        return ()
    exposure = read(desk.rows)
    if isinstance(act, SetSwitch):
        return _set(desk, exposure, act, by)
    if isinstance(act, RevertSwitch):
        return _revert(desk, exposure, act, by)
    entries = records.between(desk.rows, act.first, act.last)
    return write(desk, exposure, moves.restoring(exposure, entries, by.now), by, "undo")


def write(
    desk: Desk, exposure: Exposure, wanted: Sequence[Move], by: Author, action: str
) -> tuple[Switch, ...]:
    """Make the moves, all of them or none, if the guardrails let them pass."""
    by.actor.require_within(end.channel for move in wanted for end in move.ends)
    closes = _require_allowed(desk, exposure, wanted, by)
    if closes:
        by.actor.require_proven(by.now)
    alone = closes and by.consent.emergency
    return store(desk, wanted, by.step("emergency" if alone else action))


def store(desk: Desk, wanted: Sequence[Move], step: records.Step) -> tuple[Switch, ...]:
    """Make the moves, write them down and announce them; no guardrail is asked."""
    for move in wanted:
        records.store(desk.rows, move.before, move.after)
        records.append(desk.rows, move.before, move.after, step)
        outward.tell_last(desk.rows, move.touched.id)
    if wanted:
        tell(desk)
    return tuple(move.after for move in wanted if move.after is not None)


def tell(desk: Desk) -> None:
    """Everybody who listens reads again, once this is committed."""
    desk.rows.execute(f"notify {NOTIFICATIONS}".encode())


def _set(desk: Desk, exposure: Exposure, act: SetSwitch, by: Author) -> tuple[Switch, ...]:
    owner = (by.proposer or by.actor).name
    new_id = records.next_id(desk.rows)
    move = moves.setting(exposure, act.change, owner, by.now, new_id)
    if isinstance(move, Switch):
        return (move,)
    moves.require_version(move.before, act.seen, by.now, str(move.scope))
    return write(desk, exposure, [move], by, "set")


def _revert(desk: Desk, exposure: Exposure, act: RevertSwitch, by: Author) -> tuple[Switch, ...]:
    last = next(iter(records.newest(desk.rows, act.switch_id, 1, None)), None)
    if last is None:
        raise NotFound(f"no switch {act.switch_id}: see those that were in the exposure's history")
    known = exposure.by_id(act.switch_id)
    moves.require_version(known, act.seen, by.now, f"switch {act.switch_id}")
    return write(desk, exposure, [moves.reverting(exposure, last, by.now)], by, "revert")


def _set_guardrails(desk: Desk, act: SetGuardrails, by: Author) -> None:
    known, exposure = read_values(desk.rows), read(desk.rows)
    require_known(act.values, exposure.modes, exposure.words)
    if act.values == known:
        return
    if act.seen != known:
        raise Stale("the guardrails changed meanwhile: read them again, then decide", 0)
    if not by.consent.second:
        raise GuardrailRefused(
            two_people.NAME,
            "changing the guardrails needs a second person",
            "propose it and have somebody else approve it",
        )
    by.actor.require_proven(by.now)
    store_values(desk.rows, act.values)
    last = next(iter(records.newest(desk.rows, GUARDRAILS_ID, 1, None)), None)
    before = last.after if last else None
    records.chain(desk.rows, GUARDRAILS_ID, before, canonical(act.values), by.step("guardrails"))
    tell(desk)


def _require_allowed(desk: Desk, exposure: Exposure, wanted: Sequence[Move], by: Author) -> bool:
    """Whether it closes.  The two-person rule is last: what may never be is not proposed."""
    view = View.of(desk, by.now)
    after = moves.board(exposure, wanted)
    attempts = [
        Attempt(
            before=exposure.switches,
            after=after,
            modes=exposure.modes,
            scope=move.scope,
            actor=by.proposer or by.actor,
            now=by.now,
            seen=view.around(exposure, move.scope, move.effect(by.now)),
            effect=move.effect(by.now),
        )
        for move in wanted
    ]
    for attempt in attempts:
        guardrails.check(attempt)
    closing = [two_people.required(attempt, by.consent) for attempt in attempts]
    return any(closing)
