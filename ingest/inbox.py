"""The inbox: what was pushed is durable before anybody reads it, and is settled exactly once.

``take`` (commit: now the sender may have its 2xx) → ``settle``: parse, then store and remove
from the inbox in one transaction.  Whoever takes a delivery settles it at once; what is left,
because its process died or the database went, is settled by any
:class:`~ingest.sweeper.Sweeper` once the lease has run out.  Where two settle the same one by
chance, the second undoes its batch.

A reader that raises costs its delivery only: the bytes go to quarantine.  So does a delivery
that was begun :data:`ATTEMPTS` times and never read to its end: it kills its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

import msgspec
import psycopg
import structlog
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DataError, SQLAlchemyError

from ingest.connector import (
    Parsed,
    Source,
    StampedConnector,
    WebhookConnector,
    connector_named,
)
from ingest.database import Database
from ingest.errors import IngestError, RejectedEvent
from ingest.events import Event, Rejected, check
from ingest.failpoint import reach
from ingest.ledger import Ledger
from ingest.schema import inbox
from ingest.stage import raw_of
from ingest.store import Cursor, Known, Store

#: Begun so often and never read to the end: it is not read again.
ATTEMPTS = 3
#: A body of a mebibyte holds no more facts; it may hold half a million of nothing.
MOST = 10_000
#: Longer than anybody who lives is at one delivery.
LEASE = timedelta(seconds=30)
#: What settling raises where it is not the delivery's fault: it stays in the inbox.
AWAY = (psycopg.Error, SQLAlchemyError, IngestError)

_OF_A_VALUE = (psycopg.DataError, DataError)
_log = structlog.get_logger(__name__)


class SettledElsewhere(IngestError):
    """Another was faster: what the delivery tells is stored, and was counted there."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One body as it came.  `attempts`: how often a reader has begun and not come to the end."""

    id: int
    source: str
    connector: str
    body: bytes
    received_at: datetime
    attempts: int


class Fate(msgspec.Struct, frozen=True):
    """What became of one record: new, duplicate, superseded, conflict or refused; and why."""

    told: Parsed
    became: str
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery, as a whole and record by record, in its own order."""

    ledger: Ledger
    fates: list[Fate]


class Inbox:
    """Deliveries on their way to the store; any number of threads and processes may share it."""

    def __init__(self, database: Database, store: Store, lease: timedelta = LEASE) -> None:
        self._engine = database.engine
        self._store = store
        self._lease = lease

    def take(self, source: Source, body: bytes, now: datetime) -> Delivery:
        """Keep a delivery for good; its taker has the lease to settle it.

        Raises one of AWAY: whether it was kept is not known then, and telling it again counts once.
        """
        row = insert(inbox).values(
            source=source.name, connector=source.connector, body=body,
            received_at=now, due_at=now + self._lease, attempts=1,
        )  # fmt: skip
        with self._engine.begin() as connection:
            taken = connection.execute(row.returning(*_DELIVERY)).one()
        reach("received")
        return Delivery(*taken)

    def settle(self, source: Source, delivery: Delivery) -> Settled:
        """Store what a delivery tells and remove it, both or neither.  Raises one of AWAY."""
        return self._keep(source, delivery, read(source, delivery))

    def claim(self, now: datetime) -> Delivery | None:
        """The delivery that is overdue longest, with a new lease; None where there is none.

        Nobody waits for a row that another is claiming.
        """
        overdue = (
            select(inbox.c.id)
            .where(inbox.c.due_at <= now)
            .order_by(inbox.c.due_at, inbox.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        claimed = (
            update(inbox)
            .where(inbox.c.id == overdue)
            .values(attempts=inbox.c.attempts + 1, due_at=now + self._lease)
            .returning(*_DELIVERY)
        )
        with self._engine.begin() as connection:
            row = connection.execute(claimed).one_or_none()
        return Delivery(*row) if row is not None else None

    def settle_claimed(self, source: Source, delivery: Delivery) -> Settled:
        """As `settle`, for a delivery that its taker left: it may kill whoever reads it."""
        if delivery.attempts > ATTEMPTS:
            why = f"begun {ATTEMPTS} times, and who read it never came to the end"
            return self._keep(source, delivery, [_failed(delivery, why)])
        parsed = read(source, delivery)
        self.was_read(delivery)
        return self._keep(source, delivery, parsed)

    def was_read(self, delivery: Delivery) -> None:
        """From here on a death is not the delivery's fault."""
        with self._engine.begin() as connection:
            connection.execute(update(inbox).where(inbox.c.id == delivery.id).values(attempts=0))

    def waiting(self) -> tuple[int, datetime | None]:
        """How many deliveries are kept and not settled, and since when the oldest."""
        with self._engine.connect() as connection:
            count, oldest = connection.execute(
                select(func.count(), func.min(inbox.c.received_at)).select_from(inbox)
            ).one()
        return count, oldest

    def _keep(self, source: Source, delivery: Delivery, parsed: Sequence[Parsed]) -> Settled:
        try:
            return self._store_and_remove(source, delivery, parsed)
        except AWAY as error:
            if not isinstance(error, _OF_A_VALUE):
                raise
            refused = _unstorable(delivery, error)
        except Exception as error:  # ours, and no reason to hold the delivery for ever
            refused = _unstorable(delivery, error)
        return self._store_and_remove(source, delivery, [refused])

    def _store_and_remove(
        self, source: Source, delivery: Delivery, parsed: Sequence[Parsed]
    ) -> Settled:
        known: dict[str, Sequence[Event]] = {}
        also = partial(_remove, delivery.id, known)
        ledger = self._store.write(source, parsed, now=delivery.received_at, also=also)
        return Settled(ledger, fates(parsed, known))


def read(source: Source, delivery: Delivery) -> list[Parsed]:
    """The records of a delivery, refused where they cannot be stored; never raises."""
    connector = connector_named(source.connector)
    if not isinstance(connector, WebhookConnector):
        return [_failed(delivery, f"{source.connector} reads no deliveries")]
    try:
        if isinstance(connector, StampedConnector):
            told = connector.parse_at(source, delivery.body, delivery.received_at)
        else:
            told = connector.parse(source, delivery.body)
        parsed = list(islice(told, MOST + 1))
    except Exception as error:  # the connector's bug must not cost the delivery
        _log.error("connector failed", source=source.name, exc_info=error)
        return [_failed(delivery, f"the connector failed: {type(error).__name__}: {error}")]
    if len(parsed) > MOST:
        detail = f"over {MOST:,} records in one delivery: send it in parts"
        return [Rejected(reason="too_long", detail=detail, raw=delivery.body)]
    return [_checked(one, delivery.received_at) for one in parsed]


def fates(parsed: Sequence[Parsed], known: Known) -> list[Fate]:
    """What became of each record, from what the store says of those that were no news."""
    verdicts = {_id(event): verdict for verdict, events in known.items() for event in events}
    stands = _greatest(each for each in parsed if isinstance(each, Event))
    return [_fate(each, stands, verdicts) for each in parsed]


def _fate(
    told: Parsed, stands: Mapping[tuple[str, str], Event], verdicts: Mapping[tuple[str, str], str]
) -> Fate:
    if isinstance(told, Rejected):
        return Fate(told, "refused", told.reason, told.detail)
    first = stands[_id(told)]
    became = verdicts.get(_id(told), "new")
    if told is not first:
        became = _beside(told, first)
    if became != "conflict":
        return Fate(told, became)
    detail = "an event of that id is stored already, with another content"
    return Fate(told, became, "id_conflict", detail)


def _beside(told: Event, first: Event) -> str:
    if told.revision < first.revision:
        return "superseded"
    return "duplicate" if told == first else "conflict"


def _greatest(events: Iterable[Event]) -> dict[tuple[str, str], Event]:
    """Of each id the event that counts: the greatest revision, of equal ones the first."""
    found: dict[tuple[str, str], Event] = {}
    for event in events:
        if event.revision > found.setdefault(_id(event), event).revision:
            found[_id(event)] = event
    return found


def _id(event: Event) -> tuple[str, str]:
    return event.contact_id, event.event_id


def _checked(told: Parsed, now: datetime) -> Parsed:
    if isinstance(told, Rejected):
        return told
    try:
        check(told, now)
    except RejectedEvent as error:
        return Rejected.of(error, raw_of(told))
    return told


def _failed(delivery: Delivery, detail: str) -> Rejected:
    return Rejected(reason="unknown_shape", detail=detail[:500], raw=delivery.body)


def _unstorable(delivery: Delivery, error: Exception) -> Rejected:
    _log.error("delivery cannot be stored", source=delivery.source, exc_info=error)
    return _failed(delivery, f"the database refuses it: {type(error).__name__}")


def _remove(id: int, told: dict[str, Sequence[Event]], at: Cursor, known: Known) -> None:
    told.clear()
    told.update(known)
    if at.execute("delete from inbox where id = %s", (id,)).rowcount == 0:
        raise SettledElsewhere(f"delivery {id} was settled by another")


_DELIVERY = [inbox.c[name] for name in Delivery.__dataclass_fields__]
