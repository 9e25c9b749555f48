"""The access log: who looked at which customer, when and from where; kept for twelve months.

A look from a page that stays open is one look: it is written down again only when a quarter of
an hour has passed.  An access names the customer's key, never an identity.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import psycopg
from psycopg.rows import TupleRow, class_row
from sqlalchemy import Connection

from ingest.customers import whose
from ingest.statements import statements

KEPT_MONTHS = 12
#: A page that is read again within this time is still the same look.
ONE_LOOK = timedelta(minutes=15)
_SQL = statements("accesses.sql")


class Access(msgspec.Struct, frozen=True):
    """One look at one customer.  `way`: api, command or page; `page`: where it came from."""

    at: datetime
    actor: str
    customer_key: int
    way: str
    page: str | None


def note_access(
    connection: Connection,
    customer_key: int,
    *,
    actor: str,
    way: str,
    now: datetime,
    page: str | None = None,
) -> bool:
    """Write down who looked at whom; whether it was a look of its own.  Commits nothing."""
    words = {
        "now": now, "actor": actor, "customer": customer_key, "way": way, "page": page,
        "since": now - ONE_LOOK,
    }  # fmt: skip
    with _raw(connection).cursor() as at:
        return at.execute(_SQL["note"], words).rowcount == 1


def accesses(
    connection: Connection,
    *,
    customer: int | None = None,
    actor: str | None = None,
    limit: int = 100,
) -> list[Access]:
    """The looks, the newest first: at one customer, by one person, or all of them.

    Also the looks at whoever became part of the customer since.  Raises NoSuchCustomer.
    """
    key = None if customer is None else whose(connection, customer)
    words = {"customer": key, "actor": actor, "limit": limit}
    with _raw(connection).cursor(row_factory=class_row(Access)) as at:
        return at.execute(_SQL["log"], words).fetchall()


def forget_accesses(connection: Connection, now: datetime, months: int = KEPT_MONTHS) -> int:
    """Drop what is older than so many months; how many looks that were.  Commits nothing."""
    with _raw(connection).cursor() as at:
        return at.execute(_SQL["forget"], {"now": now, "months": months}).rowcount


def _raw(connection: Connection) -> psycopg.Connection[TupleRow]:
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found
