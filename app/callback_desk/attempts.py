"""What came of an attempt: kept, told as events, and the callback moved on, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from app.bootstrap import House
from app.callback_desk.facts import SOURCE, Outcome, Told, attempted
from app.callback_desk.listing import Callback, one
from app.callback_desk.schema import callback_attempts
from app.callback_desk.terms import standing
from app.errors import Conflict, WrongUse
from ingest.store import Cursor, Known

#: How a callback ends by an outcome; those that are not here may be tried again.
_ENDS = {
    Outcome.REACHED: "reached",
    Outcome.WRONG_NUMBER: "failed",
    Outcome.CANCELLED: "cancelled",
}
#: So many may tell of one callback at once.
_TIMES = 10

_MOVE = """
update callbacks
set tried = %(number)s, state = %(state)s, due_at = %(due_at)s,
    opened_at = coalesce(opened_at, %(now)s),
    ended_at = case when %(state)s <> 'open' then %(now)s::timestamptz end
where id = %(id)s and state = 'open' and tried = %(number)s - 1
    and (opened_at is not null) = %(open)s
returning pool, start_at
"""
_KEEP = """
insert into callback_attempts (callback, number, at, by, outcome, request_id)
values (%(id)s, %(number)s, %(now)s, %(by)s, %(outcome)s, %(request_id)s)
"""
#: A slot that nobody needs any more takes somebody else.
_GIVE_BACK = """
update callback_slots set booked = booked - 1
where pool = %s and start_at = %s and start_at > %s and booked > 0
"""


class _Moved(Exception):
    """Undoes the batch: somebody else told an attempt of it meanwhile."""


def record(
    house: House, id: str, outcome: Outcome, by: str, now: datetime, request_id: str | None = None
) -> Callback:
    """Keep the attempt; the callback as it then stands.  The same `request_id` counts once.

    Raises NotFound; Conflict where the callback is done.
    """
    for _ in range(_TIMES):
        with house.database.engine.connect() as connection:
            callback = one(connection, id)
            if request_id is not None and _was_told(house, id, request_id):
                return callback
            pause = timedelta(minutes=standing(connection, callback.reason).retry_minutes)
        if callback.state != "open":
            raise Conflict(f"this callback is {callback.state} already: reload the list")
        try:
            return _recorded(house, callback, outcome, by, now, pause, request_id)
        except _Moved:
            continue
    raise Conflict("others tell of this callback at the same time: try again")


def outcome_of(name: str) -> Outcome:
    """Raises WrongUse, naming those that exist."""
    try:
        return Outcome(name)
    except ValueError:
        raise WrongUse(f"no outcome «{name[:40]!a}»: use {', '.join(Outcome)}") from None


def _recorded(
    house: House,
    callback: Callback,
    outcome: Outcome,
    by: str,
    now: datetime,
    pause: timedelta,
    request_id: str | None,
) -> Callback:
    number = callback.tried + 1
    last = outcome in _ENDS or number >= callback.tries
    told = Told(callback.id, callback.start, callback.end, callback.reason,
                callback.opened_at is not None)  # fmt: skip
    row = {
        "id": callback.id, "number": number, "now": now, "by": by, "outcome": outcome.value,
        "request_id": request_id, "open": told.open, "due_at": now + pause,
        "state": _ENDS.get(outcome, "failed") if last else "open",
    }  # fmt: skip
    events = attempted(told, number, outcome, now, last=last)
    house.store.write(SOURCE, events, now=now, also=_moving(row))
    with house.database.engine.connect() as connection:
        return one(connection, callback.id)


def _moving(row: dict[str, object]) -> Callable[[Cursor, Known], None]:
    def move(at: Cursor, _known: Known) -> None:
        moved = at.execute(_MOVE, row).fetchone()
        if moved is None:
            raise _Moved
        at.execute(_KEEP, row)
        if row["state"] != "open":
            at.execute(_GIVE_BACK, (*moved, row["now"]))

    return move


def _was_told(house: House, id: str, request_id: str) -> bool:
    c = callback_attempts.c
    told = select(c.number).where(c.callback == id, c.request_id == request_id)
    with house.database.engine.connect() as connection:
        return connection.scalar(told) is not None
