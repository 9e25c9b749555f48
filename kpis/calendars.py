"""Calendars: when a queue, a reason or a channel is open; pure functions on what was read.

A scope's hours on a local day are those of, in this order: the exception for that day, the
public holidays of its calendar, its calendar's week.  **Most specific wins**: the exception or
calendar whose scope names most of channel, queue and reason; among equals the one that names
the queue, then the reason, then the channel.  An exception for all goes before a week of one.
Where no calendar speaks of a scope it is always open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from kpis.calendar_schema import calendar_days, calendars
from kpis.errors import WrongQuery
from kpis.intervals import FIRST_YEAR, LAST_YEAR, instant, zone_named
from kpis.opening_hours import ALL_DAY, Hours, Week, day_hours, week_hours
from kpis.public_holidays import holiday_on

ANY = "*"
#: Nobody looks further ahead for the next opening or closing.
HORIZON = timedelta(days=400)
#: A stretch of time: [start, end) in UTC.
Span = tuple[datetime, datetime]

_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")
#: Which of (queue, reason, channel) a scope names, most specific first.
_NAMED = sorted(product((True, False), repeat=3), key=lambda named: (sum(named), named))[::-1]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose hours; ``*`` is any."""

    channel: str = ANY
    queue: str = ANY
    reason: str = ANY

    def wider(self) -> Iterator[Scope]:
        """Itself and every scope that covers it, the most specific first."""
        for queue, reason, channel in _NAMED:
            yield Scope(
                self.channel if channel else ANY,
                self.queue if queue else ANY,
                self.reason if reason else ANY,
            )


@dataclass(frozen=True, slots=True)
class Calendar:
    """The hours of a scope from the local day `valid_from` on.

    `week` None: no calendar of its own any more.  `holiday_hours`: on public holidays of the
    country (None: none are kept) and region.
    """

    scope: Scope
    valid_from: date
    zone: ZoneInfo
    week: Week | None
    country: str | None = None
    region: str | None = None
    holiday_hours: Hours = ()


@dataclass(frozen=True, slots=True)
class ExceptionalDay:
    """A day that is not as the week says; `zone` counts where the scope has no calendar."""

    scope: Scope
    day: date
    hours: Hours
    zone: ZoneInfo
    why: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The hours of one local day and what decided them, in words."""

    hours: Hours
    zone: ZoneInfo
    because: str

    def spans(self, day: date) -> list[Span]:
        """The hours of the day in UTC; where the clock shows an hour twice both are in it."""
        return [
            (instant(day, start, self.zone), instant(day, end, self.zone, last=True))
            for start, end in self.hours
        ]


@dataclass(frozen=True, slots=True)
class Calendars:
    """All calendars of one moment.  Times are aware; ranges half-open; spans ordered, apart.

    A naive time or an absurd one raises WrongQuery.
    """

    #: By scope, the latest first.
    weeks: dict[Scope, tuple[Calendar, ...]] = field(default_factory=dict)
    days: dict[tuple[Scope, date], ExceptionalDay] = field(default_factory=dict)
    #: The channels, queues and reasons that any of them names.
    words: tuple[frozenset[str], ...] = (frozenset(),) * 3
    #: Days worked out before: a memory, no state.
    _known: dict[tuple[Scope, date], list[Span]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def of(cls, weeks: Iterable[Calendar] = (), days: Iterable[ExceptionalDay] = ()) -> Calendars:
        """The calendars made of these rows."""
        by_scope: dict[Scope, list[Calendar]] = {}
        for each in sorted(weeks, key=lambda calendar: calendar.valid_from, reverse=True):
            by_scope.setdefault(each.scope, []).append(each)
        by_day = {(each.scope, each.day): each for each in days}
        named = [*by_scope, *(scope for scope, _ in by_day)]
        words = (
            frozenset(scope.channel for scope in named),
            frozenset(scope.queue for scope in named),
            frozenset(scope.reason for scope in named),
        )
        return cls({scope: tuple(found) for scope, found in by_scope.items()}, by_day, words)

    def is_open(self, scope: Scope, at: datetime) -> bool:
        """Is it open at that moment?"""
        return any(start <= at < end for start, end in self._between(scope, at, at))

    def next_opening(self, scope: Scope, at: datetime) -> datetime | None:
        """The first moment from `at` on at which it is open; None: not within the horizon."""
        for start, end in self._between(scope, at, at + HORIZON):
            if end > at:
                return max(start, at).astimezone(UTC)
        return None

    def next_closing(self, scope: Scope, at: datetime) -> datetime | None:
        """The first moment from `at` on at which it is closed; None: not within the horizon."""
        until = at
        for start, end in self._between(scope, at, at + HORIZON):
            if start > until:
                break
            until = max(until, end)
        return until.astimezone(UTC) if until < at + HORIZON else None

    def because(self, scope: Scope, at: datetime) -> str:
        """What decides the hours of the local day of `at`, in words."""
        _require_possible(at)
        zone = self._day(scope, at.astimezone(UTC).date()).zone
        return self._day(scope, at.astimezone(zone).date()).because

    def open_spans(self, scope: Scope, start: datetime, end: datetime) -> list[Span]:
        """The stretches of [start, end) in which it is open."""
        found: list[Span] = []
        for opens, closes in self._between(scope, start, end):
            begin, until = max(opens, start), min(closes, end)
            if begin >= until:
                continue
            if found and begin <= found[-1][1]:
                before = found.pop()
                begin, until = min(before[0], begin), max(before[1], until)
            found.append((begin.astimezone(UTC), until.astimezone(UTC)))
        return found

    def business_ms(self, scope: Scope, start: datetime, end: datetime) -> int:
        """The milliseconds of [start, end) in which it is open."""
        spans = self.open_spans(scope, start, end)
        return sum((until - begin) // timedelta(milliseconds=1) for begin, until in spans)

    def as_known(self, scope: Scope) -> Scope:
        """The widest scope with the same hours: words that no calendar names are any."""
        told = (scope.channel, scope.queue, scope.reason)
        named = zip(told, self.words, strict=True)
        return Scope(*(word if word in words else ANY for word, words in named))

    def _between(self, scope: Scope, start: datetime, end: datetime) -> Iterator[Span]:
        """The spans of every local day that can reach into [start, end), in order."""
        _require_possible(start, end)
        known = self.as_known(scope)
        # A local day is up to 14 hours off that of UTC, and its hours end a day later at most.
        day, last = start.astimezone(UTC).date() - 2 * _DAY, end.astimezone(UTC).date() + _DAY
        while day <= last:
            yield from self._spans(known, day)
            day += _DAY

    def _spans(self, scope: Scope, day: date) -> list[Span]:
        if (known := self._known.get((scope, day))) is None:
            known = self._known[scope, day] = self._day(scope, day).spans(day)
        return known

    def _day(self, scope: Scope, day: date) -> Day:
        """What the calendars say of a local day."""
        calendar = self._calendar(scope, day)
        for each in scope.wider():
            if (special := self.days.get((each, day))) is not None:
                zone = calendar.zone if calendar else special.zone
                return Day(special.hours, zone, f"exception: {special.why or day.isoformat()}")
        if calendar is None:
            return Day(ALL_DAY, self._zone(scope), "no calendar: always open")
        return _as_usual(calendar, day)

    def _zone(self, scope: Scope) -> ZoneInfo:
        """Where a day without a calendar is cut: where those are that have one, so that it ends
        when the next begins."""
        wider = list(scope.wider())
        weeks = (calendar.zone for each in wider for calendar in self.weeks.get(each, ()))
        days = (special.zone for special in self.days.values() if special.scope in wider)
        return next(weeks, None) or next(days, _UTC)

    def _calendar(self, scope: Scope, day: date) -> Calendar | None:
        """The calendar that decides for the scope on that day."""
        for each in scope.wider():
            standing = (c for c in self.weeks.get(each, ()) if c.valid_from <= day)
            if (calendar := next(standing, None)) is not None and calendar.week is not None:
                return calendar
        return None


def read(connection: Connection) -> Calendars:
    """The calendars as they stand."""
    c, d = calendars.c, calendar_days.c
    weeks = (
        select(calendars)
        .ext(distinct_on(c.channel, c.queue, c.reason, c.valid_from))
        .order_by(c.channel, c.queue, c.reason, c.valid_from, c.id.desc())
    )
    days = (
        select(calendar_days)
        .ext(distinct_on(d.channel, d.queue, d.reason, d.day))
        .order_by(d.channel, d.queue, d.reason, d.day, d.id.desc())
    )
    return Calendars.of(
        [
            Calendar(
                Scope(row.channel, row.queue, row.reason),
                row.valid_from,
                zone_named(row.zone),
                None if row.hours is None else week_hours(row.hours),
                row.country,
                row.region,
                day_hours(row.holiday_hours),
            )
            for row in connection.execute(weeks)
        ],
        [
            ExceptionalDay(
                Scope(row.channel, row.queue, row.reason),
                row.day,
                day_hours(row.hours),
                zone_named(row.zone),
                row.why,
            )
            for row in connection.execute(days)
            if row.hours is not None
        ],
    )


def _as_usual(calendar: Calendar, day: date) -> Day:
    assert calendar.week is not None
    holiday = calendar.country and holiday_on(day, calendar.country, calendar.region)
    if holiday:
        return Day(calendar.holiday_hours, calendar.zone, f"public holiday: {holiday}")
    return Day(calendar.week[day.weekday()], calendar.zone, "the week")


def _require_possible(*times: datetime) -> None:
    if any(at.tzinfo is None for at in times):
        raise WrongQuery("times of a calendar need a time zone")
    if any(not FIRST_YEAR <= at.year <= LAST_YEAR for at in times):
        raise WrongQuery(f"a calendar knows the years {FIRST_YEAR} to {LAST_YEAR}")
