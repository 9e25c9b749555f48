"""Proposals: changes that wait for a second person, as rows, and what became of them.

Everything here runs inside the writer's transaction and under its lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import psycopg
from psycopg.rows import TupleRow

from app.calendar_book import DayHours, WeekHours
from app.errors import Forbidden, NotFound
from app.exposure.audit import canonical
from app.exposure.errors import AlreadyDecided
from app.exposure.guardrails.values import Guardrails
from app.exposure.model import Actor, Change, person

Connection = psycopg.Connection[TupleRow]
#: How long what became of a proposal is kept.
MEMORY = timedelta(days=400)


class SetSwitch(msgspec.Struct, frozen=True, tag="set", tag_field="kind"):
    """Make a scope's switch what `change` says; `seen` is the version it was at."""

    change: Change
    seen: int


class RevertSwitch(msgspec.Struct, frozen=True, tag="revert", tag_field="kind"):
    """Undo the last change of a switch; `seen` is the version it was at, 0 for none."""

    switch_id: int
    seen: int


class UndoOpening(msgspec.Struct, frozen=True, tag="undo", tag_field="kind"):
    """Undo the opening of all whose audit entries are `first` to `last`."""

    first: int
    last: int


class SetGuardrails(msgspec.Struct, frozen=True, tag="guardrails", tag_field="kind"):
    """Make the guardrails `values`; they were `seen`."""

    values: Guardrails
    seen: Guardrails


class SetHours(msgspec.Struct, frozen=True, tag="hours", tag_field="kind"):
    """Put these opening hours in force, in the site's `zone`."""

    weeks: tuple[WeekHours, ...]
    days: tuple[DayHours, ...]
    zone: str


Act = SetSwitch | RevertSwitch | UndoOpening | SetGuardrails | SetHours


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal: what, by whom, why, until when; `decision` once there is one.

    `by_account` is the person behind `by_name` where that is another.
    """

    id: int
    act: Act
    by_kind: str
    by_name: str
    by_account: str
    why: str
    readings: str | None
    proposed_at: datetime
    expires_at: datetime
    decision: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def proposer(self) -> Actor:
        return Actor(self.by_kind, self.by_name, account=self.by_account)

    def waits(self, now: datetime) -> bool:
        """Whether it can still be approved or rejected."""
        return self.decision is None and now < self.expires_at


_COLUMNS = ", ".join(Pending.__struct_fields__)


def add(connection: Connection, pending: Pending) -> None:
    """Keep a new proposal; forget those of long ago."""
    connection.execute(
        "delete from exposure_pending where expires_at < %s", [pending.proposed_at - MEMORY]
    )
    row = msgspec.structs.asdict(pending) | {"act": canonical(pending.act)}
    places = ", ".join(f"%({name})s" for name in row)
    query = f"insert into exposure_pending ({_COLUMNS}) values ({places})"
    connection.execute(query.encode(), row)


def next_id(connection: Connection) -> int:
    query = "select coalesce(max(id), 0) + 1 from exposure_pending"
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def waiting(connection: Connection, now: datetime) -> tuple[Pending, ...]:
    """The proposals that can still be decided, the oldest first."""
    where = "decision is null and expires_at > %s order by id"
    return _found(connection, where, now)


def newest(connection: Connection, limit: int) -> tuple[Pending, ...]:
    """All proposals, whatever became of them, newest first."""
    return _found(connection, "true order by id desc limit %s", limit)


def one(connection: Connection, id: int, now: datetime) -> Pending:
    """The proposal of that id, if it can still be decided.

    Raises NotFound, AlreadyDecided.
    """
    if not (found := _found(connection, "id = %s", id)):
        raise NotFound(f"no proposal {id}: see those that wait")
    (pending,) = found
    if pending.decision is not None:
        raise AlreadyDecided(f"proposal {id} was {pending.decision} by {pending.decided_by}")
    if not pending.waits(now):
        raise AlreadyDecided(f"proposal {id} has waited for too long: propose it again")
    return pending


def require_second(pending: Pending, actor: Actor) -> None:
    """Raises Forbidden where the actor is who proposed it, or no person."""
    if actor.kind == "rule":
        raise Forbidden("a rule approves nothing: it takes a person")
    if pending.proposer.people & actor.people:
        raise Forbidden(f"{person(pending.by_name)} proposed it: approving takes another person")


def decide(
    connection: Connection, pending: Pending, decision: str, actor: Actor, now: datetime
) -> None:
    """Write down what became of it."""
    connection.execute(
        "update exposure_pending set decision = %s, decided_by = %s, decided_at = %s where id = %s",
        [decision, actor.name, now, pending.id],
    )


def _found(connection: Connection, where: str, value: object) -> tuple[Pending, ...]:
    query = f"select {_COLUMNS} from exposure_pending where {where}"
    return tuple(map(_pending, connection.execute(query.encode(), [value]).fetchall()))


def _pending(row: Sequence[object]) -> Pending:
    told = dict(zip(Pending.__struct_fields__, row, strict=True))
    act = msgspec.json.decode(str(told.pop("act")), type=Act)
    return msgspec.convert({**told, "act": act}, type=Pending)
