"""Calendars: read by everybody logged in, changed by operators; what no calendar names is open.

A change that closes a moment of the next 24 hours waits for a second person: 202, and
`/exposure/pending` as for any closing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.access.guard import HoursSetter, Viewer
from app.answers import answers, waiting
from app.api.exposure import proposal
from app.calendar_book import DayHours, WeekHours
from app.calendar_views import days, state, weeks
from app.context import HouseDep
from app.decision import Decision
from app.errors import WrongUse
from app.exposure.hours import setting
from app.exposure.service import ExposureService
from app.exposure.telling import PendingTold
from kpis.calendars import ANY, Calendars, Scope, read

router = APIRouter(prefix="/calendars", tags=["calendars"])

Answer = dict[str, object]
Word = Annotated[str, Query(description="* is any")]
#: Nobody waits for longer, and nobody asks for the spans of more.
_LONGEST = timedelta(days=3660)


class WeekTold(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """The hours of a scope from a day on; `hours` null: none of its own any more."""

    channel: str
    queue: str
    reason: str
    from_: date
    day: date | None
    hours: str | None
    zone: str
    country: str | None
    region: str | None
    holiday_hours: str
    decided_by: str
    decided_at: datetime
    why: str


class DayTold(msgspec.Struct, frozen=True):
    """A day that is not as the week says."""

    channel: str
    queue: str
    reason: str
    day: date
    hours: str | None
    zone: str
    decided_by: str
    decided_at: datetime
    why: str


class Standing(msgspec.Struct, frozen=True):
    """All that stands."""

    weeks: list[WeekTold]
    days: list[DayTold]


class StateTold(msgspec.Struct, frozen=True):
    """Open or not, why, and when that changes (null: not within 400 days)."""

    at: datetime
    open: bool
    because: str
    closes_at: datetime | None
    opens_at: datetime | None


class Stretch(msgspec.Struct, frozen=True):
    """A stretch of time."""

    start: datetime
    end: datetime


class Durations(msgspec.Struct, frozen=True):
    """Seconds, and when it was open."""

    calendar_s: float
    business_s: float
    open: list[Stretch]


class Week(BaseModel):
    """The weekly hours of a scope; '*' is any."""

    model_config = ConfigDict(extra="forbid")

    channel: str = ANY
    queue: str = ANY
    reason: str = ANY
    hours: str | None = Field(description="mon-fri 08:00-18:00; null: no calendar of its own")
    valid_from: date | None = Field(None, description="its first local day; today when left out")
    zone: str | None = Field(None, description="IANA zone; the site's when left out")
    country: str | None = Field(None, description="keep its public holidays: FR")
    region: str | None = Field(None, description="and those of its region: 57")
    holiday_hours: str = "closed"
    why: str = ""


class ExceptionalDay(BaseModel):
    """One day that is not as the week says."""

    model_config = ConfigDict(extra="forbid")

    channel: str = ANY
    queue: str = ANY
    reason: str = ANY
    day: date
    hours: str | None = Field(description="closed, 09:00-12:00; null: as usual after all")
    why: str = ""


@router.get(
    "", summary="The weeks and the exceptional days that stand", responses=answers(Standing)
)
def show(_viewer: Viewer, house: HouseDep) -> Answer:
    with house.database.engine.connect() as connection:
        return {"weeks": weeks(connection), "days": days(connection)}


@router.put(
    "", summary="Set the weekly hours of a scope", responses=waiting(Standing, PendingTold)
)
def set_week(wanted: Week, operator: HoursSetter, house: HouseDep, response: Response) -> Answer:
    told = wanted.model_dump(exclude={"why", "valid_from"})
    week = WeekHours(**told, from_=wanted.valid_from)
    return _set([week], [], wanted.why, operator, house, response)


@router.put(
    "/days",
    summary="Make one day an exception: closed, or with other hours",
    responses=waiting(Standing, PendingTold),
)
def set_day(
    wanted: ExceptionalDay, operator: HoursSetter, house: HouseDep, response: Response
) -> Answer:
    day = DayHours(**wanted.model_dump(exclude={"why"}))
    return _set([], [day], wanted.why, operator, house, response)


@router.get(
    "/at", summary="Is a scope open, why, and when that changes", responses=answers(StateTold)
)
def at(
    _viewer: Viewer,
    house: HouseDep,
    channel: Word = ANY,
    queue: Word = ANY,
    reason: Word = ANY,
    at: Annotated[AwareDatetime | None, Query(description="now when left out")] = None,
) -> Answer:
    return state(_read(house), Scope(channel, queue, reason), at or datetime.now(UTC))


@router.get(
    "/durations",
    summary="A stretch of time in calendar and in business hours",
    responses=answers(Durations),
)
def durations(
    _viewer: Viewer,
    house: HouseDep,
    start: AwareDatetime,
    end: AwareDatetime,
    channel: Word = ANY,
    queue: Word = ANY,
    reason: Word = ANY,
) -> Answer:
    """`calendar_s`, `business_s`, and the open spans of it."""
    if not timedelta(0) <= end - start <= _LONGEST:
        raise WrongUse("start must not lie after end, and at most ten years before it")
    known, scope = _read(house), Scope(channel, queue, reason)
    return {
        "calendar_s": (end - start).total_seconds(),
        "business_s": known.business_ms(scope, start, end) / 1000,
        "open": [{"start": a, "end": b} for a, b in known.open_spans(scope, start, end)],
    }


def _set(
    weeks: Sequence[WeekHours],
    days: Sequence[DayHours],
    why: str,
    operator: HoursSetter,
    house: HouseDep,
    response: Response,
) -> Answer:
    """The calendars as they then stand, or 202 with the proposal that waits."""
    now = datetime.now(UTC)
    act = setting(weeks, days, house.settings.zone, Decision(operator.name, why, now))
    found = ExposureService(house.database).set_hours(act, operator.actor(), why, now)
    if found is None:
        return show(operator, house)
    response.status_code = 202
    return {"pending": proposal(found, now)}


def _read(house: HouseDep) -> Calendars:
    with house.database.engine.connect() as connection:
        return read(connection)
