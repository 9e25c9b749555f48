"""The simulated centre and the store: history up to now, then what happens, as it happens.

Records travel as any source's do: line → connector → store.  The cursor stored with each
batch tells until when the centre has been told, so a later start fills only the gap.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec
import psycopg
import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap import House
from ingest.connector import Source
from ingest.connectors.simulator import Record, translate
from ingest.errors import IngestError
from ingest.schema import contacts, sources
from sample_data.simulator import Ask, OpenContact, Simulator

#: Which feed tells of a channel: a telephone switch, a chat tool, a mailbox…
FEEDS = {
    "phone": "sim-phone", "callback": "sim-phone", "chat": "sim-chat", "email": "sim-email",
    "form": "sim-form", "messaging": "sim-messaging",
}  # fmt: skip
HISTORY = timedelta(days=7)
#: At most so much simulated time is told in one step.
STEP = timedelta(hours=12)
#: So close to the clock the customers ask the hub; what is older finds everything open.
NOW = timedelta(seconds=15)
#: Seconds between two looks at the clock, and after which a silent feed says «here».
TICK_S, HERE_S = 0.5, 5.0

_log = structlog.get_logger(__name__)


class Told(msgspec.Struct, frozen=True):
    """The cursor of a simulated feed: until when the centre has been told."""

    until: datetime


class Centre:
    """The simulator before the door of this house; `clock` says what «now» is.

    A new house gets `history` before now; later only what happened since, and no more.
    """

    def __init__(
        self,
        house: House,
        seed: int,
        clock: Callable[[], datetime],
        history: timedelta = HISTORY,
    ) -> None:
        self._house = house
        self._clock = clock
        zone = house.settings.tz
        self._feeds = {name: Source(name, "simulator", zone) for name in set(FEEDS.values())}
        self._pending: dict[str, list[bytes]] = {name: [] for name in sorted(self._feeds)}
        self._spoke = dict.fromkeys(self._feeds, clock())
        known = self._told_until()
        self.is_new = known is None
        self._until = max(known or clock() - history, clock() - history)
        self._simulator = Simulator(seed, self._until, zone=zone)
        self._simulator.resume(self._left_open())
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def catch_up(self, progress: Callable[[float], None]) -> None:
        """Tell what happened up to now.  `progress` gets the share that is done, 0 to 1."""
        start, now = self._until, self._clock()
        while self._until < now:
            self._tell(now)
            progress((self._until - start) / (now - start))

    def live(self, ask: Ask, speed: float) -> None:
        """Go on by the clock, in a thread, until :meth:`stop`; a gap is filled at first."""
        self._thread = threading.Thread(
            target=self._live, args=(ask, speed), name="centre", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Tell what has happened until this moment, then nothing more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _live(self, ask: Ask, speed: float) -> None:
        asking, failing = False, False
        while True:
            stopping = self._stopping.wait(TICK_S if asking or failing else 0)
            now = self._clock()
            if not asking and now - self._until < NOW:
                self._simulator.live(ask, speed)
                asking = True
            failing = not self._took(now, failing)
            if stopping:
                return

    def _took(self, now: datetime, failing: bool) -> bool:
        """Whether the store took it; what it did not take waits, and one line says so."""
        try:
            self._tell(now)
        except (IngestError, SQLAlchemyError, psycopg.Error) as error:
            if not failing:
                _log.warning("the simulated facts wait for the database", error=str(error))
            return False
        return True

    def _tell(self, now: datetime) -> None:
        """One step towards now."""
        until = min(now, self._until + STEP)
        self._take(self._simulator.advance(until))
        self._until = max(until, self._until)
        self._write(self._until)

    def _take(self, records: Iterable[Record]) -> None:
        """Hold the records until the store has them."""
        for record in records:
            self._pending[FEEDS[record.channel]].append(msgspec.json.encode(record))

    def _write(self, until: datetime) -> None:
        """Store what is pending, a transaction a feed; what fails stays pending."""
        now = self._clock()
        cursor = msgspec.json.encode(Told(until)).decode()
        for name, lines in self._pending.items():
            if not lines and now - self._spoke[name] < timedelta(seconds=HERE_S):
                continue
            parsed = [translate(line) for line in lines]
            self._house.store.write(self._feeds[name], parsed, now=now, cursor=cursor)
            self._pending[name] = []
            self._spoke[name] = now

    def _told_until(self) -> datetime | None:
        query = select(sources.c.cursor).where(sources.c.source.in_(self._feeds))
        with self._house.database.engine.connect() as connection:
            cursors = [cursor for cursor in connection.scalars(query) if cursor]
        return max((msgspec.json.decode(c, type=Told).until for c in cursors), default=None)

    def _left_open(self) -> list[OpenContact]:
        query = select(
            contacts.c.contact_id, contacts.c.channel, contacts.c.queue, contacts.c.reason
        ).where(contacts.c.source.in_(self._feeds), contacts.c.outcome == "open")
        with self._house.database.engine.connect() as connection:
            return [OpenContact(*row) for row in connection.execute(query.order_by("contact_id"))]
