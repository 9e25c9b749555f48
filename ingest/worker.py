"""The worker: pulls every source that can be pulled, each at its own pace.

One turn of a source = hold its lease, then page by page: pull from the stored cursor, store
what came *with* the new cursor in one transaction, until there is no more.  A crash anywhere
reads a page again at worst, and reading again counts nothing twice; so any number of workers
may run, and the jobs themselves need no memory: the schedule lives in this process only.

What goes wrong is noted at the source, where the cockpit shows it, and tried again later:
after a back-off where asking again may help, after :data:`LONG_S` where a person must act.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
import sqlalchemy.exc
import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from ingest.connector import Connector, PullConnector, Source, connector_named
from ingest.database import Database
from ingest.errors import DatabaseError, Fatal, IngestError, Retriable
from ingest.lease import Leases
from ingest.store import Store

#: Seconds between two turns, unless the source (`every_s`) or its connector says otherwise.
EVERY_S = 15.0
#: The longest back-off, and the pause after what a person must mend.
LONG_S = 300.0
#: The longest back-off while the database is away.
AWAY_S = 15.0
#: A source that has nothing to tell is said to be alive this often.
HEARTBEAT = timedelta(seconds=15)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: The database is away, whichever layer noticed.
_AWAY = (DatabaseError, psycopg.OperationalError, sqlalchemy.exc.OperationalError,
         sqlalchemy.exc.TimeoutError)  # fmt: skip

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The clock of a running worker."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Feed:
    """One source and how its last turns went."""

    source: Source
    connector: PullConnector
    every_s: float
    failures: int = 0
    #: Nothing is tried before.
    due_at: datetime = _LONG_AGO
    #: When the source was last written, by us.
    stored_at: datetime = _LONG_AGO
    chance: random.Random = field(default_factory=random.Random)

    def back_off(self, now: datetime, longest_s: float = LONG_S, *, at_once: bool = False) -> None:
        """Wait twice as long as last time, and not exactly: sources that fail together."""
        self.failures += 1
        doubled = self.every_s * 2 ** min(self.failures, 20)
        wait_s = longest_s if at_once else min(longest_s, doubled)
        self.due_at = now + timedelta(seconds=wait_s * self.chance.uniform(0.75, 1.0))


class Worker:
    """Pulls the sources until it is stopped.

    Raises UnknownConnector or Fatal at once where a source's table is wrong.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        sources: Iterable[Source],
        *,
        clock: Callable[[], datetime] = utc_now,
        connector_of: Callable[[str], Connector] = connector_named,
    ) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._leases = Leases(database)
        self._stopping = threading.Event()
        self._scheduler: BackgroundScheduler | None = None
        self.feeds = [
            Feed(source, connector, _every_s(source, connector))
            for source in sources
            if isinstance(connector := connector_of(source.connector), PullConnector)
        ]

    def start(self) -> None:
        """Begin to pull, in the background."""
        executor = ThreadPoolExecutor(max(1, len(self.feeds)))
        self._scheduler = BackgroundScheduler(executors={"default": executor}, timezone=UTC)
        for feed in self.feeds:
            self._scheduler.add_job(
                self.turn, "interval", [feed], seconds=feed.every_s, id=feed.source.name,
                coalesce=True, max_instances=1, misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )  # fmt: skip
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the page at hand, then let go; harmless when repeated."""
        self._stopping.set()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None
        self._leases.close()

    def once(self) -> None:
        """One turn of every source, one after the other; then the first failure is raised."""
        failures = [error for feed in self.feeds if (error := self.turn(feed)) is not None]
        if failures:
            raise failures[0]

    def turn(self, feed: Feed) -> Exception | None:
        """Pull what a source has, if it is due and ours to pull; the failure, noted and told."""
        if self._stopping.is_set() or self._clock() < feed.due_at:
            return None
        try:
            if self._leases.hold(feed.source.name):
                self._drain(feed)
                feed.failures = 0
        except Exception as error:  # the outermost frame of a job: whatever it was ends here
            self._failed(feed, error)
            return error
        return None

    def _drain(self, feed: Feed) -> None:
        """Page by page until there is no more, or we are asked to stop."""
        more = True
        while more and not self._stopping.is_set():
            cursor = self._store.cursor(feed.source)
            page = feed.connector.pull(feed.source, cursor)
            more = page.more
            if more and page.cursor == cursor:
                raise Fatal(f"{feed.source.name} says that there is more, but its cursor stands")
            if page.parsed or page.cursor != cursor or self._is_quiet(feed):
                now = self._clock()
                ledger = self._store.write(feed.source, page.parsed, now=now, cursor=page.cursor)
                feed.stored_at = now
                if page.parsed:
                    log.info("pulled", source=feed.source.name, received=ledger.received,
                             new=ledger.new, quarantined=ledger.quarantined)  # fmt: skip

    def _is_quiet(self, feed: Feed) -> bool:
        return feed.failures > 0 or self._clock() - feed.stored_at >= HEARTBEAT

    def _failed(self, feed: Feed, error: Exception) -> None:
        name, said = feed.source.name, " ".join(str(error).split()) or type(error).__name__
        now = self._clock()
        if isinstance(error, _AWAY):
            feed.back_off(now, AWAY_S)
            log.warning("database away", source=name, error=said)
            return
        if isinstance(error, Retriable):
            feed.back_off(now)
            log.warning("source does not answer", source=name, error=said)
        else:
            feed.back_off(now, at_once=True)
            unforeseen = None if isinstance(error, IngestError) else error
            log.error("source refuses", source=name, error=said, exc_info=unforeseen)
        self._note(feed.source, said, now)

    def _note(self, source: Source, said: str, now: datetime) -> None:
        """Put the error where `vigie sources` and the cockpit show it; the next page clears it."""
        try:
            with self._database.connect(autocommit=True) as connection:
                connection.execute(_NOTE, (source.name, source.connector, now, said[:500], now))
        except _AWAY as error:
            log.warning("database away", source=source.name, error=str(error))


_NOTE = """
    insert into sources (source, connector, last_seen_at, error, error_at)
    values (%s, %s, %s, %s, %s)
    on conflict (source) do update set error = excluded.error, error_at = excluded.error_at
"""


def _every_s(source: Source, connector: Connector) -> float:
    told = source.options.get("every_s", getattr(connector, "every_s", EVERY_S))
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told <= 86_400:
        raise Fatal(f"[sources.{source.name}] every_s must be a number of seconds above zero")
    return float(told)
