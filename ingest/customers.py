"""Customers as people see them: by masked identities, with their contacts on all channels.

A customer's key is the least of its identities' keys.  It may change as more is learnt; the key
of any identity, hence any key that the customer ever had, still leads to it.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import psycopg
from psycopg.rows import TupleRow, class_row
from sqlalchemy import Connection

from ingest.components import STRONG
from ingest.errors import IngestError
from ingest.statements import statements

_SQL = statements("customers.sql")


class NoSuchCustomer(IngestError):
    """No identity of that key is anybody's."""

    def __init__(self, key: int) -> None:
        super().__init__(f"no customer {key}: `vigie customers list` shows those there are")


class Known(msgspec.Struct, frozen=True):
    """An identity of a customer, masked; `threads` told it."""

    identity_key: int
    kind: str
    masked: str
    ambiguous: bool
    threads: int


class Moment(msgspec.Struct, frozen=True):
    """One contact of a customer.  Durations in ms; `thread_key` and `turn` name it.

    `previous_…`: the request of the same customer before it, that came `since_ms` earlier.
    """

    source: str
    channel: str
    direction: str
    queue: str | None
    reason: str | None
    segment: str | None
    outcome: str | None
    began_at: datetime
    offered_at: datetime | None
    answered_at: datetime | None
    resolved_at: datetime | None
    last_at: datetime
    wait_ms: int | None
    talk_ms: int | None
    thread_key: int
    turn: int
    previous_thread_key: int | None
    previous_turn: int | None
    previous_channel: str | None
    previous_outcome: str | None
    since_ms: int | None


class Merge(msgspec.Struct, frozen=True):
    """`customer_key` became part of `into_key`: by what that thread told, or by decision."""

    at: datetime
    customer_key: int
    into_key: int
    thread_key: int | None
    decision_id: int | None


class Customer(msgspec.Struct, frozen=True):
    """A person: `contacts` counts all of them, `timeline` has the newest first."""

    key: int
    identities: list[Known]
    contacts: int
    first_at: datetime | None
    last_at: datetime | None
    timeline: list[Moment]
    merges: list[Merge]


class Line(msgspec.Struct, frozen=True):
    """A customer in a list."""

    customer_key: int
    contacts: int
    last_at: datetime
    identities: int
    known_by: str


class Conflict(msgspec.Struct, frozen=True):
    """An identity that ties its customer to others, who were not merged."""

    identity_key: int
    kind: str
    masked: str
    customer_key: int
    ambiguous: bool
    others: list[int]
    threads: int


class Crowd(msgspec.Struct, frozen=True):
    """An identity of so many people that it tells of nobody."""

    identity_key: int
    kind: str
    masked: str
    threads: int


def whose(connection: Connection, key: int) -> int:
    """The customer of that key, or of the identity of that key.  Raises NoSuchCustomer."""
    with _raw(connection).cursor() as at:
        row = at.execute(_SQL["whose"], {"key": key}).fetchone()
    if row is None:
        raise NoSuchCustomer(key)
    return int(row[0])


def customer(
    connection: Connection, key: int, *, limit: int = 100, before: datetime | None = None
) -> Customer:
    """The customer with at most `limit` contacts that began before.  Raises NoSuchCustomer."""
    found = whose(connection, key)
    raw, words = _raw(connection), {"customer": found, "limit": limit, "before": before}
    with raw.cursor(row_factory=class_row(Known)) as at:
        identities = at.execute(_SQL["identities"], words).fetchall()
    with raw.cursor(row_factory=class_row(Moment)) as at:
        timeline = at.execute(_SQL["timeline"], words).fetchall()
    with raw.cursor(row_factory=class_row(Merge)) as at:
        keys = {"keys": [one.identity_key for one in identities]}
        merges = at.execute(_SQL["merges"], keys).fetchall()
    with raw.cursor() as at:
        number = at.execute(_SQL["number"], words).fetchone()
    assert number is not None
    contacts, first_at, last_at = number
    return Customer(found, identities, contacts, first_at, last_at, timeline, merges)


def customers(connection: Connection, *, key: int | None = None, limit: int = 100) -> list[Line]:
    """Those with the most contacts first; or the one only."""
    words = {"customer": None if key is None else whose(connection, key), "limit": limit}
    with _raw(connection).cursor(row_factory=class_row(Line)) as at:
        return at.execute(_SQL["list"], words).fetchall()


def conflicts(connection: Connection, *, limit: int = 100) -> list[Conflict]:
    """What would have merged customers with strong keys of their own, and did not."""
    with _raw(connection).cursor(row_factory=class_row(Conflict)) as at:
        return at.execute(_SQL["conflicts"], {"strong": list(STRONG), "limit": limit}).fetchall()


def crowds(connection: Connection, *, limit: int = 100) -> list[Crowd]:
    """Identities of many people; the contacts that tell nothing else are nobody's."""
    with _raw(connection).cursor(row_factory=class_row(Crowd)) as at:
        return at.execute(_SQL["shared"], {"limit": limit}).fetchall()


def news(connection: Connection) -> str:
    """A mark that changes when contacts are told and when it is known whose they are."""
    with _raw(connection).cursor() as at:
        row = at.execute(_SQL["news"]).fetchone()
    assert row is not None
    return str(row[0])


def _raw(connection: Connection) -> psycopg.Connection[TupleRow]:
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found
