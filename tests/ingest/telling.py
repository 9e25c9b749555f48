"""A short way to tell a thread's story in a test: «at second 30 the call was answered»."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event
from ingest.ledger import Ledger
from ingest.schema import contacts
from ingest.store import Store

NINE = datetime(2026, 11, 16, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = b"a key for tests"

Contact = dict[str, object]


def told(second: float, kind: str, contact: str = "c1", **fields: object) -> Event:
    """An event `second` seconds after nine; its id says what it is."""
    channel = str(fields.pop("channel", "phone"))
    event_id = str(fields.pop("event_id", f"{contact}/{kind}@{second}"))
    return Event(
        event_id=event_id,
        occurred_at=NINE + timedelta(seconds=second),
        kind=kind,
        contact_id=contact,
        channel=channel,
        **fields,  # type: ignore[arg-type]
    )


def source(name: str = "pbx") -> Source:
    return Source(name, "test")


def store(database: Database) -> Store:
    """A store that its followers ride on, as in the product."""
    from kpis.rollup import followers

    return Store(database, followers(), key=KEY)


def keep(database: Database, events: Sequence[Event], name: str = "pbx") -> Ledger:
    return store(database).write(source(name), events, now=NOW)


def contacts_of(database: Database, name: str = "pbx") -> list[Contact]:
    """The contacts of a source in order, without what names the source."""
    query = (
        select(*[c for c in contacts.columns if c.name not in ("thread_key", "source")])
        .where(contacts.c.source == name)
        .order_by(contacts.c.contact_id, contacts.c.turn)
    )
    with database.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def only(found: list[Contact]) -> Contact:
    assert len(found) == 1, found
    return found[0]


def at(second: float) -> datetime:
    return NINE + timedelta(seconds=second)
