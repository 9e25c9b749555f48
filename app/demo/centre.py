"""The simulated centre and the store: history up to now, then what happens, as it happens.

Records travel as any source's do: line → connector → store.  The cursor stored with each
batch tells until when the centre has been told, so a later start fills only the gap.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap import House
from app.demo.history import FEEDS, Part, Told, parts, written
from ingest.connector import Source
from ingest.connectors.simulator import Record, translate
from ingest.errors import IngestError
from ingest.schema import contacts, sources
from sample_data.simulator import Ask, OpenContact, Simulator

HISTORY = timedelta(days=7)
#: At most so much simulated time is told in one step.
STEP = timedelta(hours=12)
#: So close to the clock the customers ask the hub; what is older finds everything open.
NOW = timedelta(seconds=15)
#: Seconds between two looks at the clock, and after which a silent feed says «here».
TICK_S, HERE_S = 0.5, 5.0

_log = structlog.get_logger(__name__)


class Centre:
    """The simulator before the door of this house; `clock` says what «now» is.

    A new house gets `history` before now, from midnight on, so that today has a whole day of
    last week beside it; later only what happened since, and no more.
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
        self._zone = house.settings.tz
        self._feeds = {n: Source(n, "simulator", self._zone) for n in sorted(set(FEEDS.values()))}
        self._pending: dict[str, list[bytes]] = {name: [] for name in self._feeds}
        self._spoke = dict.fromkeys(self._feeds, clock())
        self._older: list[Part] = []
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        known, now = self._known(), clock()
        self.is_new = known is None
        first = _midnight(now.astimezone(self._zone) - history).astimezone(UTC)
        self._told = known or Told(now, seed, first, now)
        begin = first if known is None else max(known.until, now - history)
        self._simulator = Simulator(seed, begin, zone=self._zone)
        self._simulator.resume(self._left_open())
        self._moved(max(begin, self._told.until))

    def open(self, progress: Callable[[float], None]) -> None:
        """Tell a new house of today, so that it can be shown; the days before may follow.

        `progress` gets the share that is done, 0 to 1.
        """
        if not self.is_new:
            return
        self._older = parts(written(self._simulator, self._told, progress), self._zone)
        today = self._told.first.astimezone(self._zone).date()
        while self._older and self._older[0].day == today:
            self._tell_part()

    def finish(self, progress: Callable[[float], None]) -> None:
        """Tell the rest of the first history, if that was not done yet."""
        self._recall()
        whole = max(1, len(self._older))
        while self._older:
            self._tell_part()
            progress(1 - len(self._older) / whole)
        self._mark_whole()
        self._write(even_silent=True)

    def live(self, ask: Ask, speed: float) -> None:
        """Go on by the clock, in a thread, until :meth:`stop`; gaps are filled meanwhile."""
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
        asking, failing, busy = False, False, True
        while True:
            stopping = self._stopping.wait(0 if busy else TICK_S)
            now = self._clock()
            if not asking and now - self._told.until < NOW:
                self._simulator.live(ask, speed)
                asking = True
            failing = not self._took(now, failing)
            busy = not failing and (not asking or not self._told.whole)
            if stopping:
                return

    def _took(self, now: datetime, failing: bool) -> bool:
        """Whether the store took it; what it did not take waits, and one line says so."""
        try:
            self._tell(now)
            self._tell_older()
        except (IngestError, SQLAlchemyError, psycopg.Error) as error:
            if not failing:
                _log.warning("the simulated facts wait for the database", error=str(error))
            return False
        return True

    def _tell(self, now: datetime) -> None:
        """One step towards now."""
        until = min(now, self._told.until + STEP)
        self._take(self._simulator.advance(until))
        self._moved(max(until, self._told.until))
        self._write()

    def _tell_older(self) -> None:
        """One part of the first history, if there are any left."""
        if self._told.whole:
            return
        self._recall()
        if self._older:
            self._tell_part()
        if not self._older:
            self._mark_whole()

    def _recall(self) -> None:
        """The first history again, where an earlier run was stopped before it was whole."""
        if not (self._told.whole or self._older or self.is_new):
            again = Simulator(self._told.seed, self._told.start, zone=self._zone)
            self._older = parts(again.history(self._told.first), self._zone)

    def _tell_part(self) -> None:
        part = self._older[0]
        self._store(part.feed, part.lines, self._clock())
        self._older.pop(0)

    def _take(self, records: Iterable[Record]) -> None:
        """Hold the records until the store has them."""
        for record in records:
            self._pending[FEEDS[record.channel]].append(msgspec.json.encode(record))

    def _write(self, even_silent: bool = False) -> None:
        """Store what is pending, a transaction a feed; what fails stays pending."""
        now = self._clock()
        for name, lines in self._pending.items():
            if lines or even_silent or now - self._spoke[name] >= timedelta(seconds=HERE_S):
                self._store(name, lines, now)
                self._pending[name] = []
                self._spoke[name] = now

    def _store(self, feed: str, lines: list[bytes], now: datetime) -> None:
        cursor = msgspec.json.encode(self._told).decode()
        parsed = [translate(line) for line in lines]
        self._house.store.write(self._feeds[feed], parsed, now=now, cursor=cursor)

    def _moved(self, until: datetime) -> None:
        self._told = msgspec.structs.replace(self._told, until=until)

    def _mark_whole(self) -> None:
        self._told = msgspec.structs.replace(self._told, whole=True)

    def _known(self) -> Told | None:
        query = select(sources.c.cursor).where(sources.c.source.in_(self._feeds))
        with self._house.database.engine.connect() as connection:
            cursors = [cursor for cursor in connection.scalars(query) if cursor]
        told = (msgspec.json.decode(cursor, type=Told) for cursor in cursors)
        return max(told, key=lambda one: one.rank, default=None)

    def _left_open(self) -> list[OpenContact]:
        query = select(
            contacts.c.contact_id, contacts.c.channel, contacts.c.queue, contacts.c.reason
        ).where(contacts.c.source.in_(self._feeds), contacts.c.outcome == "open")
        with self._house.database.engine.connect() as connection:
            return [OpenContact(*row) for row in connection.execute(query.order_by("contact_id"))]


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
