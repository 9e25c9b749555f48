"""What happens by itself: callbacks that begin to wait, that nobody made, whose number may go.

Any number of processes may do it as often as they like.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, delete, select, update

from app.bootstrap import House
from app.callback_desk.facts import SOURCE, Told, given_up, opened
from app.callback_desk.schema import callback_attempts, callback_slots, callbacks
from ingest.events import Event
from ingest.store import Cursor, Known

#: So long after its slot nobody calls any more.
GIVEN_UP = timedelta(hours=24)
#: So long after its end a number may still be needed, for an end that was a slip of the finger.
REMEMBERED = timedelta(hours=24)
#: What nobody is recognised by any more is kept as long as contacts are: thirteen months.
KEPT = timedelta(days=396)
_AT_ONCE = 1_000

_OPEN = """
update callbacks set opened_at = %(now)s
where id = %(id)s and state = 'open' and opened_at is null returning id
"""
_FAIL = """
update callbacks set state = 'failed', ended_at = %(now)s, opened_at = coalesce(opened_at, %(now)s)
where id = %(id)s and state = 'open' and tried = %(tried)s
    and (opened_at is not null) = %(open)s
returning id
"""
_log = structlog.get_logger(__name__)


class _Moved(Exception):
    """Undoes the batch: somebody else was faster."""


def begin(house: House, now: datetime) -> int:
    """Make contacts of the callbacks whose slot has begun; how many."""
    c = callbacks.c
    begun = _found(house, (c.state == "open") & c.opened_at.is_(None) & (c.start_at <= now))
    return sum(_told(house, _OPEN, told, opened(told, now), now) for told, _ in begun)


def give_up(house: House, now: datetime) -> int:
    """Fail what was to be called a day ago and is still open; how many."""
    c = callbacks.c
    many = 0
    for told, tried in _found(house, (c.state == "open") & (c.end_at < now - GIVEN_UP)):
        why = f"{tried} attempts" if tried else "not called in time"
        many += _told(house, _FAIL, told, given_up(told, now, why), now, tried)
    if many:
        _log.warning("callbacks were not made in a day: given up", callbacks=many)
    return many


def forget(house: House, now: datetime) -> int:
    """Forget the numbers and names of those that ended a day ago; how many."""
    c, attempts = callbacks.c, callback_attempts.c
    with house.database.engine.begin() as connection:
        old = select(c.id).where(c.ended_at < now - KEPT)
        connection.execute(delete(callback_attempts).where(attempts.callback.in_(old)))
        connection.execute(delete(callbacks).where(c.ended_at < now - KEPT))
        connection.execute(delete(callback_slots).where(callback_slots.c.start_at < now - KEPT))
        ended = update(callbacks).where(c.ended_at < now - REMEMBERED, c.phone.is_not(None))
        return connection.execute(ended.values(phone=None, name=None, number_key=None)).rowcount


def _found(house: House, chosen: ColumnElement[bool]) -> list[tuple[Told, int]]:
    """Callbacks, the oldest first, and how often each was tried."""
    c = callbacks.c
    wanted = select(c.id, c.start_at, c.end_at, c.reason, c.opened_at, c.tried).where(chosen)
    with house.database.engine.connect() as connection:
        rows = connection.execute(wanted.order_by(c.start_at).limit(_AT_ONCE)).all()
    return [
        (Told(row.id, row.start_at, row.end_at, row.reason, row.opened_at is not None), row.tried)
        for row in rows
    ]


def _told(
    house: House, change: str, told: Told, events: list[Event], now: datetime, tried: int = 0
) -> bool:
    """Change the callback and tell the events, both or none; False where it was moved meanwhile."""
    row = {"id": told.id, "open": told.open, "tried": tried, "now": now}

    def move(at: Cursor, _known: Known) -> None:
        if at.execute(change, row).fetchone() is None:
            raise _Moved

    try:
        house.store.write(SOURCE, events, now=now, also=move)
    except _Moved:
        return False
    return True
