"""What could not be used, why, and how it gets in after all.

The store keeps a refused record as it came, once a (source, bytes, reason).  Here it is
counted, listed, shown, parsed again (`replay`: idempotent, with a dry run) and forgotten
(`purge`; `sweep` by itself after :data:`KEPT`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, select, update

from ingest.connector import (
    Connector,
    Parsed,
    Source,
    StampedConnector,
    WebhookConnector,
    connector_named,
)
from ingest.errors import IngestError, RejectedEvent, WrongFormat
from ingest.events import Event, Rejected, check
from ingest.ledger import Ledger
from ingest.reasons import REASONS as REASONS
from ingest.schema import quarantine, sources
from ingest.store import Store

#: What nobody could use by then is personal data without a purpose.
KEPT = timedelta(days=30)


class NotInQuarantine(IngestError):
    """No such entry; the message says how to list those that are there."""


class Entry(msgspec.Struct, frozen=True):
    """One refused record; `raw` is what came."""

    id: int
    source: str
    reason: str
    detail: str
    received_at: datetime
    replayed_at: datetime | None
    raw: bytes


@runtime_checkable
class AgainConnector(Connector, Protocol):
    """A file's connector that can parse one of its refused records by itself."""

    def again(self, raw: bytes, source: Source) -> Iterable[Parsed]:
        """The events of the record, or Rejected once more."""


class Replayed(msgspec.Struct, frozen=True):
    """What a replay did with one entry: the events it gave, how many of them were new to the
    store, or why it is refused still."""

    id: int
    source: str
    reason: str
    events: int
    new: int
    still_refused: str | None


class Pile(msgspec.Struct, frozen=True):
    """How many entries of a source wait for one reason, and since when."""

    source: str
    reason: str
    waiting: int
    first_at: datetime
    last_at: datetime


def piles(connection: Connection) -> list[Pile]:
    """What waits, by reason and source."""
    c = quarantine.c
    query = (
        select(c.source, c.reason, func.count(), func.min(c.received_at), func.max(c.received_at))
        .where(c.replayed_at.is_(None))
        .group_by(c.source, c.reason)
        .order_by(c.reason, c.source)
    )
    return [Pile(*row) for row in connection.execute(query)]


def entries(
    connection: Connection,
    *,
    source: str | None = None,
    reason: str | None = None,
    replayed: bool = False,
    limit: int | None = None,
    before: int | None = None,
    oldest: bool = False,
) -> list[Entry]:
    """The newest entries first (or the oldest); those replayed already only where asked.

    `before` is an id: only older entries than that one.
    """
    c = quarantine.c
    query = select(quarantine).order_by(c.id if oldest else c.id.desc()).limit(limit)
    for wanted in _wanted(source, reason, before):
        query = query.where(wanted)
    if not replayed:
        query = query.where(c.replayed_at.is_(None))
    return [_entry(row) for row in connection.execute(query)]


def _wanted(
    source: str | None, reason: str | None, before: int | None
) -> Iterable[ColumnElement[bool]]:
    c = quarantine.c
    if source is not None:
        yield c.source == source
    if reason is not None:
        yield c.reason == reason
    if before is not None:
        yield c.id < before


def entry(connection: Connection, id: int) -> Entry:
    """One entry.  Raises NotInQuarantine."""
    row = connection.execute(select(quarantine).where(quarantine.c.id == id)).one_or_none()
    if row is None:
        raise NotInQuarantine(f"no entry {id} in quarantine: see `vigie quarantine list`")
    return _entry(row)


def connector_of(connection: Connection, source: str) -> str:
    """The connector that last wrote the source.  Raises NotInQuarantine for an unknown one."""
    found = connection.execute(
        select(sources.c.connector).where(sources.c.source == source)
    ).scalar()
    if found is None:
        raise NotInQuarantine(f"nothing was ever received from a source «{source}»")
    return str(found)


def replay(
    store: Store,
    engine: Engine,
    chosen: Sequence[Entry],
    source_named: Callable[[str], Source],
    *,
    now: datetime,
    dry_run: bool = False,
) -> list[Replayed]:
    """Parse the entries again and store what is good now, each in its own transaction.

    An entry replayed already is left alone; one that is refused again stays as it is.  A crash
    between storing and marking is harmless: the next replay stores nothing twice.
    """
    done = []
    for one in chosen:
        if one.replayed_at is None:
            source = source_named(one.source)
            events, refused = _again(one, source, now)
            written = Ledger()
            if refused is None and not dry_run:
                written = store.write(source, events, now=now)
                refused = _settled(engine, one, written, now)
            done.append(Replayed(one.id, one.source, one.reason, len(events), written.new, refused))
    return done


def count_before(engine: Engine, before: datetime) -> int:
    """How many a purge would forget."""
    query = select(func.count()).where(quarantine.c.received_at < before)
    with engine.connect() as connection:
        return connection.execute(query.select_from(quarantine)).scalar_one()


def purge(engine: Engine, before: datetime) -> int:
    """Forget the entries received before; how many there were."""
    with engine.begin() as connection:
        return connection.execute(
            delete(quarantine).where(quarantine.c.received_at < before)
        ).rowcount


def sweep(engine: Engine, now: datetime, kept: timedelta = KEPT) -> int:
    """Forget what was kept long enough; any number of workers may, as often as they like."""
    return purge(engine, now - kept)


def _again(one: Entry, source: Source, now: datetime) -> tuple[list[Event], str | None]:
    """The events of the entry's bytes, and why it is still refused, if it is."""
    if one.reason == "id_conflict":
        return [], REASONS[one.reason].remedy["en"]
    try:
        parsed = _parsed(one, source)
    except IngestError as error:
        return [], str(error)
    except Exception as error:  # the connector's bug must not cost the neighbours their replay
        return [], f"the connector failed: {type(error).__name__}: {error}"
    events = [each for each in parsed if isinstance(each, Event)]
    refused = [why for each in parsed if (why := _refusal(each, now))]
    if not parsed:
        refused = ["the connector finds no event in it"]
    return events, refused[0] if refused else None


def _refusal(parsed: Parsed, now: datetime) -> str | None:
    """Why the record would be refused again; asked before storing, so the ledger stays as it is."""
    if isinstance(parsed, Rejected):
        return f"{parsed.reason}: {parsed.detail}"
    try:
        check(parsed, now)
    except RejectedEvent as error:
        return str(error)
    return None


def _parsed(one: Entry, source: Source) -> list[Parsed]:
    """What was refused by the store is an event in JSON; the rest is for the connector."""
    try:
        return [msgspec.json.decode(one.raw, type=Event)]
    except (msgspec.DecodeError, UnicodeDecodeError):
        connector = connector_named(source.connector)
    if isinstance(connector, AgainConnector):
        return list(connector.again(one.raw, source))
    if isinstance(connector, StampedConnector):
        return list(connector.parse_at(source, one.raw, one.received_at))
    if isinstance(connector, WebhookConnector):
        return list(connector.parse(source, one.raw))
    raise WrongFormat(f"{source.connector} cannot parse a single record: fetch it from the source")


def _settled(engine: Engine, one: Entry, written: Ledger, now: datetime) -> str | None:
    """Mark the entry as replayed, unless the store refused some of it; then say so."""
    if written.quarantined:
        return "the store refuses it still"
    with engine.begin() as connection:
        connection.execute(
            update(quarantine).where(quarantine.c.id == one.id).values(replayed_at=now)
        )
    return None


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    found = row._mapping
    return Entry(**{name: found[name] for name in Entry.__struct_fields__})
