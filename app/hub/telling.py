"""What customers were shown, chose and completed: added up in memory, stored behind the answers.

Displays of one state are summed for some seconds and told as one event (see `kpis.displays`).
Taking one is a dictionary's work and never waits; a thread tells the sums to the ingest store.
While the database is away sums wait, each under its name, so that it counts once; when there is
no more room, what comes is dropped and counted.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from ingest.connector import Source
from ingest.errors import IngestError
from ingest.events import Event
from ingest.store import Store

#: Seconds between two tellings.
EVERY_S = 5.0
#: Different sums that are held at once, and tellings that wait for the database.
SUMS, TELLINGS = 20_000, 60
#: The source that the events are told by.
SOURCE = Source("hub", "hub")
_log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """One fact about one channel of a display; `hidden` are the modes that were not in sight.

    `kind` is offer_shown, offer_chosen or offer_completed.  `first`: of the modes that a
    display listed the first one stands for the display.
    """

    kind: str
    channel: str
    state: str
    surface: str
    reason: str | None
    segment: str | None
    hidden: str
    first: bool = False


class Telling:
    """Sums of one process.  `start` it once, `stop` it at the end: what is held is told then.

    `store` is asked when there is something to tell: a hub starts without a database.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sums: int = SUMS,
        tellings: int = TELLINGS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._most = sums
        self._name = uuid.uuid4().hex[:12]
        self._number = 0
        self._sums: Counter[Seen] = Counter()
        self._tellings: deque[list[Event]] = deque()
        self._room = tellings
        self._lock = threading.Lock()
        self._one_tells = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._failing = False
        #: Facts that there was no room for.
        self.dropped = 0

    def take(self, seen: Iterable[Seen]) -> int:
        """Add these up; how many there was no room for.  Never waits for the database."""
        dropped = 0
        with self._lock:
            for one in seen:
                if one in self._sums or len(self._sums) < self._most:
                    self._sums[one] += 1
                else:
                    dropped += 1
            self.dropped += dropped
        return dropped

    def start(self) -> None:
        """Tell every few seconds from now on, in a thread."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="hub telling", daemon=True)
            self._thread.start()

    def stop(self, patience_s: float = 2.0) -> None:
        """Tell what is held, if the database takes it in time."""
        self._stopping.set()
        if self._thread is not None:
            # A thread that waits for a hung server is left behind: it dies with the process.
            self._thread.join(patience_s)
            self._thread = None

    def tell(self) -> bool:
        """Store what is held; False where the database did not take it all."""
        with self._one_tells:
            self._gather()
            while self._tellings:
                try:
                    self._store().write(SOURCE, self._tellings[0], now=self._clock())
                except Exception as error:  # whatever it is, answers go on and the sums wait
                    self._tell_why(error)
                    return False
                self._tellings.popleft()
            self._failing = False
        return True

    def _run(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stopping.wait(EVERY_S)
            self.tell()

    def _gather(self) -> None:
        """Turn the sums into events with names of their own, where there is room for them."""
        with self._lock:
            if not self._sums or len(self._tellings) >= self._room:
                return
            sums, self._sums = self._sums, Counter()
        now = self._clock()
        self._tellings.append([self._event(seen, times, now) for seen, times in sums.items()])

    def _event(self, seen: Seen, times: int, now: datetime) -> Event:
        self._number += 1
        name = f"hub:{self._name}:{self._number}"
        told: dict[str, str | int | float | bool | None] = {
            "state": seen.state, "displays": times, "surface": seen.surface,
        }  # fmt: skip
        if seen.hidden:
            told["hidden"] = seen.hidden
        if seen.first:
            told["first"] = True
        return Event(
            event_id=name, occurred_at=now, kind=seen.kind, contact_id=name,
            channel=seen.channel, reason=seen.reason, segment=seen.segment, attributes=told,
        )  # fmt: skip

    def _tell_why(self, error: Exception) -> None:
        """One line when it begins to fail; an error of our own is an error."""
        level = logging.WARNING if isinstance(error, IngestError) else logging.ERROR
        if not self._failing:
            _log.log(level, "hub: what was shown waits: %s", " ".join(str(error).split()))
        self._failing = True
