"""The e-mails to be sent: a row each, taken under a lease by one sender, settled once.

A sender that dies in the middle leaves a row that is sent again after its lease, under the same
Message-ID: mail servers and readers take the two for one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import msgspec
import psycopg
from psycopg.rows import class_row

from app.alerts.records import Connection, Firing

#: How long a sender that says nothing keeps a row: longer than an attempt may take.
LEASE_S = 60.0
ERROR_CHARS = 300
#: How long it can be looked up who was mailed.
KEPT = timedelta(days=30)


class Mail(msgspec.Struct, frozen=True):
    """One e-mail to one person; `attempts` with this one."""

    id: int
    firing: int
    recipient: str
    message: str
    attempts: int


def put(connection: Connection, firing: Firing, now: datetime) -> None:
    """Write one to everybody whom the alert mails; once, however often it is called."""
    for recipient in firing.alert.mail:
        connection.execute(
            "insert into alert_mails (firing, recipient, message, written_at, next_at)"
            " values (%s, %s, %s, %s, %s) on conflict (firing, recipient) do nothing",
            [firing.id, recipient, f"{uuid4().hex}@vigie", now, now],
        )


def take(
    connection: Connection, sender: str, now: datetime, lease_s: float = LEASE_S
) -> Mail | None:
    """The next that is due and that nobody has."""
    told = {"sender": sender, "now": now, "lease_s": lease_s}
    with connection.cursor(row_factory=class_row(Mail)) as cursor:
        return cursor.execute(_TAKE, told).fetchone()


def settle(
    connection: Connection, mail: Mail, sender: str, state: str, next_at: datetime,
    error: str | None, now: datetime,
) -> bool:  # fmt: skip
    """Write down how the attempt ended; False: the lease was over and it is somebody else's."""
    done = connection.execute(
        "update alert_mails set state = %s, next_at = %s, error = %s, settled_at = %s,"
        " lease = null, leased_until = null where id = %s and lease = %s and state = 'waiting'",
        [
            state, next_at, error and error[:ERROR_CHARS], None if state == "waiting" else now,
            mail.id, sender,
        ],
    )  # fmt: skip
    return done.rowcount == 1


def forget(connection: Connection, now: datetime) -> int:
    """Drop the addresses of those who were mailed long ago; how many."""
    done = connection.execute("delete from alert_mails where settled_at < %s", [now - KEPT])
    return done.rowcount


def counts(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, int]:
    """How many are in each state."""
    found = connection.execute("select state, count(*) from alert_mails group by 1")
    return {str(state): int(str(many)) for state, many in found}


_TAKE = """
    with due as (
        select id from alert_mails
        where state = 'waiting' and next_at <= %(now)s
            and (leased_until is null or leased_until < clock_timestamp())
        order by next_at, id limit 1
        for update skip locked
    )
    update alert_mails m
    set lease = %(sender)s, attempts = attempts + 1,
        leased_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
    from due where m.id = due.id
    returning m.id, m.firing, m.recipient, m.message, m.attempts
"""
