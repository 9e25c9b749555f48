"""Generated contacts: a history of any size for benchmarks, straight into the tables.

Not by events: a million contacts take a minute so, and an hour through every door.  All that
follows of contacts (links, rollups) is made by the statements of the product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from ingest.database import Database
    from ingest.events import Identity

#: The key of the store whose customers the generated ones are.
KEY = b"generated"
#: Customers are known of the contacts of the last days only, as where identities are forgotten.
KNOWN_DAYS = 30
#: Contacts in one statement.
_PART = 500_000
_DRAW = """
create or replace function draw(bigint, bigint) returns double precision
language sql immutable parallel safe return
    (hashint8extended($1, $2) & 1048575)::double precision / 1048576
"""
#: Made after the rows: a third of the time.
_LATER = ("pk_contacts", "ix_contacts_offered_at", "ix_contacts_open")


@dataclass(frozen=True, slots=True)
class History:
    """`contacts` over the `days` before `now`; of the last 30 days the customers are known, of
    whom each has come four times.
    """

    contacts: int
    days: int
    now: datetime

    @property
    def customers(self) -> int:
        """How many are known."""
        return max(1, self.contacts * min(KNOWN_DAYS, self.days) // self.days // 4)

    @property
    def known_since(self) -> datetime:
        """From when on contacts are known customers'."""
        return self.now - timedelta(days=min(KNOWN_DAYS, self.days))


def generate(database: Database, history: History, *, customers: bool = True) -> None:
    """Fill an empty database: contacts, whose they are, links, rollups, days of events."""
    with database.connect() as connection:
        _days(connection, history)
        connection.execute(_DRAW)
        connection.execute("set local jit = off")
        _contacts(connection, history)
        if customers:
            _customers(connection, history)
        connection.commit()
    _follow(database)
    with database.connect(autocommit=True) as connection:
        connection.execute("vacuum analyze")


def phone_of(customer: int) -> Identity:
    """The identity of a generated customer, as a source would tell it."""
    from ingest.events import Identity

    return Identity("phone", f"+336{customer:08d}")


def _days(connection: psycopg.Connection[TupleRow], history: History) -> None:
    """The partitions of events that so long a history has: readers pay for them."""
    from ingest.partitions import ensure_days

    day: date = history.now.astimezone(UTC).date()
    ensure_days(
        connection, [str(day - timedelta(days=back)) for back in range(-1, history.days + 1)]
    )


def _contacts(connection: psycopg.Connection[TupleRow], history: History) -> None:
    later = [_definition(connection, name) for name in _LATER]
    connection.execute("alter table contacts drop constraint pk_contacts")
    for name in _LATER[1:]:
        connection.execute(f"drop index {name}".encode())
    for first in range(1, history.contacts + 1, _PART):
        last = min(first + _PART - 1, history.contacts)
        asked = {"first": first, "last": last, "now": history.now, "days": history.days}
        connection.execute(_statement("contacts"), asked)
    for definition in later:
        connection.execute(definition.encode())
    connection.execute(
        "alter table contacts add constraint pk_contacts primary key using index pk_contacts"
    )
    connection.execute("analyze contacts")


def _definition(connection: psycopg.Connection[TupleRow], index: str) -> str:
    found = connection.execute("select indexdef from pg_indexes where indexname = %s", [index])
    row = found.fetchone()
    assert row is not None
    return str(row[0])


def _customers(connection: psycopg.Connection[TupleRow], history: History) -> None:
    connection.execute(
        "create temp table generated_customers"
        " (number integer, identity_key bigint, hash text, masked text) on commit drop"
    )
    rows = "".join(_customer(number) for number in range(history.customers))
    with connection.cursor().copy("copy generated_customers from stdin") as copy:
        copy.write(rows)
    connection.execute("analyze generated_customers")
    asked = {"customers": history.customers, "since": history.known_since}
    for name in ("ties", "customers", "owners"):
        connection.execute(_statement(name), asked if name == "ties" else None)
    # By name: a statement that looked at ten years of days of events would lock them all.
    connection.execute("analyze contacts, identities, thread_identities, thread_customers")


def _customer(number: int) -> str:
    from ingest.identity import sealed

    told = sealed(phone_of(number), sha256(KEY).digest())
    assert told is not None
    _kind, hash_, masked = told
    key = int(hash_[:16], 16)
    return f"{number}\t{key - (1 << 64) if key >> 63 else key}\t{hash_}\t{masked}\n"


def _follow(database: Database) -> None:
    """Links and rollups, by the product's own statements."""
    from kpis.rollup import rebuild

    with database.apart() as connection:
        connection.exec_driver_sql("set local jit = off")
        rebuild(connection)


@cache
def _statements() -> dict[str, bytes]:
    whole = files("app").joinpath("generated.sql").read_text()
    return dict(_named(whole))


def _named(whole: str) -> Iterator[tuple[str, bytes]]:
    for part in whole.split("\n-- :")[1:]:
        name, _, statement = part.partition("\n")
        yield name, statement.encode()


def _statement(name: str) -> bytes:
    return _statements()[name]
