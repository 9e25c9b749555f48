"""The exposure in memory, followed by a thread, and the offers made from it.

Every announced change is re-read at once; everything is re-read after each (re)connection,
because an announcement made meanwhile is lost, and every few seconds, which also proves that
the database still answers.  While it does not, the last known state stands; before the first
read every mode is open.  Time-driven effects need nobody: they are computed on answering.
"""

from __future__ import annotations

import logging
import random
import selectors
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from app.exposure.effective import Context, Offer, effective
from app.exposure.reading import Exposure, read
from app.exposure.schema import NOTIFICATIONS

#: Seconds between two reads when nothing is announced.
HEARTBEAT_S = 5.0
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


class Snapshot(msgspec.Struct, frozen=True):
    """The exposure and when it was last confirmed by the database (None: never yet)."""

    exposure: Exposure
    as_of: datetime | None


class Offers(msgspec.Struct, frozen=True):
    """The answer: modes in the order to show them, from the exposure of that `revision`.

    `as_of` is when that exposure was last confirmed; None says that it is the safe default.
    """

    revision: int
    as_of: datetime | None
    offers: tuple[Offer, ...]


class Hub:
    """The decisions of one process.  `start` it once, `stop` it at the end.

    `conninfo` may be a function, asked at each connection: a hub starts without a database.
    """

    def __init__(
        self,
        conninfo: str | Callable[[], str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._conninfo = conninfo
        self._clock = clock
        self._snapshot = Snapshot(Exposure(), None)
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        #: Closing it rings the bell that the thread sleeps beside.
        self._cord: socket.socket | None = None

    @property
    def snapshot(self) -> Snapshot:
        """What is known at this moment; never waits."""
        return self._snapshot

    def offers(self, context: Context, now: datetime) -> Offers:
        """The modes for this visitor; from memory, always."""
        known = self._snapshot
        exposure = known.exposure
        offers = effective(exposure.switches, exposure.modes, context, now)
        return Offers(exposure.revision, known.as_of, offers)

    def wait_for(self, condition: Callable[[Snapshot], bool], timeout: float) -> bool:
        """Wait until the snapshot fulfils the condition; False when it did not in `timeout` s."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self._snapshot), timeout)

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
                connection.execute(f"listen {NOTIFICATIONS}")
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
        exposure = read(connection)
        with self._changed:
            self._snapshot = Snapshot(exposure, self._clock())
            self._changed.notify_all()

    def _tell(self, failures: int, error: Exception) -> None:
        """One line when an outage begins; the rest is for those who look closely."""
        level = logging.WARNING if failures == 1 else logging.DEBUG
        since = self._snapshot.as_of
        known = f"the state of {since.isoformat()}" if since else "the safe default"
        reason = " ".join(str(error).split())
        _log.log(level, "hub: no exposure from the database, %s stands: %s", known, reason)


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
