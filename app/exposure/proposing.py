"""Carry it out, or have it wait for a second person; what an answer was, by its key."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.exposure import approvals, carrying, moves
from app.exposure.approvals import Act, Pending, SetSwitch
from app.exposure.carrying import Author
from app.exposure.desk import Desk
from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails import two_people
from app.exposure.guardrails.attempt import minutes
from app.exposure.guardrails.two_people import Consent
from app.exposure.guardrails.values import read_values
from app.exposure.model import Actor, Change, Switch, clean, tidy
from app.exposure.reading import read
from app.exposure.readings import checked

Answer = Switch | Pending | None


def setting(desk: Desk, change: Change, expected: int | None, now: datetime) -> SetSwitch:
    """The act, as of the version that was seen.  Raises Stale."""
    exposure = read(desk.rows)
    wanted = tidy(change, exposure.modes, exposure.words, now)
    known = moves.current(exposure, wanted, now)
    moves.require_version(known, expected, now, str(wanted.scope))
    return SetSwitch(wanted, known.version if known else 0)


def do_or_wait(desk: Desk, act: Act, by: Author) -> tuple[Switch, ...] | Pending:
    """The switches as they then stand, or the proposal that waits for a second person."""
    try:
        return carrying.carry_out(desk, act, by)
    except GuardrailRefused as error:
        if error.name != two_people.NAME:
            raise
    return wait(desk, act, by)


def wait(desk: Desk, act: Act, by: Author) -> Pending:
    """A new proposal, in the place of an older one of the same person about the same switch; the
    one that waits already where the same is asked again.

    Raises ProofNeeded: what waits closes, or changes who may.
    """
    by.actor.require_proven(by.now)
    mine = [one for one in approvals.waiting(desk.rows, by.now) if one.by_name == by.actor.name]
    for known in mine:
        if known.act == act:
            return known
        if _same_place(known.act, act):
            approvals.decide(desk.rows, known, "rejected", by.actor, by.now)
    pending = Pending(
        id=approvals.next_id(desk.rows),
        act=act,
        by_kind=by.actor.kind,
        by_name=by.actor.name,
        by_account=by.actor.account,
        why=by.why,
        readings=by.readings,
        proposed_at=by.now,
        expires_at=by.now + minutes(read_values(desk.rows).approval_minutes),
    )
    approvals.add(desk.rows, pending)
    carrying.tell(desk)
    return pending


def _same_place(one: Act, other: Act) -> bool:
    """Whether both would make one switch: what is planned for another day is another."""
    if not (isinstance(one, SetSwitch) and isinstance(other, SetSwitch)):
        return False
    wanted, asked = one.change, other.change
    return (wanted.scope, wanted.starts_at) == (asked.scope, asked.starts_at)


def author(
    actor: Actor, now: datetime, why: str, readings: str | None = None, *, emergency: bool = False
) -> Author:
    """Who acts alone.  Raises InvalidChange for a reason or readings that cannot be kept."""
    told = clean("why", why) or ""
    return Author(actor, now, told, checked(readings), Consent(emergency=emergency))


def later(flag: bool, readings: str | None) -> tuple[object, ...]:
    """What keys remember beside what they always did; nothing where it is not told."""
    return () if not flag and readings is None else (flag, readings)


def answer(text: str) -> Answer:
    """The answer as it was remembered."""
    told = msgspec.json.decode(text)
    kind = Pending if isinstance(told, dict) and "proposed_at" in told else Switch | None
    return msgspec.convert(told, type=kind)
