"""Schedules of reports over HTTP: who is sent which report when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from app import access
from app.access.guard import ReportReader, ReportSetter
from app.access.scopes import scope_of
from app.answers import answers
from app.bootstrap import House
from app.context import HouseDep
from app.errors import NotFound, WrongUse
from app.reports.sending.book import ReportBook
from app.reports.sending.model import EVERY_DAY, Schedule
from app.reports.sending.telling import (
    Answer,
    ScheduleTold,
    VersionTold,
    told,
    told_version,
)

router = APIRouter(prefix="/reports/schedules", tags=["reports"])

Name = Annotated[str, Path(max_length=40)]
Words = Annotated[list[str] | None, Field(max_length=100)]


class ScheduleAsked(BaseModel):
    """The whole content of a schedule; zone and language are the site's where they are left out."""

    model_config = ConfigDict(extra="forbid")

    report: str = Field("daily", description="daily, weekly or monthly")
    time: str = Field("07:00", description="of the zone's wall clock")
    zone: str | None = None
    days: list[StrictInt] = Field(
        list(EVERY_DAY), max_length=7, description="ISO weekdays: 1 Monday to 7 Sunday"
    )
    month_day: StrictInt = Field(0, description="instead a day of each month, 1 to 28; 0: none")
    sites: Words = None
    channels: Words = None
    language: str | None = None
    formats: list[str] = Field(["html", "pdf", "xlsx"], max_length=10)
    recipients: list[str] = Field(max_length=50)

    def schedule(self, name: str, house: House) -> Schedule:
        settings = house.settings
        content = self.model_dump(exclude={"sites", "channels"}) | {
            "name": name,
            "zone": settings.zone if self.zone is None else self.zone,
            "language": settings.language if self.language is None else self.language,
            "scope": msgspec.to_builtins(scope_of(self.sites, self.channels)),
        }
        return msgspec.convert(content, Schedule)


class SwitchAsked(BaseModel):
    """Whether it is sent."""

    model_config = ConfigDict(extra="forbid")

    enabled: StrictBool


def book_of(house: House) -> ReportBook:
    """The book of reports, as far as whoever asks sees."""
    mailable, known = house.settings.mailable, access.may("set_reports")
    return ReportBook(house.database, mailable, access.scope(), addresses=known)


@router.get(
    "",
    summary="Every schedule, and when it is due next",
    responses=answers(list[ScheduleTold]),
)
def show(_reader: ReportReader, house: HouseDep) -> Sequence[Answer]:
    now = datetime.now(UTC)
    return [told(each, now) for each in book_of(house).list()]


@router.get("/{name}", summary="One schedule", responses=answers(ScheduleTold))
def one(name: Name, _reader: ReportReader, house: HouseDep) -> Answer:
    return told(book_of(house).get(name), datetime.now(UTC))


@router.get(
    "/{name}/history",
    summary="Who did what to it, the newest first",
    responses=answers(list[VersionTold]),
)
def history(
    name: Name,
    _reader: ReportReader,
    house: HouseDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Sequence[Answer]:
    return [told_version(each) for each in book_of(house).history(name, limit)]


@router.put(
    "/{name}",
    summary="Send a report from now on: what differs is the next version",
    responses=answers(ScheduleTold),
)
def write(name: Name, asked: ScheduleAsked, setter: ReportSetter, house: HouseDep) -> Answer:
    now = datetime.now(UTC)
    try:
        kept = book_of(house).save(asked.schedule(name, house), setter.actor(), now)
    except NotFound as error:  # the report or the format, not what the address names
        raise WrongUse(str(error)) from error
    return told(kept, now)


@router.put("/{name}/switch", summary="Send by it or not", responses=answers(ScheduleTold))
def switch(name: Name, asked: SwitchAsked, setter: ReportSetter, house: HouseDep) -> Answer:
    now = datetime.now(UTC)
    return told(book_of(house).switch(name, asked.enabled, setter.actor(), now), now)


@router.delete("/{name}", status_code=204, summary="Take it away; what it sent stays")
def remove(name: Name, setter: ReportSetter, house: HouseDep) -> None:
    book_of(house).remove(name, setter.actor(), datetime.now(UTC))
