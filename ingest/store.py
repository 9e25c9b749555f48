"""The store: a batch of events becomes raw facts, contacts and all that follows, or nothing.

One transaction per batch:  stage (COPY) → lock the threads → remember the new events →
fold their threads again → followers → ledger, quarantine, cursor → commit → wake the readers.
A batch may be repeated, shuffled, split or run beside others: the result is the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files

import psycopg
import stamina
from psycopg.rows import TupleRow
from sqlalchemy import select

from ingest.connector import Parsed, Source
from ingest.database import AWAY, BRIEFLY, Database
from ingest.erasing import Seal, keep_nameless, without_names
from ingest.errors import DatabaseUnavailable
from ingest.events import APART, Event
from ingest.failpoint import reach
from ingest.fold import CONTACT_COLUMNS, FACT_COLUMNS, FOLD, listed
from ingest.followers import Follower
from ingest.horizon import Horizon
from ingest.identity import REGION
from ingest.ledger import Ledger
from ingest.loading import dealt, in_turns
from ingest.partitions import ensure_days
from ingest.refused import keep_refused
from ingest.schema import events, sources
from ingest.stage import COLUMNS, Batch, conflicting

Cursor = psycopg.Cursor[TupleRow]
#: The events of a batch that were no news: duplicate, superseded, conflict.
Known = Mapping[str, Sequence[Event]]
#: What else belongs to the batch's transaction; raising undoes the batch.
Also = Callable[[Cursor, Known], None]

ATTEMPTS = 5
#: The verdicts on an event that changes nothing.
_NO_NEWS = ("duplicate", "superseded", "conflict")
_CONTENDED = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)

_SPAN = "select min(first_at), max(last_at) from threads where thread_key = any(%s::bigint[])"
_COPY = f"copy stage ({', '.join(COLUMNS)}) from stdin (null '')"


class Store:
    """Writes batches of parsed records; any number of threads and processes may do so at once.

    `key` seals identities (a keyed hash); it lives outside of the database.  `region` is the
    country of telephone numbers told without one, where the source's options name no other.
    """

    def __init__(
        self,
        database: Database,
        followers: Sequence[Follower] = (),
        *,
        key: bytes,
        region: str = REGION,
    ) -> None:
        self._database = database
        self._count = _count_statement(tuple(followers))
        self._seal = Seal(hashlib.sha256(key).digest(), region)
        self._horizon = Horizon(database)
        self._days: set[str] = set()

    def load(
        self, source: Source, parsed: Iterable[Parsed], *, now: datetime, batch: int = 10_000
    ) -> Ledger:
        """Store any number of records, a batch a transaction; the sum of the ledgers."""
        return in_turns(
            (writer, partial(self._keep, source, self._staged(source, part, now)))
            for writer, part in dealt(parsed, batch)
        )

    def write(
        self,
        source: Source,
        parsed: Sequence[Parsed],
        *,
        now: datetime,
        cursor: str | None = None,
        also: Also | None = None,
    ) -> Ledger:
        """Store one batch with the cursor it came with and `also`, all or nothing.

        Raises DatabaseUnavailable when the server is gone.  Whether the batch was kept is known
        only by telling it again, which is harmless.
        """
        return self._keep(source, self._staged(source, parsed, now), cursor, also)

    def recount(self, at: Cursor, threads: Sequence[int]) -> None:
        """Fold these threads again, with all that follows, in the caller's transaction.

        For who changes what the fold reads besides events.  The caller holds the lock of
        ``contacts`` (exclusive mode): no other writer counts meanwhile.
        """
        at.execute(_STAGE)
        known = f"{{{','.join(map(str, threads))}}}"
        first_at, last_at = _row(at.execute(_SPAN, (known,)))
        span = {"first_at": first_at, "last_at": last_at, "apart": list(APART), "known": known}
        _run(at, self._count, span, known)

    def _staged(self, source: Source, parsed: Sequence[Parsed], now: datetime) -> Batch:
        region = str(source.options.get("region") or self._seal.region)
        batch = Batch(source.name, now, self._seal.key, region, self._horizon.at(now))
        batch.add(parsed)
        return batch

    def _keep(
        self, source: Source, batch: Batch, cursor: str | None = None, also: Also | None = None
    ) -> Ledger:
        try:
            self._make_days(batch.days)
            return self._attempt(source, batch, cursor, also)
        except AWAY as error:
            raise DatabaseUnavailable(
                "the database went away while storing: do it again, what was stored counts once"
            ) from error

    def cursor(self, source: Source) -> str | None:
        """Where the source was left; None before its first batch."""
        with self._database.engine.connect() as connection:
            query = select(sources.c.cursor).where(sources.c.source == source.name)
            return connection.execute(query).scalar()

    def _make_days(self, days: set[str]) -> None:
        if missing := days - self._days:
            with self._database.connect(autocommit=True) as connection:
                ensure_days(connection, missing)
            self._days |= missing

    @stamina.retry(on=_CONTENDED, attempts=ATTEMPTS, wait_initial=0.01)
    def _attempt(
        self, source: Source, batch: Batch, cursor: str | None, also: Also | None
    ) -> Ledger:
        with self._database.engine.begin() as transaction:
            connection = transaction.connection.driver_connection
            assert connection is not None
            with connection.cursor() as at:
                at.execute(BRIEFLY)
                ledger, known, nameless = self._events(at, batch)
                conflicts = known.get("conflict", ())
                refused = [*map(conflicting, conflicts), *batch.rejected]
                empty = [place for place, one in enumerate(conflicts) if one.contact_id in nameless]
                kept = without_names(at, refused, empty, self._seal)
                keep_refused(at, batch.source, kept, batch.now)
                ledger += Ledger(
                    received=batch.received,
                    duplicate=batch.duplicates,
                    superseded=batch.superseded,
                    quarantined=len(refused),
                )
                _keep_books(at, source, batch, ledger, cursor)
                if also is not None:
                    also(at, known)
                at.execute("notify vigie_contacts")
                reach("booked")
        reach("committed")
        return ledger

    def _events(self, at: Cursor, batch: Batch) -> tuple[Ledger, Known, Collection[str]]:
        """Stage, lock, remember, fold; what was new, what was known how, whose names are erased."""
        if not batch.events:
            return Ledger(), {}, ()
        at.execute(_STAGE)
        with at.copy(_COPY) as copy:
            copy.write(batch.text())
        reach("staged")
        first_at, last_at, known, erased = _row(at.execute(_LOCK))
        reach("locked")
        span = {"first_at": first_at, "last_at": last_at, "apart": list(APART), "known": known}
        told = {verdict: rest for verdict, *rest in _run(at, _REMEMBER, span, known)}
        reach("remembered")
        kept = batch.events
        number = {verdict: told[verdict][0] if verdict in told else 0 for verdict in _NO_NEWS}
        new, contacts = len(kept) - sum(number.values()), 0
        if new:
            changed = told["new"][1] if "new" in told else None
            (contacts,) = _row(_run(at, self._count, span, changed or "{}"))
        reach("counted")
        nameless = keep_nameless(at, batch.now) if erased else ()
        verdicts = {
            verdict: [kept[position] for position in told[verdict][2]]
            for verdict in _NO_NEWS
            if verdict in told
        }
        duplicate, superseded = number["duplicate"], number["superseded"]
        ledger = Ledger(new=new, duplicate=duplicate, superseded=superseded, contacts=contacts)
        return ledger, verdicts, {kept[position].contact_id for position in nameless}


def _run(at: Cursor, statement: str, span: Mapping[str, object], threads: str) -> Cursor:
    """One of the statements on the batch's threads, planned for their number each time."""
    return at.execute(statement.encode(), {**span, "threads": threads}, prepare=False)


def _keep_books(
    at: Cursor, source: Source, batch: Batch, ledger: Ledger, cursor: str | None
) -> None:
    at.execute(
        """
        insert into ledger as l
            (source, day, received, new, duplicate, superseded, quarantined)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (source, day) do update set
            received = l.received + excluded.received, new = l.new + excluded.new,
            duplicate = l.duplicate + excluded.duplicate,
            superseded = l.superseded + excluded.superseded,
            quarantined = l.quarantined + excluded.quarantined
        """,
        (
            source.name, batch.now.astimezone(UTC).date(), ledger.received, ledger.new,
            ledger.duplicate, ledger.superseded, ledger.quarantined,
        ),
    )
    at.execute(
        """
        insert into sources as s (source, connector, cursor, last_event_at, last_seen_at)
        values (%s, %s, %s, %s, %s)
        on conflict (source) do update set
            connector = excluded.connector,
            cursor = coalesce(excluded.cursor, s.cursor),
            last_event_at = greatest(s.last_event_at, excluded.last_event_at),
            last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
            error = null, error_at = null
        """,
        (source.name, source.connector, cursor, batch.last_at(), batch.now),
    )


def _count_statement(followers: tuple[Follower, ...]) -> str:
    """The counting statement with its followers built in."""
    keys = ("thread_key", "turn")
    return _file("count.sql").format(
        fold=FOLD.replace("%", "%%"),
        facts=", ".join(FACT_COLUMNS),
        columns=", ".join(CONTACT_COLUMNS),
        changed=_taken("m", CONTACT_COLUMNS, keys),
        followers="".join(
            f",\n\n{follower.name} as (\n{follower.sql.replace('%', '%%')}\n)"
            for follower in followers
        ),
    )


def _taken(relation: str, columns: Sequence[str], keys: Sequence[str] = ()) -> str:
    """The SET list that takes every column but the keys from a relation."""
    return ", ".join(f"{column} = {relation}.{column}" for column in columns if column not in keys)


def _file(name: str) -> str:
    return files("ingest").joinpath(name).read_text()


def _row(cursor: Cursor) -> TupleRow:
    found = cursor.fetchone()
    assert found is not None
    return found


_EVENT_COLUMNS = tuple(column.name for column in events.columns)
_STAGE = _file("stage.sql").format(apart=listed(APART))
_LOCK = _file("lock.sql")
_REMEMBER = _file("remember.sql").format(
    columns=", ".join(_EVENT_COLUMNS), revised=_taken("j", _EVENT_COLUMNS)
)
