"""The linker: follows the events at a short distance and says whose each contact is.

The ingest statement notes every thread with a new event as due (`followers`); the linker takes
the due threads in batches, each in one transaction: whose they are (:mod:`ingest.linking`),
then what follows of the customers that changed (`relink`).  Any number of processes may run
one: they take turns under an advisory lock, and what a killed one had taken is due again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import psycopg
import stamina
import structlog
from psycopg.rows import TupleRow

from ingest.closing import Closing
from ingest.database import AWAY, Database
from ingest.errors import DatabaseError, DatabaseUnavailable
from ingest.followers import Follower
from ingest.linking import LOCK, Cursor, Relink, link, settle, take

T = TypeVar("T")
#: Due threads in one transaction.
BATCH = 10_000
#: Seconds: between two looks at least and at most, and after which a stop is not waited for.
SHORTEST, LONGEST, GRACE = 0.2, 1.0, 10.0
#: Seconds before an absent database is tried again: at first, at most.
_PAUSES = (0.5, 5.0)
_ATTEMPTS = 5
_CONTENDED = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_AWAY = (DatabaseError, *AWAY)
_DUE = """
insert into linking_due (thread_key)
select thread_key from heard union select thread_key from moved order by 1
"""

_log = structlog.get_logger(__name__)


def followers() -> tuple[Follower, ...]:
    """What the store must run with every batch, so that the linker hears of its threads."""
    return (Follower("due_follows", _DUE),)


def relink_nothing(cursor: Cursor, customer_keys: Sequence[int]) -> None:
    """Where nothing follows of customers."""


class Linker(Closing):
    """Sees to due threads; `drain` once, or in the background from `start` to `close`."""

    def __init__(
        self,
        database: Database,
        *,
        relink: Relink = relink_nothing,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        batch: int = BATCH,
    ) -> None:
        self._database = database
        self._relink = relink
        self._clock = clock
        self._batch = batch
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def drain(self, now: datetime) -> int:
        """See to everything that is due when it is called; how many entries that were."""
        until, total = self._newest(), 0
        while number := self._turn(until, now):
            total += number
        return total

    def decide(self, decide: Callable[[Cursor], tuple[int, set[int]]], now: datetime) -> int:
        """A decision (its id, the identities it is about) and what follows, in one transaction."""

        def work(at: Cursor) -> int:
            decision, about = decide(at)
            self._follow(at, settle(at, about, now, decision=decision))
            return decision

        return self._alone(work)

    def alone(self, work: Callable[[Cursor], tuple[T, list[int]]]) -> T:
        """Do work that changes whose threads are, and what follows of the customers it names.

        One transaction, in which nobody else changes customers; raising undoes it.
        """

        def whole(at: Cursor) -> T:
            answer, customers = work(at)
            self._follow(at, customers)
            return answer

        return self._alone(whole)

    def start(self) -> None:
        """Follow in the background; a database that is away is waited for."""
        self._thread = threading.Thread(target=self._run, name="linker", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End after the batch at hand; harmless when repeated."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(GRACE)

    def _turn(self, until: int, now: datetime) -> int:
        def turn(at: Cursor) -> int:
            due = take(at, until, self._batch)
            if due.number:
                self._follow(at, link(at, due, now))
            return due.number

        return self._alone(turn)

    def _follow(self, at: Cursor, customers: list[int]) -> None:
        if customers:
            self._relink(at, customers)

    def _alone(self, work: Callable[[Cursor], T]) -> T:
        try:
            return self._attempt(work)
        except AWAY as error:
            raise DatabaseUnavailable(
                "the database went away while linking; nothing is lost: try again"
            ) from error

    @stamina.retry(on=_CONTENDED, attempts=_ATTEMPTS, wait_initial=0.01)
    def _attempt(self, work: Callable[[Cursor], T]) -> T:
        """The work in a transaction of its own, while nobody else changes customers."""
        with self._database.engine.begin() as transaction:
            connection = transaction.connection.driver_connection
            assert connection is not None
            with connection.cursor() as at:
                at.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
                return work(at)

    def _newest(self) -> int:
        with self._database.engine.connect() as connection:
            newest = "select coalesce(max(id), 0) from linking_due"
            return int(connection.exec_driver_sql(newest).scalar_one())

    # --- in the background ------------------------------------------------------------

    def _run(self) -> None:
        pause = _PAUSES[0]
        while not self._stopping.is_set():
            try:
                with self._database.connect(autocommit=True) as listener:
                    listener.execute("listen vigie_contacts")
                    pause = _PAUSES[0]
                    self._listen(listener)
            except _AWAY as error:
                _log.warning("linker: database away", error=" ".join(str(error).split()))
            except Exception:
                # What is due stays due; a mistake of ours must not end the following for good.
                _log.exception("linker failed; it tries again")
            self._stopping.wait(pause)
            pause = min(2 * pause, _PAUSES[1])

    def _listen(self, listener: psycopg.Connection[TupleRow]) -> None:
        while not self._stopping.is_set():
            self.drain(self._clock())
            for _ in listener.notifies(timeout=LONGEST, stop_after=1):
                # What comes at once is seen to together.
                self._stopping.wait(SHORTEST)
