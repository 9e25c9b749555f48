"""What became of each message; giving one another chance; forgetting old ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import psycopg
from psycopg.rows import TupleRow, class_row

from app.errors import WrongUse
from app.outbox.queue import OVERTAKEN

Connection = psycopg.Connection[TupleRow]
#: How long what is settled can be looked up.
KEPT = timedelta(days=30)
STATES = ("waiting", "sent", "superseded", "dead")


class Told(msgspec.Struct, frozen=True):
    """One message to one subscriber as people see it; `next_at` counts while it is waiting."""

    id: int
    subscriber: str
    kind: str
    subject: str
    version: int
    state: str
    attempts: int
    announced_at: datetime
    next_at: datetime
    settled_at: datetime | None
    status: int | None
    error: str | None
    message: str


_COLUMNS = ", ".join(Told.__struct_fields__)


def newest(
    connection: Connection,
    subscriber: str | None = None,
    state: str | None = None,
    limit: int = 100,
) -> tuple[Told, ...]:
    """Messages, newest first.  Raises WrongUse for a state that there is not."""
    if state is not None and state not in STATES:
        raise WrongUse(f"no state «{state}»: there are {', '.join(STATES)}")
    query = f"""
        select {_COLUMNS} from webhook_deliveries
        where (%(subscriber)s::text is null or subscriber = %(subscriber)s)
            and (%(state)s::text is null or state = %(state)s)
        order by id desc limit %(limit)s
    """
    with connection.cursor(row_factory=class_row(Told)) as cursor:
        told = {"subscriber": subscriber, "state": state, "limit": limit}
        return tuple(cursor.execute(query.encode(), told))


def counts(connection: Connection) -> Mapping[str, dict[str, int]]:
    """By subscriber, also one without any: how many of its messages are in each state."""
    query = """
        select name, state, count(*) from webhook_subscribers
        join webhook_deliveries on subscriber = name
        group by 1, 2
    """
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(STATES, 0))
    for name, state, count in connection.execute(query):
        found[name][state] = count
    return found


def replay(
    connection: Connection, subscriber: str, now: datetime, delivery: int | None = None
) -> int:
    """Send again what was given up, or that one `delivery`, sent or dead; how many.

    What a newer version has overtaken is not sent again.  The subscriber's rest ends.
    """
    told = {"subscriber": subscriber, "now": now, "id": delivery}
    count = connection.execute(_REPLAY, told).rowcount
    connection.execute(
        "update webhook_subscribers set not_before = null where name = %(subscriber)s", told
    )
    return count


def forget(connection: Connection, now: datetime) -> int:
    """Drop what was settled long ago, and what nobody is there for any more; how many."""
    query = """
        delete from webhook_deliveries
        where settled_at < %s or subscriber not in (select name from webhook_subscribers)
    """
    return connection.execute(query, [now - KEPT]).rowcount


_REPLAY = f"""
    update webhook_deliveries d
    set state = 'waiting', attempts = 0, next_at = %(now)s, settled_at = null
    where subscriber = %(subscriber)s and not {OVERTAKEN}
        and case when %(id)s::bigint is null then state = 'dead'
            else id = %(id)s and state in ('dead', 'sent') end
"""
