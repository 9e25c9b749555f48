"""What an offer depends on beside switches: opening hours, waits, links, and what a page tells.

`Rows` is how it is read and kept (it goes through JSON unchanged), `Surroundings` how it is
asked.  Both are values: nothing here reads or waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from app.exposure.model import ANY, Switch
from kpis.calendars import Calendar, Calendars, ExceptionalDay, Scope
from kpis.errors import KpiError
from kpis.intervals import zone_named
from kpis.opening_hours import day_hours, week_hours

#: An estimate older than this is told to nobody.
WAIT_KEPT = timedelta(minutes=5)
_DAY = timedelta(days=1)
#: Openings that are remembered at most.
_MINUTES = 5_000


class WeekRow(msgspec.Struct, frozen=True):
    """A row of ``calendars``, as it is written there."""

    channel: str
    queue: str
    reason: str
    valid_from: date
    hours: str | None
    zone: str
    country: str | None
    region: str | None
    holiday_hours: str


class DayRow(msgspec.Struct, frozen=True):
    """A row of ``calendar_days``, as it is written there."""

    channel: str
    queue: str
    reason: str
    day: date
    hours: str
    zone: str
    why: str


class Wait(msgspec.Struct, frozen=True):
    """The last estimate of a queue (empty where none is told), in seconds, and when it was made."""

    channel: str
    queue: str
    wait_s: float
    at: datetime


class Link(msgspec.Struct, frozen=True):
    """Where a mode is found from a surface; ``*`` is any surface."""

    channel: str
    surface: str
    link: str


class Clue(msgspec.Struct, frozen=True):
    """What a visitor's page, place, contract, basket or path tells of reason and segment.

    All that is said must meet: `page` is how the address begins, `path` a page seen before in
    the session, `least_basket` a value in cents.  What the visitor tells goes before.
    """

    id: int
    page: str | None = None
    location: str | None = None
    contract: str | None = None
    least_basket: int | None = None
    path: str | None = None
    reason: str | None = None
    segment: str | None = None


class RuleMade(msgspec.Struct, frozen=True):
    """The rule that made a switch what it is at this version, as the audit has it."""

    switch: int
    version: int
    rule: str


class Rows(msgspec.Struct, frozen=True):
    """Everything beside the switches, as read.  `live`: modes where people answer at once."""

    weeks: tuple[WeekRow, ...] = ()
    days: tuple[DayRow, ...] = ()
    live: tuple[str, ...] = ()
    waits: tuple[Wait, ...] = ()
    links: tuple[Link, ...] = ()
    clues: tuple[Clue, ...] = ()
    rules: tuple[RuleMade, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a mode is open by its calendar, why, and the hours of the local day."""

    open: bool
    because: str
    hours: str | None


#: Where no calendar speaks.
ALWAYS = Opening(True, "no calendar", None)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The rows, ready to be asked.

    A calendar closes the modes where people answer at once; what is written waits for them, so
    a written mode closes only by a calendar that names its channel.
    """

    calendars: Calendars = field(default_factory=Calendars)
    live: frozenset[str] = frozenset()
    waits: Mapping[str, Mapping[str, Wait]] = field(default_factory=dict)
    links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    clues: tuple[Clue, ...] = ()
    #: By switch and version.
    rules: Mapping[tuple[int, int], str] = field(default_factory=dict)
    #: What was worked out for the last minute asked for: a memory, no state.
    _known: dict[tuple[Scope, datetime], Opening] = field(
        default_factory=dict, repr=False, compare=False
    )

    def opening(self, channel: str, reason: str | None, now: datetime) -> Opening:
        """What the calendars say of the mode; one that cannot be read says nothing."""
        if not (self.calendars.weeks or self.calendars.days):
            return ALWAYS
        scope = self.scope(channel, reason)
        if not self._closes(channel, scope):
            return ALWAYS
        # Calendars open and close on minutes.
        minute = now.replace(second=0, microsecond=0)
        if (known := self._known.get((scope, minute))) is None:
            if len(self._known) >= _MINUTES:
                self._known.clear()
            known = self._known[scope, minute] = self._opening(scope, minute)
        return known

    def _opening(self, scope: Scope, now: datetime) -> Opening:
        try:
            hours = _local_hours(self.calendars, scope, now)
            return Opening(
                self.calendars.is_open(scope, now), self.calendars.because(scope, now), hours
            )
        except KpiError:
            return ALWAYS

    def next_opening(self, channel: str, reason: str | None, at: datetime) -> datetime | None:
        """The first moment from `at` on at which the calendars have it open; None: none known."""
        scope = self.scope(channel, reason)
        if not self._closes(channel, scope):
            return at
        try:
            return self.calendars.next_opening(scope, at)
        except KpiError:
            return at

    def wait_s(self, channel: str, reason: str | None, now: datetime) -> float | None:
        """Seconds that who comes now waits: of the queue named like the reason, else the longest
        of the channel's queues, so that nobody is promised too little.
        """
        queues = self.waits.get(channel, {})
        fresh = {n: one.wait_s for n, one in queues.items() if now - one.at < WAIT_KEPT}
        if reason is not None and reason in fresh:
            return fresh[reason]
        return max(fresh.values(), default=None)

    def rule_of(self, switch: Switch) -> str | None:
        """The rule that made the switch what it is; None where a person did, whoever owns it."""
        return self.rules.get((switch.id, switch.version))

    def link(self, channel: str, surface: str | None) -> str | None:
        """Where the mode is found, from that surface or else from any."""
        own = None if surface is None else self.links.get((channel, surface))
        return own or self.links.get((channel, ANY))

    def scope(self, channel: str, reason: str | None) -> Scope:
        """The widest scope with the same hours."""
        return self.calendars.as_known(Scope(channel=channel, reason=reason or ANY))

    def _closes(self, channel: str, scope: Scope) -> bool:
        return channel in self.live or scope.channel != ANY


def surroundings(rows: Rows) -> Surroundings:
    """The rows made ready.  Raises kpis.errors.WrongQuery where a calendar cannot be read."""
    waits: dict[str, dict[str, Wait]] = {}
    for one in rows.waits:
        waits.setdefault(one.channel, {})[one.queue] = one
    return Surroundings(
        Calendars.of(map(_week, rows.weeks), map(_day, rows.days)),
        frozenset(rows.live),
        waits,
        {(one.channel, one.surface): one.link for one in rows.links},
        rows.clues,
        {(one.switch, one.version): one.rule for one in rows.rules},
    )


def _week(row: WeekRow) -> Calendar:
    return Calendar(
        Scope(row.channel, row.queue, row.reason),
        row.valid_from,
        zone_named(row.zone),
        None if row.hours is None else week_hours(row.hours),
        row.country,
        row.region,
        day_hours(row.holiday_hours),
    )


def _day(row: DayRow) -> ExceptionalDay:
    """Without why: what is offered is told to anybody, and says the day instead."""
    scope = Scope(row.channel, row.queue, row.reason)
    return ExceptionalDay(scope, row.day, day_hours(row.hours), zone_named(row.zone))


def _local_hours(calendars: Calendars, scope: Scope, now: datetime) -> str | None:
    """The hours of the local day as they are written on a door; None without a calendar."""
    day = calendars._day(scope, now.astimezone(UTC).date())
    if day.because.startswith("no calendar"):
        return None
    midnight = datetime.combine(now.astimezone(day.zone).date(), time(), day.zone)
    spans = calendars.open_spans(scope, midnight, midnight + _DAY)
    written = [
        f"{start.astimezone(day.zone):%H:%M}-{_end(end.astimezone(day.zone), midnight)}"
        for start, end in spans
    ]
    return ",".join(written) or "closed"


def _end(end: datetime, midnight: datetime) -> str:
    return "24:00" if end.date() > midnight.date() else f"{end:%H:%M}"
