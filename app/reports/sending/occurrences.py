"""When a schedule is due.  Pure: a day of the wall clock, its moment, and what it tells of.

An occurrence is a local day, so there is one whatever the clocks do: a time that the clock skips
is the moment at which it skips it, of a time that it shows twice the first counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.reports.discovery import kind_named
from app.reports.sending.model import Schedule
from kpis.intervals import instant

#: Whoever was down for longer does not flood mailboxes with what nobody reads any more.
LATEST = timedelta(days=31)
_DAY = timedelta(days=1)
#: The next of a schedule is never further away.
_FAR = 62


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a schedule is due: on the local `day`, at the instant `at`."""

    day: date
    at: datetime


def between(schedule: Schedule, after: datetime, until: datetime) -> Iterator[Occurrence]:
    """Those with `after` < at ≤ `until`, in order."""
    zone = ZoneInfo(schedule.zone)
    day = after.astimezone(zone).date() - _DAY
    last = until.astimezone(zone).date() + _DAY
    while day <= last:
        if _falls_on(schedule, day):
            at = instant(day, schedule.minute, zone)
            if after < at <= until:
                yield Occurrence(day, at)
        day += _DAY


def following(schedule: Schedule, after: datetime) -> Occurrence:
    """The next one."""
    return next(between(schedule, after, after + timedelta(days=_FAR)))


def told_of(schedule: Schedule, day: date) -> date:
    """The first day of the period that the occurrence of that day tells of."""
    latest = kind_named(schedule.report).latest
    assert latest is not None  # checked when the schedule was written
    return latest(day)


def _falls_on(schedule: Schedule, day: date) -> bool:
    if schedule.month_day:
        return day.day == schedule.month_day
    return day.isoweekday() in schedule.days
