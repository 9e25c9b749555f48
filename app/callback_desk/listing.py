"""Callbacks as the desk sees them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, select, true

from app.callback_desk.schema import callback_attempts, callbacks
from app.errors import NotFound, WrongUse

#: due: to be called now · open: also those whose slot is still to come · done: however it ended.
Wanted = Literal["due", "open", "done", "all"]
WANTED: tuple[Wanted, ...] = get_args(Wanted)


class Attempt(msgspec.Struct, frozen=True):
    """One call."""

    number: int
    at: datetime
    by: str
    outcome: str


class Callback(msgspec.Struct, frozen=True):
    """A call that we owe, or owed.  `phone` None: forgotten; `reason` empty: none was told."""

    id: str
    start: datetime
    end: datetime
    reason: str
    language: str
    surface: str | None
    name: str | None
    phone: str | None
    phone_masked: str
    state: str
    booked_at: datetime
    opened_at: datetime | None
    due_at: datetime
    tried: int
    tries: int
    ended_at: datetime | None
    attempts: tuple[Attempt, ...] = ()

    def masked(self) -> Callback:
        """As who does not call may see it."""
        return msgspec.structs.replace(self, phone=self.phone_masked, name=None)


def wanted(name: str) -> Wanted:
    """Raises WrongUse, naming those that exist."""
    for each in WANTED:
        if each == name:
            return each
    raise WrongUse(f"no state «{name[:40]!a}»: use {', '.join(WANTED)}")


def listed(connection: Connection, which: Wanted, now: datetime, limit: int) -> list[Callback]:
    """Those wanted, with their attempts: open ones by when they are due, others the last first."""
    c = callbacks.c
    order = c.due_at if which in ("due", "open") else c.booked_at.desc()
    rows = connection.execute(
        select(callbacks).where(_chosen(which, now)).order_by(order, c.id).limit(limit)
    )
    return _with_attempts(connection, rows.mappings())


def one(connection: Connection, id: str) -> Callback:
    """Raises NotFound."""
    rows = connection.execute(select(callbacks).where(callbacks.c.id == id)).mappings()
    for found in _with_attempts(connection, rows):
        return found
    raise NotFound(f"no callback «{id[:40]!a}»: GET /api/v1/callbacks lists them")


def _chosen(which: Wanted, now: datetime) -> ColumnElement[bool]:
    c = callbacks.c
    match which:
        case "due":
            return (c.state == "open") & (c.due_at <= now)
        case "open":
            return c.state == "open"
        case "done":
            return c.state != "open"
    return true()


def _with_attempts(connection: Connection, rows: Iterable[RowMapping]) -> list[Callback]:
    found = [_callback(row) for row in rows]
    c = callback_attempts.c
    made: dict[str, list[Attempt]] = {}
    tried = [each.id for each in found if each.tried]
    attempts = select(c.callback, c.number, c.at, c.by, c.outcome).where(c.callback.in_(tried))
    for callback, *told in connection.execute(attempts.order_by(c.callback, c.number)):
        made.setdefault(callback, []).append(Attempt(*told))
    return [msgspec.structs.replace(each, attempts=tuple(made.get(each.id, ()))) for each in found]


def _callback(row: RowMapping) -> Callback:
    names: dict[str, Any] = {"start": row["start_at"], "end": row["end_at"]}
    rest = set(Callback.__struct_fields__) - {"start", "end", "attempts"}
    return Callback(**names, **{name: row[name] for name in rest})
