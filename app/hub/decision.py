"""The exposure in memory, followed by a thread, and the offers made from it.

Every announced change is re-read at once; everything is re-read after each (re)connection,
because an announcement made meanwhile is lost, and every second, which also proves that
the database still answers.  While it does not, the last known state stands; before the first
read that kept on disk, and without one every mode is open.  Time-driven effects need nobody:
they are computed on answering.
"""

from __future__ import annotations

import asyncio
import logging
import random
import selectors
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from app.calendar_book import NOTIFICATIONS as CALENDARS
from app.exposure.effective import Context, Offer
from app.exposure.reading import Exposure, read
from app.exposure.schema import NOTIFICATIONS as EXPOSURE
from app.exposure.surroundings import Rows, Surroundings, surroundings
from app.hub.deciding import Decider, Decision
from app.hub.known import Kept, Snapshot
from app.hub.reading import read_rows
from app.hub.schema import NOTIFICATIONS as HUB
from kpis.errors import KpiError

__all__ = ["Hub", "Offers", "Snapshot"]

#: Seconds between two reads when nothing is announced.
HEARTBEAT_S = 1.0
#: What is announced here is read at once.
_ANNOUNCED = (EXPOSURE, CALENDARS, HUB)
#: The kept snapshot tells at least so exactly of when it is.
_SAVED_EVERY = timedelta(minutes=1)
#: Seconds that a stop waits for the thread.
_PATIENCE_S = 2.0
#: First and longest pause between two attempts to connect, in seconds.
_BACK_OFF_S = (0.1, 5.0)
#: A connection whose other end vanished is given up after about ten seconds.
_KEEPALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "connect_timeout": 5,
}
_log = logging.getLogger(__name__)


class Offers(msgspec.Struct, frozen=True):
    """The answer: modes in the order to show them, from the exposure of that `revision`.

    `as_of` is when that exposure was last confirmed; None says that it is the safe default.
    `reason` and `segment` are the visitor's as understood, told or by a clue.
    """

    revision: int
    as_of: datetime | None
    offers: tuple[Offer, ...]
    reason: str | None = None
    segment: str | None = None


class Hub:
    """The decisions of one process.  `start` it once, `stop` it at the end.

    `conninfo` may be a function, asked at each connection: a hub starts without a database.
    `kept` is where the last known state is kept for a start without one.
    """

    def __init__(
        self,
        conninfo: str | Callable[[], str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        kept: Kept | None = None,
    ) -> None:
        self._conninfo = conninfo
        self._clock = clock
        self._kept = kept
        self._saved: Snapshot | None = None
        #: Whether the surroundings could not be read the last time.
        self._blind = False
        self._known: tuple[Snapshot, Decider]
        self._know((kept and kept.load(clock())) or Snapshot(Exposure(), None))
        self._changed = threading.Condition()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        #: Closing it rings the bell that the thread sleeps beside.
        self._cord: socket.socket | None = None

    @property
    def snapshot(self) -> Snapshot:
        """What is known at this moment; never waits."""
        return self._known[0]

    def decide(self, context: Context, now: datetime) -> tuple[Snapshot, Decision]:
        """The decision for this visitor and what it was made from; from memory, always."""
        snapshot, decider = self._known
        return snapshot, decider.decide(context, now)

    def offers(self, context: Context, now: datetime) -> Offers:
        """The modes for this visitor; from memory, always."""
        snapshot, made = self.decide(context, now)
        asked = made.context
        revision = snapshot.exposure.revision
        return Offers(revision, snapshot.as_of, made.offers, asked.reason, asked.segment)

    def wait_for(self, condition: Callable[[Snapshot], bool], timeout: float) -> bool:
        """Wait until the snapshot fulfils the condition; False when it did not in `timeout` s."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self.snapshot), timeout)

    async def hear(self, condition: Callable[[Snapshot], bool], timeout: float) -> bool:
        """As `wait_for`, for many who wait in one event loop."""
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        self._waiting.add(waiter)
        try:
            async with asyncio.timeout(timeout):
                while not condition(self.snapshot):
                    await waiter[1].wait()
                    waiter[1].clear()
        except TimeoutError:
            return condition(self.snapshot)
        finally:
            self._waiting.discard(waiter)
        return True

    @property
    def waiting(self) -> int:
        """How many wait for news."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to follow the database; returns at once, whether there is one or not."""
        if self._thread is None:
            self._stopping.clear()
            bell, self._cord = socket.socketpair()
            self._thread = threading.Thread(
                target=self._follow, args=(bell,), name="hub", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Stop following; what was known stays known."""
        self._stopping.set()
        if self._cord is not None:
            self._cord.close()
        if self._thread is not None:
            # A thread that waits for a hung server is left behind: it dies with the process.
            self._thread.join(_PATIENCE_S)
            self._thread = None

    def _follow(self, bell: socket.socket) -> None:
        with bell:
            failures = 0
            while not self._stopping.is_set():
                failures = self._follow_once(bell, failures)
                self._stopping.wait(_pause(failures))

    def _follow_once(self, bell: socket.socket, failures: int) -> int:
        """Follow over one connection until it breaks; how many have failed in a row by then."""
        read_once = False
        try:
            with self._connect() as connection:
                for announced in _ANNOUNCED:
                    connection.execute(f"listen {announced}".encode())
                while not self._stopping.is_set():
                    self._learn(connection)
                    read_once = True
                    _await_news(connection, bell)
        except Exception as error:  # whatever it is, answers go on and so do attempts
            failures = 1 if read_once else failures + 1
            self._tell(failures, error)
        return failures

    def _connect(self) -> psycopg.Connection[TupleRow]:
        conninfo = self._conninfo if isinstance(self._conninfo, str) else self._conninfo()
        return psycopg.connect(make_conninfo(conninfo, **_KEEPALIVE), autocommit=True)

    def _learn(self, connection: psycopg.Connection[TupleRow]) -> None:
        """Read everything; what is new stands from then on, for every answer at once."""
        before = self.snapshot
        rows = self._rows(connection, before.rows)
        exposure = read(connection)
        same = exposure == before.exposure and rows == before.rows
        with self._changed:
            if same:
                snapshot = msgspec.structs.replace(before, as_of=self._clock())
                self._known = (snapshot, self._known[1])
            else:
                snapshot = Snapshot(exposure, self._clock(), rows)
                self._know(snapshot)
            self._changed.notify_all()
        if not same:
            self._wake()
        self._save(snapshot, same)

    def _rows(self, connection: psycopg.Connection[TupleRow], before: Rows) -> Rows:
        """The surroundings; those known before where they cannot be read and switches may."""
        try:
            rows = read_rows(connection)
            surroundings(rows)
        except (msgspec.MsgspecError, KpiError, psycopg.ProgrammingError) as error:
            if not self._blind:
                _log.warning("hub: hours, waits and links stand as they were: %s", _line(error))
            self._blind = True
            return before
        self._blind = False
        return rows

    def _know(self, snapshot: Snapshot) -> None:
        around = surroundings(snapshot.rows)
        _warm(around, snapshot, self._clock())
        self._known = (snapshot, Decider(snapshot, around))

    def _wake(self) -> None:
        for loop, event in list(self._waiting):
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:  # that loop is closed: nobody waits in it any more
                self._waiting.discard((loop, event))

    def _save(self, snapshot: Snapshot, same: bool) -> None:
        """Keep it on disk; a disk that is full keeps nobody from an answer."""
        if self._kept is None or snapshot.as_of is None:
            return
        known = self._saved and self._saved.as_of
        if same and known and snapshot.as_of - known < _SAVED_EVERY:
            return
        try:
            self._kept.save(snapshot)
        except OSError as error:
            _log.warning("hub: nothing is kept in %s: %s", self._kept.folder, _line(error))
        self._saved = snapshot

    def _tell(self, failures: int, error: Exception) -> None:
        """One line when an outage begins; the rest is for those who look closely."""
        level = logging.WARNING if failures == 1 else logging.DEBUG
        since = self.snapshot.as_of
        known = f"the state of {since.isoformat()}" if since else "the safe default"
        told = "hub: no exposure from the database, %s stands: %s"
        _log.log(level, told, known, _line(error))


def _await_news(connection: psycopg.Connection[TupleRow], bell: socket.socket) -> None:
    """Back at the first announcement, at the next heartbeat, or when the bell rings."""
    if _heard(connection):
        return
    with selectors.DefaultSelector() as waiting:
        for sounding in (connection, bell):
            waiting.register(sounding.fileno(), selectors.EVENT_READ)
        waiting.select(HEARTBEAT_S)
    _heard(connection)


def _heard(connection: psycopg.Connection[TupleRow]) -> bool:
    """Whether anything was announced; never waits."""
    return bool(list(connection.notifies(timeout=0)))


def _pause(failures: int) -> float:
    """Seconds before the next attempt: doubling, with jitter, so that hubs do not march in step."""
    if failures == 0:
        return 0.0
    first, longest = _BACK_OFF_S
    return min(longest, first * 2.0 ** min(failures - 1, 10)) * random.uniform(0.5, 1.0)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _warm(around: Surroundings, snapshot: Snapshot, now: datetime) -> None:
    """Work out the calendars here, so that no answer waits for the public holidays of a year."""
    for mode in snapshot.exposure.modes:
        if not around.opening(mode.channel, None, now).open:
            around.next_opening(mode.channel, None, now)
