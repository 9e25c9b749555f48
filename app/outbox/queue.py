"""Which message is next, and for whom: any number of senders, one at a time for each subscriber.

A sender holds a subscriber by a lease, renewed before every attempt and by far longer than one
takes; who lost it writes nothing down.  Of a subject only the newest version is sent: what it
has overtaken is settled as superseded first.  So a subscriber is never sent an older version
after a newer one, except by a sender that was stopped in the middle of an attempt: receivers
compare versions.  Time is the server's for leases, the caller's for what is due.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import psycopg
from psycopg.rows import TupleRow, class_row

from app.outbox.errors import LeaseLost
from app.outbox.schedule import Next, Outcome
from app.outbox.subscribers import Subscriber, one

Connection = psycopg.Connection[TupleRow]
#: How long a sender that says nothing keeps a subscriber.
LEASE_S = 25.0
ERROR_CHARS = 300


class Delivery(msgspec.Struct, frozen=True):
    """One message to one subscriber; `attempts` made before."""

    id: int
    message: str
    kind: str
    subject: str
    version: int
    body: bytes
    attempts: int


def claim(
    connection: Connection, sender: str, now: datetime, lease_s: float = LEASE_S
) -> Subscriber | None:
    """Take a subscriber that has something due and that nobody has; None where there is none."""
    told = {"sender": sender, "now": now, "lease_s": lease_s}
    row = connection.execute(_CLAIM, told).fetchone()
    return None if row is None else one(connection, row[0])


def following(
    connection: Connection, name: str, sender: str, now: datetime, lease_s: float = LEASE_S
) -> Delivery | None:
    """Renew the lease and take the next message that is due.  Raises LeaseLost."""
    told = {"name": name, "sender": sender, "now": now, "lease_s": lease_s}
    if connection.execute(_RENEW, told).rowcount != 1:
        raise LeaseLost(f"another sender has {name}")
    connection.execute(_SUPERSEDE, told)
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(_NEXT, told).fetchone()


def settle(
    connection: Connection,
    name: str,
    sender: str,
    delivery: Delivery,
    outcome: Outcome,
    then: Next,
    now: datetime,
) -> None:
    """Write down how the attempt ended.  Raises LeaseLost: then it is not written."""
    told = {
        "name": name, "sender": sender, "id": delivery.id, "state": then.state,
        "next_at": then.next_at, "status": outcome.status, "rest_until": then.rest_until,
        "error": None if outcome.error is None else outcome.error[:ERROR_CHARS],
        "settled_at": None if then.state == "waiting" else now,
    }  # fmt: skip
    if connection.execute(_SETTLE, told).rowcount != 1:
        raise LeaseLost(f"another sender has {name}")


def let_go(connection: Connection, name: str, sender: str) -> None:
    """Give the subscriber back."""
    connection.execute(
        "update webhook_subscribers set lease = null, leased_until = null"
        " where name = %s and lease = %s",
        [name, sender],
    )


# The row lock makes of two senders one: the other skips it, or reads the new lease.
_CLAIM = """
    with due as (
        select name from webhook_subscribers s
        where (leased_until is null or leased_until < clock_timestamp())
            and (not_before is null or not_before <= %(now)s)
            and exists (
                select from webhook_deliveries d
                where d.subscriber = s.name and d.state = 'waiting' and d.next_at <= %(now)s
            )
        order by leased_until nulls first, name
        limit 1
        for update skip locked
    )
    update webhook_subscribers s
    set lease = %(sender)s, leased_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
    from due where s.name = due.name
    returning s.name
"""

_HELD = "name = %(name)s and lease = %(sender)s and leased_until > clock_timestamp()"

_RENEW = f"""
    update webhook_subscribers
    set leased_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
    where {_HELD}
"""

# A newer version was announced, whatever became of it: the older one is of no use any more.
OVERTAKEN = """exists (
    select from webhook_deliveries newer
    where newer.subscriber = d.subscriber and newer.subject = d.subject
        and newer.version > d.version
)"""

_SUPERSEDE = f"""
    update webhook_deliveries d set state = 'superseded', settled_at = %(now)s
    where subscriber = %(name)s and state = 'waiting' and {OVERTAKEN}
"""

_NEXT = """
    select id, message, kind, subject, version, body, attempts from webhook_deliveries
    where subscriber = %(name)s and state = 'waiting' and next_at <= %(now)s
    order by next_at, id
    limit 1
"""

_SETTLE = f"""
    with held as (
        update webhook_subscribers
        set failures = case when %(error)s::text is null then 0 else failures + 1 end,
            not_before = %(rest_until)s
        where {_HELD}
        returning name
    )
    update webhook_deliveries
    set state = %(state)s, attempts = attempts + 1, next_at = %(next_at)s, status = %(status)s,
        error = %(error)s, settled_at = %(settled_at)s
    from held
    where id = %(id)s and subscriber = held.name and state = 'waiting'
"""
