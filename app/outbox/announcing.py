"""A change → a message to each who wants to know, in the transaction of the change.

It is told if the change is committed, and not told if it is not: nothing is sent from here.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import psycopg
from psycopg.rows import TupleRow

#: Longer ones have no place in a webhook.
BODY_BYTES = 64 << 10

_ANNOUNCE = """
    insert into webhook_deliveries
        (subscriber, message, kind, subject, version, body, announced_at, next_at)
    select name, %(message)s, %(kind)s, %(subject)s, %(version)s, %(body)s, %(now)s, %(now)s
    from webhook_subscribers
    where kinds = '{}' or %(kind)s = any (kinds)
    on conflict (subscriber, subject, version) do nothing
"""


def announce(
    connection: psycopg.Connection[TupleRow],
    kind: str,
    subject: str,
    version: int,
    body: bytes,
    now: datetime,
) -> None:
    """Have the subscribers of `kind` told that `subject` is now as `body` says.

    `version` grows with every change of the subject; announcing one twice tells it once.
    Without a subscriber there is no row.  Raises ValueError for a body over 64 KiB.
    """
    if len(body) > BODY_BYTES:
        raise ValueError(f"{kind} {subject}: a message has at most {BODY_BYTES} bytes")
    told = {"kind": kind, "subject": subject, "version": version, "body": body, "now": now}
    connection.execute(_ANNOUNCE, told | {"message": f"msg_{uuid4().hex}"})
