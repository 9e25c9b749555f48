"""What ends by itself: callbacks that nobody made, numbers that nobody needs any more.

Any number of processes may do it as often as they like.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update

from app.bootstrap import House
from app.callback_desk.facts import SOURCE, Told, given_up
from app.callback_desk.schema import callback_attempts, callback_slots, callbacks
from ingest.store import Cursor, Known

#: So long after its slot nobody calls any more.
GIVEN_UP = timedelta(hours=24)
#: So long after its end a number may still be needed, for an end that was a slip of the finger.
REMEMBERED = timedelta(hours=24)
#: What nobody is recognised by any more is kept as long as contacts are: thirteen months.
KEPT = timedelta(days=396)
_AT_ONCE = 1_000

_FAIL = """
update callbacks set state = 'failed', ended_at = %(now)s
where id = %(id)s and state = 'open' and tried = %(tried)s returning id
"""
_log = structlog.get_logger(__name__)


class _Moved(Exception):
    """Undoes the batch: somebody has called meanwhile."""


def give_up(house: House, now: datetime) -> int:
    """Fail what was to be called a day ago and is still open; how many."""
    c = callbacks.c
    overdue = select(c.id, c.start_at, c.end_at, c.reason, c.tried).where(
        c.state == "open", c.end_at < now - GIVEN_UP
    )
    with house.database.engine.connect() as connection:
        rows = connection.execute(overdue.order_by(c.end_at).limit(_AT_ONCE)).all()
    ended = [_fail(house, Told(*told), tried, now) for *told, tried in rows]
    if many := sum(ended):
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


def _fail(house: House, told: Told, tried: int, now: datetime) -> bool:
    def move(at: Cursor, _known: Known) -> None:
        row = {"id": told.id, "tried": tried, "now": now}
        if at.execute(_FAIL, row).fetchone() is None:
            raise _Moved

    why = f"{tried} attempts" if tried else "not called in time"
    try:
        house.store.write(SOURCE, [given_up(told, now, why)], now=now, also=move)
    except _Moved:
        return False
    return True
