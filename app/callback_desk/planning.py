"""The slots that are offered now.  What makes them is read seldom; what is booked, every time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from app.callback_desk.capacity import Slot, grid, hours_open, load, room
from app.callback_desk.outlook import Outlook, read_outlook
from app.callback_desk.schema import callback_slots
from app.callback_desk.terms import ANY, Book, pool_of, read_terms
from app.exposure.schema import exposure_words
from ingest.database import Database
from kpis import calendars
from kpis.calendars import Calendars
from kpis.snapshot import snapshot

#: Terms and calendars are read again after so long, the outlook after so long.
_PLANNED = timedelta(seconds=30)
_FORESEEN = timedelta(minutes=10)
#: More slots than this help nobody to choose.
MOST = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """All that makes slots, as read."""

    book: Book
    calendars: Calendars
    #: The (kind, word) that exist; any other counts as not told.
    words: frozenset[tuple[str, str]]
    outlook: Outlook
    zone: ZoneInfo

    def reason(self, told: str | None) -> str:
        """The reason as it is booked: empty where it is none that exists."""
        return told if told is not None and ("reason", told) in self.words else ""

    def surface(self, told: str | None) -> str | None:
        """The surface, if it exists."""
        return told if told is not None and ("surface", told) in self.words else None

    def slots(self, reason: str, now: datetime) -> list[Slot]:
        """The slots of the reason in order of time, also those without room."""
        pool = pool_of(self.book, reason)
        terms = self.book[pool]
        spans = grid(hours_open(self.calendars, terms, reason, self.zone, now),
                     terms, self.zone, now)  # fmt: skip
        staffed = [self.outlook.staffed(pool, terms.agents, *span) for span in spans]
        mean = fmean(one.work_s for one in staffed) if staffed else 0.0
        slot_s = terms.slot_minutes * 60.0
        return [
            Slot(start, end, pool, room(terms, one, slot_s, self.outlook.handle_s),
                 load(one, slot_s, mean))
            for (start, end), one in zip(spans, staffed, strict=True)
        ]  # fmt: skip


class Planner:
    """The plan of one process; any thread may ask.  One reads it again, the others do not wait
    for it unless there is none yet.
    """

    def __init__(self, database: Database, zone: ZoneInfo, country: str) -> None:
        self._database = database
        self._zone = zone
        self._country = country
        self._reading = threading.Lock()
        self._plan: tuple[datetime, Plan] | None = None
        self._outlook: tuple[datetime, Book, Outlook] | None = None

    def plan(self, now: datetime) -> Plan:
        """What stands, at most some seconds old."""
        known = self._plan
        if known is not None and now - known[0] < _PLANNED:
            return known[1]
        if not self._reading.acquire(blocking=known is None):
            assert known is not None
            return known[1]
        try:
            return self._read(now)
        finally:
            self._reading.release()

    def free(self, plan: Plan, reason: str, now: datetime) -> list[Slot]:
        """The slots with room for one more, the lighter first."""
        slots = [slot for slot in plan.slots(reason, now) if slot.capacity]
        if not slots:
            return []
        with self._database.engine.connect() as connection:
            booked = taken(connection, slots)
        found = [slot for slot in slots if booked.get(slot.start, 0) < slot.capacity]
        return sorted(found, key=lambda slot: slot.place)[:MOST]

    def booked(self, slot: Slot) -> int:
        """How many are booked in it."""
        with self._database.engine.connect() as connection:
            return taken(connection, [slot]).get(slot.start, 0)

    def forget(self) -> None:
        """Terms were changed: read everything again."""
        self._plan = self._outlook = None

    def _read(self, now: datetime) -> Plan:
        if self._plan is not None and now - self._plan[0] < _PLANNED:
            return self._plan[1]  # another one has read it while we waited
        with snapshot(self._database.engine) as connection:
            book = read_terms(connection)
            plan = Plan(
                book, calendars.read(connection), _words(connection, book),
                self._foreseen(connection, book, now), self._zone,
            )  # fmt: skip
        self._plan = now, plan
        return plan

    def _foreseen(self, connection: Connection, book: Book, now: datetime) -> Outlook:
        known = self._outlook
        if known is not None and known[1] == book and now - known[0] < _FORESEEN:
            return known[2]
        outlook = read_outlook(connection, book, now, self._zone, self._country)
        self._outlook = now, book, outlook
        return outlook


def advised(slots: Sequence[Slot]) -> list[dict[str, object]]:
    """Slots as customers are told them: the first is advised."""
    return [
        {"start": slot.start, "end": slot.end, "load": slot.load}
        | ({} if number else {"advised": True})
        for number, slot in enumerate(slots)
    ]


def taken(connection: Connection, slots: Iterable[Slot]) -> dict[datetime, int]:
    """How many are booked in each of these slots of one pool, by its start; none are left out."""
    listed = list(slots)
    c = callback_slots.c
    rows = connection.execute(
        select(c.start_at, c.booked)
        .where(c.pool == listed[0].pool)
        .where(c.start_at >= listed[0].start, c.start_at <= listed[-1].start)
    )
    return {row.start_at: row.booked for row in rows}


def _words(connection: Connection, book: Book) -> frozenset[tuple[str, str]]:
    c = exposure_words.c
    known = {(row.kind, row.word) for row in connection.execute(select(c.kind, c.word))}
    return frozenset(known | {("reason", reason) for reason in book if reason != ANY})
