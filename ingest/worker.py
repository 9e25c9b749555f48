"""The worker: pulls every source that can be pulled, each at its own pace.

One turn of a source = hold its lease, then page by page: pull from the stored cursor, store
what came *with* the new cursor in one transaction that proves the lease, until there is no
more.  A source that is an open line is followed instead, page by page as well.  A crash
anywhere reads a page again at worst, and reading again counts nothing twice; so any number of
workers may run, and share the sources (:mod:`ingest.lease`).

The schedule is APScheduler's, in memory only: what must outlast a process is in the database.
Each turn has a thread of its own, so that a source that hangs holds up no other; none of them
keeps the process from ending.  What goes wrong is noted at the source, where the cockpit shows
it, and tried again later: when the source itself says, else after a back-off where asking
again may help, after five minutes where a person must act.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from ingest.connector import Connector, PullConnector, Source, connector_named
from ingest.database import AWAY, Database
from ingest.errors import DatabaseError, IngestError, Retriable
from ingest.lease import LASTS_S, Lease, LeaseLost, Leases
from ingest.own_threads import OwnThreads
from ingest.pulling import Pulling
from ingest.schedule import LONG_LINE_S, LONG_S, Feed, feeds_of
from ingest.store import Store

#: The longest back-off while the database is away.
AWAY_S = 15.0
#: Who is told to stop may finish the page at hand within so many seconds.
GRACE_S = 5.0

_AWAY = (DatabaseError, *AWAY)

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The clock of a running worker."""
    return datetime.now(UTC)


class Worker:
    """Pulls the sources until it is stopped.

    `feeds` are the sources that it pulls, `refusals` those whose table is wrong: these are
    noted and said, and the others go on.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        sources: Iterable[Source],
        *,
        clock: Callable[[], datetime] = utc_now,
        connector_of: Callable[[str], Connector] = connector_named,
        lease_s: float = LASTS_S,
        grace_s: float = GRACE_S,
    ) -> None:
        self._database = database
        self._clock = clock
        self._leases = Leases(database, lasts_s=lease_s)
        self._grace_s = grace_s
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._pulling = Pulling(store, self._leases, clock, self._stopping)
        self._shares = False
        self._heart: threading.Thread | None = None
        self._threads = OwnThreads()
        self._scheduler = BackgroundScheduler(executors={"default": self._threads}, timezone=UTC)
        self.feeds, self.refusals = feeds_of(sources, connector_of)

    def start(self) -> None:
        """Begin to pull our share of the sources, in the background."""
        self._shares = True
        self._begin()
        for feed in self.feeds:
            self._scheduler.add_job(
                self._tend, "interval", [feed], seconds=min(feed.every_s, self._leases.beat_s),
                id=feed.source.name, name=f"source {feed.source.name}", coalesce=True,
                max_instances=1, misfire_grace_time=None, next_run_time=utc_now(),
            )  # fmt: skip
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the pages at hand, then let go; harmless when repeated.

        A source that hangs is left behind after the grace, and where a page of it still comes
        after another worker took over, it is not stored.
        """
        self._stopping.set()
        for feed in self.feeds:
            feed.ending.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for name in self._threads.join(self._grace_s):
            log.warning("does not end in time: left behind", source=name)
        self._over.set()
        if self._heart is None:
            self._quietly(self._leases.close)
        else:
            self._heart.join(self._grace_s)

    def once(self) -> None:
        """One turn of every source that is asked and that no other worker has, one after the
        other; then the first failure is raised."""
        self._begin()
        failures = [refusal.error for refusal in self.refusals]
        for feed in self.feeds:
            if not isinstance(feed.connector, PullConnector):
                log.info("not asked but followed: run vigie work", source=feed.source.name)
                continue
            if (error := self._turn(feed, self._pulling.drain)) is not None:
                failures.append(error)
            elif not self._leases.holds(feed.source.name):
                log.info("another worker has it", source=feed.source.name)
        if failures:
            raise failures[0]

    def turn(self, feed: Feed) -> Exception | None:
        """Pull or follow a source if it is ours and due; the failure, noted and told."""
        return self._turn(feed, self._pulling.follow if feed.follows else self._pulling.drain)

    def _turn(self, feed: Feed, work: Callable[[Feed, Lease], None]) -> Exception | None:
        try:
            lease = self._leases.hold(feed.source.name)
            if lease is None or self._stopping.is_set() or self._clock() < _due_at(feed, lease):
                return None
            feed.busy_since = time.monotonic()
            work(feed, lease)
            feed.failures = 0
        except LeaseLost as lost:
            log.info("taken over", source=feed.source.name, said=str(lost))
        except Exception as error:  # the outermost frame of a thread: whatever it was ends here
            self._failed(feed, error)
            return error
        finally:
            feed.busy_since, feed.given_up = None, False
        return None

    # --- one source -------------------------------------------------------------------

    def _tend(self, feed: Feed) -> None:
        """A turn if the source's pace says so, or if it may have become ours."""
        began = time.monotonic()
        if began >= feed.next_at or not self._leases.holds(feed.source.name):
            self.turn(feed)
            feed.next_at = began + feed.every_s

    # --- what goes wrong --------------------------------------------------------------

    def _failed(self, feed: Feed, error: Exception) -> None:
        name, said = feed.source.name, " ".join(str(error).split()) or type(error).__name__
        now = self._clock()
        if isinstance(error, _AWAY):
            if feed.due_at <= now:
                feed.back_off(now, AWAY_S)
                log.warning("database away", source=name, error=said)
            return
        if isinstance(error, Retriable):
            self._wait_for(feed, error, now)
            log.warning("source does not answer", source=name, error=said,
                        until=feed.due_at.isoformat(timespec="seconds"))  # fmt: skip
        else:
            feed.back_off(now, at_once=True)
            unforeseen = None if isinstance(error, IngestError) else error
            log.error("source refuses", source=name, error=said, exc_info=unforeseen)
        self._note(feed.source, said, now)

    def _wait_for(self, feed: Feed, error: Retriable, now: datetime) -> None:
        if error.after_s is None:
            feed.back_off(now, LONG_LINE_S if feed.follows else LONG_S)
            return
        feed.obey(now, error.after_s)
        self._quietly(lambda: self._leases.leave_alone(feed.source.name, feed.due_at))

    def _note(self, source: Source, said: str, now: datetime) -> None:
        """Put the error where `vigie sources` and the cockpit show it; the next page clears it."""

        def note() -> None:
            with self._database.connect(autocommit=True) as connection:
                connection.execute(_NOTE, (source.name, source.connector, now, said[:500], now))

        self._quietly(note)

    def _quietly(self, action: Callable[[], None]) -> None:
        """Do it, unless the database is away: whoever needs it will notice."""
        try:
            action()
        except _AWAY as error:
            log.warning("database away", error=" ".join(str(error).split()))

    # --- the leases -------------------------------------------------------------------

    def _begin(self) -> None:
        """Say what is wrong with which source, and begin to live; once."""
        if self._heart is not None:
            return
        for refusal in self.refusals:
            unforeseen = None if isinstance(refusal.error, IngestError) else refusal.error
            log.error("source refused", source=refusal.source.name, error=str(refusal.error),
                      exc_info=unforeseen)  # fmt: skip
            self._note(refusal.source, str(refusal.error), self._clock())
        self._beat()
        self._heart = threading.Thread(target=self._live, name="leases", daemon=True)
        self._heart.start()

    def _live(self) -> None:
        while not self._over.wait(self._leases.beat_s):
            self._beat()
        self._quietly(self._leases.close)

    def _beat(self) -> None:
        """Renew the leases; give up those of turns that are stuck; end lines no longer ours."""
        try:
            for feed in self.feeds:
                if _is_stuck(feed):
                    self._give_up(feed)
            able = [feed.source.name for feed in self.feeds if not feed.given_up]
            self._leases.beat(able if self._shares else None)
        except _AWAY as error:
            log.warning("database away", error=" ".join(str(error).split()))
        for feed in self.feeds:
            if feed.busy_since is not None and not self._leases.holds(feed.source.name):
                feed.ending.set()

    def _give_up(self, feed: Feed) -> None:
        """Let another worker try; ours cannot be interrupted, but stores nothing any more."""
        feed.given_up = True
        said = f"nothing came for {feed.stuck_s:.0f} s: given up; is its address right?"
        log.error("source hangs", source=feed.source.name, error=said)
        self._leases.let_go(feed.source.name)
        self._note(feed.source, said, self._clock())


def _due_at(feed: Feed, lease: Lease) -> datetime:
    return max(feed.due_at, lease.not_before or feed.due_at)


def _is_stuck(feed: Feed) -> bool:
    since = feed.busy_since
    return since is not None and not feed.given_up and time.monotonic() - since > feed.stuck_s


_NOTE = """
    insert into sources (source, connector, last_seen_at, error, error_at)
    values (%s, %s, %s, %s, %s)
    on conflict (source) do update set error = excluded.error, error_at = excluded.error_at
"""
