"""The evaluator: each rule that is not off is read, decided and carried out, by one process.

1. Under the rule's row lock: read, decide, store the new state and the intent; commit.
2. Carry the intent out through the exposure service; its idempotency key is the decision.
3. Compare-and-set the outcome.  Whoever dies in between leaves an intent that the next one
   finds: carried out once, or given up when it is too old to be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import psycopg
import structlog
from msgspec.structs import replace
from psycopg.rows import TupleRow
from sqlalchemy import Connection as SqlConnection

from app.errors import Conflict, WrongUse
from app.exposure import reading as exposures
from app.exposure.audit import canonical
from app.exposure.errors import Busy, GuardrailRefused, Stale
from app.exposure.guardrails.values import read_values
from app.exposure.model import Actor, Change, Scope, State, Switch
from app.exposure.rules import records
from app.exposure.rules.book import ENDS
from app.exposure.rules.deciding import (
    Action,
    Move,
    Note,
    Reading,
    RuleState,
    carried,
    decide,
    refused,
)
from app.exposure.rules.model import Rule, RuleMode
from app.exposure.rules.moves import next_move
from app.exposure.rules.reading import read_now
from app.exposure.rules.records import Intent, Kept, Seen
from app.exposure.rules.telling import why_of
from app.exposure.service import ExposureService
from ingest.database import Database

Connection = psycopg.Connection[TupleRow]
#: An intent older than this is not carried out any more: the reading has moved on.
FRESH = timedelta(seconds=60)
_log = structlog.get_logger(__name__)


def evaluate(database: Database, now: datetime) -> None:
    """Every rule that is on, once; a rule that somebody else is at is left to them."""
    with database.engine.begin() as connection:
        known = records.kept(_driver(connection))
    for each in known:
        if each.mode is RuleMode.OFF:
            continue
        try:
            evaluate_one(database, each.rule.name, now)
        except Exception as error:  # one that fails stops no other; the next time may do
            said = " ".join(str(error).split())
            _log.error("a rule could not be evaluated", rule=each.rule.name, error=said)


def evaluate_one(database: Database, name: str, now: datetime) -> None:
    """Read, decide and carry out one rule."""
    with database.engine.begin() as connection:
        known = records.locked(_driver(connection), name)
        if known is None or known.mode is RuleMode.OFF:
            return
        if known.intent is None and (known.seen is None or known.seen.at < now):
            known = _decided(connection, known, now)
    if known.intent is not None:
        carry_out(database, known, known.intent, now)


def _decided(connection: SqlConnection, known: Kept, now: datetime) -> Kept:
    """Store what this reading makes of the rule, with the intent where there is one."""
    driver = _driver(connection)
    reading = read_now(connection, known.rule, now)
    asks = _asks(driver, known)
    rule = replace(known.rule, ramp=known.rule.ramp[-1:]) if asks else known.rule
    current = _current(driver, known, now)
    was = known.state if asks else _still_mine(rule, known.state, current, now)
    state, action = decide(rule, was, reading, now)
    _tell_change(driver, known, state, reading, now)
    if action is not None and asks:
        _advise(driver, known, action, reading, now)
        number = known.decision + 1
        return _stored(driver, known, state, None, reading, now, number)
    if action is not None and action.move is Move.ACT and current is not None:
        told = f"switch {current.id} of {current.owner} decides here: left alone"
        records.log(driver, known, Note.TAKEN_OVER, told, reading, now)
        state, action = refused(rule, was, action.move, Note.TAKEN_OVER, now), None
    if action is None:
        return _stored(driver, known, state, None, reading, now, known.decision)
    number = known.decision + 1
    version = was.switch_version if was.acting else None
    intent = Intent(
        number=number, move=action.move, expected=version or 0, at=now, was=was, reading=reading,
        change=_change(known, rule, was, action, reading, now),
    )  # fmt: skip
    return _stored(driver, known, state, intent, reading, now, number)


def _asks(connection: Connection, known: Kept) -> bool:
    """Whether a person decides: by the mode, and for a closing by the guardrails."""
    closes = known.rule.doing.state is State.CLOSED
    alone = known.mode is RuleMode.AUTO
    return not alone or (closes and not read_values(connection).rules_may_close)


def _stored(
    connection: Connection, known: Kept, state: RuleState, intent: Intent | None,
    reading: Reading, now: datetime, number: int,
) -> Kept:  # fmt: skip
    move = next_move(known.rule, state, reading, now)
    seen = Seen(version=known.version, at=now, reading=reading, next=move)
    records.keep_state(connection, known, state, intent=intent, seen=seen, decision=number)
    return replace(known, state=state, intent=intent, seen=seen, decision=number)


def carry_out(database: Database, known: Kept, intent: Intent, now: datetime) -> None:
    """Do what was decided, exactly once, and note what became of it.

    A refusal of the service (guardrail, somebody faster) makes the rule cool down.
    """
    # Who switched it on stands behind it: nobody is a second person to their own rule.
    actor = Actor("rule", known.rule.name, ("operator",), account=known.changed_by)
    service = ExposureService(database)
    try:
        if now - intent.at > FRESH:
            switch = _made_earlier(service, intent)
        else:
            switch = service.set(
                intent.change, actor, intent.at, expected_version=intent.expected,
                key=f"rule {known.rule.name} {intent.number}",
                readings=canonical(intent.reading),
            )  # fmt: skip
    except Busy:
        return  # the next evaluation tries again
    except (Conflict, WrongUse) as error:
        note = Note.TAKEN_OVER if isinstance(error, Stale) else Note.REFUSED
        state = _rested(refused(known.rule, intent.was, intent.move, note, now), error)
        _settle(database, known, state, note.value, str(error), intent)
        _log.warning("a rule was refused", rule=known.rule.name, why=str(error))
        return
    state = known.state
    if intent.move is not Move.RELEASE:
        state = carried(state, intent.change, switch.version)
    _settle(database, known, state, intent.move.value, intent.change.why, intent)


def _rested(state: RuleState, error: Exception) -> RuleState:
    """Where the guardrail says until when, the rule rests at least so long."""
    until = error.until if isinstance(error, GuardrailRefused) else None
    return replace(state, not_before=max(filter(None, (state.not_before, until)), default=None))


def _settle(
    database: Database, known: Kept, state: RuleState, kind: str, told: str, intent: Intent
) -> None:
    with database.engine.begin() as connection:
        driver = _driver(connection)
        if records.keep_state(driver, known, state):
            records.log(driver, known, kind, told, intent.reading, intent.at)


def _made_earlier(service: ExposureService, intent: Intent) -> Switch:
    """The switch that the intent made before its process died.  Raises Conflict: it did not."""
    made = [
        each
        for each in service.read().switches
        if each.scope == intent.change.scope
        and each.owner == intent.change.owner
        and each.updated_at == intent.at
    ]
    if not made:
        raise Conflict("not carried out in time: the reading has moved on")
    return made[-1]


def _change(
    known: Kept, rule: Rule, was: RuleState, action: Action, reading: Reading, now: datetime
) -> Change:
    why = why_of(known, action.move, reading)
    end = now + (ENDS if action.move is Move.RELEASE else timedelta(seconds=rule.lasts_s))
    if was.change is None:
        return rule.change(action.share, why, end)
    return replace(was.change, share=action.share, why=why, expires_at=end)


def _current(connection: Connection, known: Kept, now: datetime) -> Switch | None:
    """The switch in force on the scope where the rule acts or would act."""
    change = known.state.change or known.rule.change(100, "asked", now)
    return _in_force(exposures.read(connection).switches, change.scope, now)


def _in_force(switches: Iterable[Switch], scope: Scope, now: datetime) -> Switch | None:
    """The switch of exactly that scope that counts now; of two the later version."""
    found = [each for each in switches if each.scope == scope and each.in_force(now)]
    return max(found, key=lambda each: each.version, default=None)


def _still_mine(rule: Rule, state: RuleState, current: Switch | None, now: datetime) -> RuleState:
    """Who changed the rule's switch meanwhile decides from then on."""
    if not state.acting or (state.expires_at is not None and state.expires_at <= now):
        return state
    if current is not None and current.version == state.switch_version:
        return state
    return refused(rule, state, Move.RENEW, Note.TAKEN_OVER, now)


def _advise(
    connection: Connection, known: Kept, action: Action, reading: Reading, now: datetime
) -> None:
    """Keep a proposal; letting go ends one that nobody applied, or proposes to end the switch."""
    name, number = known.rule.name, known.decision + 1
    records.withdraw(connection, name, now)
    why = why_of(known, action.move, reading)
    if action.move is Move.ACT:
        end = now + timedelta(seconds=known.rule.lasts_s)
        change = known.rule.change(action.share, why, end)
        records.propose(connection, known, number, action.move, change, reading)
    else:
        standing = _applied(connection, name, now)
        if standing is not None:
            told = {field: getattr(standing, field) for field in Change.__struct_fields__}
            change = replace(Change(**told), why=why, expires_at=now + ENDS)
            records.propose(connection, known, number, action.move, change, reading)
    records.log(connection, known, f"advise_{action.move.value}", why, reading, now)


def _applied(connection: Connection, name: str, now: datetime) -> Switch | None:
    """The switch that a person made of the last advice, if it is still as it was made."""
    found = records.proposals(connection, status="applied", name=name, limit=1)
    if not found or found[0].switch_id is None:
        return None
    switch = exposures.read(connection).by_id(found[0].switch_id)
    same = switch is not None and switch.version == found[0].switch_version
    return switch if switch is not None and same and not switch.over(now) else None


def _tell_change(
    connection: Connection, known: Kept, state: RuleState, reading: Reading, now: datetime
) -> None:
    """Say once, not at every evaluation, that the rule is held or free again."""
    told = (Note.STALE, Note.MISSING, Note.FROZEN)
    if state.note is not known.state.note and (state.note in told or known.state.note in told):
        records.log(connection, known, state.note.value or "resumed", reading.fed_by, reading, now)


def _driver(connection: SqlConnection) -> Connection:
    driver: Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return driver
