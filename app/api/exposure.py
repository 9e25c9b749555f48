"""What is offered, and changing it: read by everybody logged in, changed by operators.

Every change carries who, why and, where two could collide, the version that was seen; send
an `Idempotency-Key` to be able to send it again.  What closes anything waits for a second
person (202, `/exposure/pending`); a guardrail's refusal is a 409 with `guardrail`, `told` and
`allowed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt

from app.access.guard import Approver, Flipper, GuardrailSetter, Viewer
from app.answers import answers, waiting
from app.context import HouseDep
from app.exposure.approvals import Pending
from app.exposure.guardrails.values import Guardrails, decoded
from app.exposure.model import ANY, Change, Switch, state_of
from app.exposure.service import ExposureService
from app.exposure.telling import (
    EntryTold,
    Exposed,
    Opened,
    PendingTold,
    Reverted,
    Switches,
    SwitchTold,
)
from app.present import current_moment

router = APIRouter(prefix="/exposure", tags=["exposure"])

Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="Same key and content: the same answer, once."),
]
#: What a bigint holds.
_MAX = 2**63 - 1
Id = Annotated[int, Path(ge=1, le=_MAX)]
Version = Annotated[
    StrictInt | None,
    Field(ge=0, le=_MAX, description="The version seen, 0 for none; left out: whatever is there."),
]
Answer = dict[str, object]


class SwitchChange(BaseModel):
    """The whole of one switch as it shall be; '*' is any."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    reason: str = ANY
    segment: str = ANY
    surface: str = ANY
    state: str = Field(description="promoted, open, tucked or closed; the last two must expire")
    share: StrictInt = Field(100, description="percentage of visitors it applies to")
    message_fr: str | None = None
    message_en: str | None = None
    why: str = Field(description="what the audit and the other operators will read")
    owner: str = Field("", description="who answers for it; the caller when left out")
    starts_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    expected_version: Version = None
    emergency: bool = Field(
        False, description="one person closes alone, at once and for an hour at most"
    )

    def change(self) -> Change:
        told = self.model_dump(exclude={"expected_version", "emergency"})
        return Change(**told | {"state": state_of(self.state)})


class Reason(BaseModel):
    """Why something is done that concerns everything."""

    model_config = ConfigDict(extra="forbid")

    why: str = ""


class GuardrailsChange(BaseModel):
    """The whole of the guardrails as they shall be; what is left out is the default."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, object]
    why: str


class Revert(BaseModel):
    """Why the last change is undone."""

    model_config = ConfigDict(extra="forbid")

    why: str = ""
    expected_version: Version = None


@router.get(
    "", summary="Every mode, word and switch, as of one revision", responses=answers(Exposed)
)
def show(_viewer: Viewer, house: HouseDep) -> Answer:
    now = current_moment()
    service = ExposureService(house.database)
    exposure = service.read()
    return {
        "as_of": now,
        "revision": exposure.revision,
        "modes": msgspec.to_builtins(exposure.modes),
        "words": msgspec.to_builtins(exposure.words),
        "switches": [told(switch, now) for switch in exposure.switches],
        "pending": [proposal(one, now) for one in service.pending(now)],
    }


@router.put(
    "/switches",
    summary="Set the switch of one scope, or propose to",
    responses=waiting(SwitchTold, PendingTold),
)
def set_switch(
    wanted: SwitchChange,
    operator: Flipper,
    house: HouseDep,
    response: Response,
    key: Key = None,
) -> Answer:
    now, service = current_moment(), ExposureService(house.database)
    asked = (wanted.change(), operator.actor(), now)
    seen = wanted.expected_version
    if wanted.emergency:
        switch = service.set(*asked, expected_version=seen, key=key, emergency=True)
        return told(switch, now)
    found = service.propose(*asked, expected_version=seen, key=key)
    return _told_or_pending(found, now, response)


@router.post(
    "/switches/{id}/revert",
    summary="Undo the last change of a switch",
    responses=waiting(Reverted, PendingTold),
)
def revert(
    id: Id,
    operator: Flipper,
    house: HouseDep,
    response: Response,
    asked: Revert | None = None,
    key: Key = None,
) -> Answer:
    asked = asked or Revert()
    now = current_moment()
    found = ExposureService(house.database).revert(
        id,
        operator.actor(),
        now,
        why=asked.why,
        expected_version=asked.expected_version,
        key=key,
    )
    if isinstance(found, Pending):
        return _told_or_pending(found, now, response)
    return {"switch": None if found is None else told(found, now)}


@router.post(
    "/switches/{id}/ramp",
    summary="The next share of 10, 50, 100 %",
    responses=waiting(SwitchTold, PendingTold),
)
def ramp(id: Id, operator: Flipper, house: HouseDep, response: Response) -> Answer:
    now = current_moment()
    found = ExposureService(house.database).ramp(id, operator.actor(), now)
    return _told_or_pending(found, now, response)


@router.get(
    "/pending",
    summary="What waits for a second person; with all, what became of the rest",
    responses=answers(list[PendingTold]),
)
def pending(_viewer: Viewer, house: HouseDep, all: bool = False) -> Sequence[Answer]:
    now, service = current_moment(), ExposureService(house.database)
    found = service.proposals() if all else service.pending(now)
    return [proposal(one, now) for one in found]


@router.post(
    "/pending/{id}/approve",
    summary="Carry out what somebody else proposed",
    responses=answers(Switches),
)
def approve(id: Id, operator: Approver, house: HouseDep) -> Answer:
    now = current_moment()
    switches = ExposureService(house.database).approve(id, operator.actor(), now)
    return {"switches": [told(switch, now) for switch in switches]}


@router.post("/pending/{id}/reject", summary="Let a proposal go", status_code=204)
def reject(id: Id, operator: Approver, house: HouseDep) -> None:
    ExposureService(house.database).reject(id, operator.actor(), current_moment())


@router.post(
    "/all-open",
    summary="Kill switch: take away whatever hides a mode",
    responses=answers(Opened),
)
def all_open(operator: Flipper, house: HouseDep, asked: Reason | None = None) -> Answer:
    why = (asked or Reason()).why
    entries = ExposureService(house.database).all_open(operator.actor(), why, current_moment())
    return {"opened": [entry.told() for entry in entries]}


@router.post(
    "/all-open/undo",
    summary="Give back what the kill switch took away",
    responses=waiting(Switches, PendingTold),
)
def undo_all_open(
    operator: Flipper, house: HouseDep, response: Response, asked: Reason | None = None
) -> Answer:
    now, why = current_moment(), (asked or Reason()).why
    found = ExposureService(house.database).undo_all_open(operator.actor(), why, now)
    if isinstance(found, Pending):
        return _told_or_pending(found, now, response)
    return {"switches": [told(switch, now) for switch in found]}


@router.get(
    "/guardrails", summary="What the guardrails stand at", responses=answers(Guardrails)
)
def guardrails(_viewer: Viewer, house: HouseDep) -> Answer:
    values: Answer = msgspec.to_builtins(ExposureService(house.database).guardrails())
    return values


@router.put(
    "/guardrails",
    summary="Propose other guardrails; a second person approves",
    responses=waiting(Guardrails, PendingTold),
)
def set_guardrails(
    wanted: GuardrailsChange, operator: GuardrailSetter, house: HouseDep, response: Response
) -> Answer:
    now, service = current_moment(), ExposureService(house.database)
    values = decoded(wanted.values)
    found = service.propose_guardrails(values, operator.actor(), wanted.why, now)
    if found is None:
        same: Answer = msgspec.to_builtins(values)
        return same
    return _told_or_pending(found, now, response)


@router.get(
    "/history", summary="The audit, newest first", responses=answers(list[EntryTold])
)
def history(
    _viewer: Viewer,
    house: HouseDep,
    switch: Annotated[
        int | None, Query(ge=-1, le=_MAX, description="0: the guardrails, -1: hours")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=_MAX, description="an entry's seq")] = None,
) -> Sequence[Answer]:
    entries = ExposureService(house.database).history(switch, limit=limit, before=before)
    return [entry.told() for entry in entries]


def told(switch: Switch, now: datetime) -> Answer:
    """A switch for a client, with whether it counts at this moment."""
    return {**msgspec.to_builtins(switch), "in_force": switch.in_force(now)}


def _told_or_pending(found: Switch | Pending, now: datetime, response: Response) -> Answer:
    """The switch, or 202 with the proposal that waits for a second person."""
    if isinstance(found, Switch):
        return told(found, now)
    response.status_code = 202
    return {"pending": proposal(found, now)}


def proposal(pending: Pending, now: datetime) -> Answer:
    """A proposal for a client, with whether it still waits."""
    return {**msgspec.to_builtins(pending), "waits": pending.waits(now)}
