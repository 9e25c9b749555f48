"""The only writer of calendars: rows are added, never changed; the last of a scope and day stands.

`NOTIFICATIONS` tells whoever keeps the calendars in memory to read them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from sqlalchemy import Connection, insert, text

from app.decision import Decision, word
from app.errors import WrongUse
from ingest.database import Database
from kpis.calendar_schema import calendar_days, calendars
from kpis.calendars import ANY
from kpis.intervals import FIRST_YEAR, LAST_YEAR, zone_named
from kpis.opening_hours import CLOSED, day_hours, day_text, week_hours, week_text
from kpis.public_holidays import holiday_on

NOTIFICATIONS = "vigie_calendars"


class WeekHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """The weekly hours of a scope from a local day on, as :mod:`kpis.opening_hours` reads them.

    `hours` None: no calendar of its own any more.  `country`, `region`: whose public holidays
    are kept, with the hours `holiday_hours`.  `zone`: else the site's; `from_`: else today.
    """

    channel: str = ANY
    queue: str = ANY
    reason: str = ANY
    hours: str | None = None
    from_: date | None = None
    zone: str | None = None
    country: str | None = None
    region: str | None = None
    holiday_hours: str = CLOSED


class DayHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hours of a scope on one day; None: the day is as usual after all."""

    day: date
    hours: str | None = CLOSED
    channel: str = ANY
    queue: str = ANY
    reason: str = ANY
    why: str = ""


@dataclass(frozen=True, slots=True)
class CalendarBook:
    """Changes on one database; `zone` is the site's."""

    database: Database
    zone: str

    def add(self, weeks: Sequence[WeekHours], days: Sequence[DayHours], decision: Decision) -> None:
        """Put all of them in force, or none.  Raises WrongUse, kpis.errors.WrongQuery."""
        with self.database.engine.begin() as connection:
            put(connection, weeks, days, self.zone, decision)


def put(
    connection: Connection,
    weeks: Iterable[WeekHours],
    days: Iterable[DayHours],
    zone: str,
    decision: Decision,
) -> None:
    """Put all of them in force in this transaction, or none, of the site's `zone`.

    Raises WrongUse, kpis.errors.WrongQuery.
    """
    today = _today(zone, decision.at)
    week_rows = [_week(each, zone, today) for each in weeks]
    day_rows = [_day(each, zone, decision.why) for each in days]
    kept = {"decided_at": decision.at, "decided_by": decision.by}
    for row in week_rows:
        connection.execute(insert(calendars).values(**row, **kept, why=decision.why))
    for row in day_rows:
        connection.execute(insert(calendar_days).values(**row, **kept))
    _tell(connection)


def settled(
    weeks: Iterable[WeekHours], days: Iterable[DayHours], zone: str, decision: Decision
) -> tuple[tuple[WeekHours, ...], tuple[DayHours, ...]]:
    """The same, each with its first day told, as they may wait for a later decision.

    Raises WrongUse, kpis.errors.WrongQuery where they could not be put in force.
    """
    today = _today(zone, decision.at)
    kept = tuple(msgspec.structs.replace(each, from_=each.from_ or today) for each in weeks)
    for week in kept:
        _week(week, zone, today)
    exceptions = tuple(days)
    for day in exceptions:
        _day(day, zone, decision.why)
    return kept, exceptions


def _today(zone: str, at: datetime) -> date:
    return at.astimezone(zone_named(zone)).date()


def _week(wanted: WeekHours, zone: str, today: date) -> dict[str, object]:
    if wanted.region and not wanted.country:
        raise WrongUse(f"region «{wanted.region}» needs its country")
    valid_from = _possible(wanted.from_ or today)
    if wanted.country:
        holiday_on(valid_from, wanted.country, wanted.region)
    return {
        **_scope(wanted),
        "valid_from": valid_from,
        "hours": None if wanted.hours is None else week_text(week_hours(wanted.hours)),
        "zone": zone_named(wanted.zone or zone).key,
        "country": wanted.country,
        "region": wanted.region,
        "holiday_hours": day_text(day_hours(wanted.holiday_hours)),
    }


def _day(wanted: DayHours, zone: str, why: str) -> dict[str, object]:
    if not wanted.why.isprintable():
        raise WrongUse("why: write it on one line")
    return {
        **_scope(wanted),
        "day": _possible(wanted.day),
        "hours": None if wanted.hours is None else day_text(day_hours(wanted.hours)),
        "zone": zone,
        "why": wanted.why or why,
    }


def _scope(wanted: WeekHours | DayHours) -> dict[str, object]:
    return {name: word(name, getattr(wanted, name)) for name in ("channel", "queue", "reason")}


def _possible(day: date) -> date:
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise WrongUse(f"{day} is too far away: use the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _tell(connection: Connection) -> None:
    connection.execute(text(f"notify {NOTIFICATIONS}"))
