"""Alerts over HTTP: read by everybody logged in; written and seen to by operators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt

from app.access.guard import AlertTaker, AlertWriter, Viewer
from app.alerts.book import LONGEST_DAYS, AlertBook
from app.alerts.model import ANY, Alert
from app.alerts.telling import AlertTold, Answer, FiringTold, told, told_firing
from app.alerts.trial import Trial
from app.answers import answers
from app.bootstrap import House
from app.context import HouseDep
from app.errors import WrongUse
from app.present import current_moment

router = APIRouter(prefix="/alerts", tags=["alerts"])

Name = Annotated[str, Path(max_length=48)]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Days = Annotated[int, Query(ge=1, le=LONGEST_DAYS)]
Number = StrictFloat | StrictInt


class AlertAsked(BaseModel):
    """The whole content of an alert; times in seconds, shares as fractions."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    kpi: str = Field(description="a KPI's key; of the kind forecast: offered")
    kind: str = Field("threshold", description="threshold, or forecast: outside of its band")
    channel: str = ANY
    queue: str = ANY
    reason: str = ANY
    segment: str = ANY
    site: str = ANY
    side: str = Field("above", description="above, below; of a forecast also either")
    enter: Number = Field(1.0, description="it fires from here on")
    exit: Number = Field(0.7, description="and is over back here")
    window_s: StrictInt = Field(1800, description="900 to 86400; 0 for today")
    held_s: StrictInt = 60
    min_volume: StrictInt = Field(0, description="with fewer contacts nothing is judged")
    stale_s: StrictInt = Field(300, description="a feed silent for longer is not believed")
    severity: str = Field("warning", description="warning or critical")
    mail: list[str] = Field([], max_length=20)

    def alert(self, name: str) -> Alert:
        try:
            return msgspec.convert(self.model_dump() | {"name": name}, Alert)
        except msgspec.ValidationError as error:
            raise WrongUse(f"no such alert: {error}") from error


class SwitchAsked(BaseModel):
    """Whether the alert is watched."""

    model_config = ConfigDict(extra="forbid")

    enabled: StrictBool


class SnoozeAsked(BaseModel):
    """For how long nothing is told; 0 ends the snooze."""

    model_config = ConfigDict(extra="forbid")

    minutes: StrictInt = Field(ge=0, le=7 * 24 * 60)


def book_of(house: House) -> AlertBook:
    """The alert book of the house."""
    return AlertBook(house.database, house.settings.tz, house.settings.mailable)


@router.get(
    "",
    summary="Every alert: content, where it stands, what was read last",
    responses=answers(list[AlertTold]),
)
def show(viewer: Viewer, house: HouseDep) -> Sequence[Answer]:
    now, addresses = current_moment(), viewer.may("set_alerts")
    return [told(each, now, addresses=addresses) for each in book_of(house).list()]


@router.get(
    "/firing", summary="What fires now, the newest first", responses=answers(list[FiringTold])
)
def firing(_viewer: Viewer, house: HouseDep) -> Sequence[Answer]:
    now = current_moment()
    return [told_firing(each, now) for each in book_of(house).firing()]


@router.get(
    "/history",
    summary="What has fired, over or not, the newest first",
    responses=answers(list[FiringTold]),
)
def history(
    _viewer: Viewer,
    house: HouseDep,
    name: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Sequence[Answer]:
    now = current_moment()
    return [told_firing(each, now) for each in book_of(house).history(name, limit)]


@router.get("/{name}", summary="One alert", responses=answers(AlertTold))
def one(name: Name, viewer: Viewer, house: HouseDep) -> Answer:
    addresses = viewer.may("set_alerts")
    return told(book_of(house).get(name), current_moment(), addresses=addresses)


@router.put(
    "/{name}",
    summary="Write an alert: what differs is its next version",
    responses=answers(AlertTold),
)
def write(name: Name, asked: AlertAsked, operator: AlertWriter, house: HouseDep) -> Answer:
    now = current_moment()
    return told(book_of(house).save(asked.alert(name), operator.actor(), now), now)


@router.put("/{name}/enabled", summary="Watch an alert or not", responses=answers(AlertTold))
def switch(name: Name, asked: SwitchAsked, operator: AlertWriter, house: HouseDep) -> Answer:
    now = current_moment()
    return told(book_of(house).switch(name, asked.enabled, operator.actor(), now), now)


@router.put(
    "/{name}/snooze",
    summary="Tell nothing of an alert for so many minutes",
    responses=answers(AlertTold),
)
def snooze(name: Name, asked: SnoozeAsked, operator: AlertTaker, house: HouseDep) -> Answer:
    now = current_moment()
    until = now + timedelta(minutes=asked.minutes)
    kept = book_of(house).snooze(name, until, operator.actor(), now)
    return told(kept, now, addresses=operator.may("set_alerts"))


@router.post(
    "/{name}/trials",
    summary="When this would have fired in the last days; kept nowhere",
    responses=answers(Trial),
)
def try_on(
    name: Name, asked: AlertAsked, operator: AlertWriter, house: HouseDep, days: Days = 14
) -> Answer:
    trial = book_of(house).try_on(asked.alert(name), days, operator.actor(), current_moment())
    answer: Answer = msgspec.to_builtins(trial)
    return answer


@router.post(
    "/firing/{id}/acknowledge",
    summary="Tell the others that you see to it",
    responses=answers(FiringTold),
)
def acknowledge(id: Id, operator: AlertTaker, house: HouseDep) -> Answer:
    now = current_moment()
    return told_firing(book_of(house).acknowledge(id, operator.actor(), now), now)
