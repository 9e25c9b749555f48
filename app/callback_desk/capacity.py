"""Slots and their room: opening hours × agents × what the forecast leaves free.  Pure.

In a slot, agents have ``agents × length`` of time; up to the planned `occupancy` it is used.
What incoming calls are forecast to take goes off first; of what is left callbacks take `share`,
each as long as a contact takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import floor
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from app.callback_desk.terms import Terms
from kpis.calendars import Calendar, Calendars, Scope, Span
from kpis.intervals import instant
from kpis.opening_hours import week_hours

CHANNEL = "callback"
Load = Literal["light", "normal", "busy"]
#: The lightest first.
LOADS: tuple[Load, ...] = ("light", "normal", "busy")
#: Occupancy by incoming calls below which a slot is light, and from which it is busy…
_OF_AGENTS = (0.6, 0.8)
#: …and where nobody knows the agents: work, as a share of that of the mean slot.
_OF_MEAN = (0.8, 1.2)
_DAY_MINUTES = 24 * 60
_LONG_AGO = date(2000, 1, 1)


class Slot(msgspec.Struct, frozen=True):
    """A slot with room for so many, and how busy its agents will be with incoming calls."""

    start: datetime
    end: datetime
    pool: str
    capacity: int
    load: Load

    @property
    def place(self) -> tuple[int, datetime]:
        """The lighter first, then the sooner."""
        return LOADS.index(self.load), self.start


@dataclass(frozen=True, slots=True)
class Staffed:
    """Who is there in a slot and what they are expected to do: `agents` None: nobody knows."""

    agents: float | None
    work_s: float


def hours_open(
    calendars: Calendars, terms: Terms, reason: str, zone: ZoneInfo, now: datetime
) -> list[Span]:
    """When callbacks for the reason may be made: within the calendars and within the terms."""
    until = now + timedelta(days=terms.ahead_days + 1)
    scope = Scope(channel=CHANNEL, reason=reason or "*")
    week = Calendar(Scope(), _LONG_AGO, zone, week_hours(terms.hours))
    polite = Calendars.of([week]).open_spans(Scope(), now, until)
    # A slot that has begun is looked at as a whole.
    begun = now - timedelta(minutes=terms.slot_minutes)
    return list(_common(calendars.open_spans(scope, begun, until), polite))


def grid(spans: Iterable[Span], terms: Terms, zone: ZoneInfo, now: datetime) -> list[Span]:
    """The slots of the terms that lie within the spans, from now and the lead on, in order.

    They begin with the local day; a slot that a change of the clock would lengthen or shorten is
    left out.
    """
    earliest, length = now + timedelta(minutes=terms.lead_minutes), terms.slot_minutes
    today = now.astimezone(zone).date()
    open_spans = list(spans)
    found = []
    for ahead in range(terms.ahead_days + 1):
        day = today + timedelta(days=ahead)
        for minute in range(0, _DAY_MINUTES - length + 1, length):
            start, end = (instant(day, m, zone) for m in (minute, minute + length))
            inside = any(begin <= start and end <= until for begin, until in open_spans)
            if inside and start >= earliest and end - start == timedelta(minutes=length):
                found.append((start, end))
    return found


def room(terms: Terms, staffed: Staffed, slot_s: float, handle_s: float) -> int:
    """How many callbacks a slot takes."""
    if staffed.agents is None:
        return min(terms.unknown, terms.most)
    free_s = staffed.agents * slot_s * terms.occupancy - staffed.work_s
    return max(0, min(terms.most, floor(free_s * terms.share / handle_s)))


def load(staffed: Staffed, slot_s: float, mean_work_s: float) -> Load:
    """How busy the slot will be with incoming calls."""
    if staffed.agents:
        return _between(staffed.work_s / (staffed.agents * slot_s), _OF_AGENTS)
    return _between(staffed.work_s / mean_work_s, _OF_MEAN) if mean_work_s else "normal"


def _between(value: float, bounds: tuple[float, float]) -> Load:
    light, busy = bounds
    return "light" if value < light else "normal" if value < busy else "busy"


def _common(some: Iterable[Span], others: Iterable[Span]) -> Iterator[Span]:
    """What is in both."""
    listed = list(others)
    for start, end in some:
        for other_start, other_end in listed:
            begin, until = max(start, other_start), min(end, other_end)
            if begin < until:
                yield begin.astimezone(UTC), until.astimezone(UTC)
