"""What is offered, and changing it: read by everybody logged in, changed by operators.

Every change carries who, why and, where two could collide, the version that was seen; send
an `Idempotency-Key` to be able to send it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt

from app.access.guard import Operator, Viewer
from app.context import HouseDep
from app.exposure.model import ANY, Change, Switch, state_of
from app.exposure.service import ExposureService

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

    def change(self) -> Change:
        told = self.model_dump(exclude={"expected_version"})
        return Change(**told | {"state": state_of(self.state)})


class Revert(BaseModel):
    """Why the last change is undone."""

    model_config = ConfigDict(extra="forbid")

    why: str = ""
    expected_version: Version = None


@router.get("", summary="Every mode, word and switch, as of one revision")
def show(_viewer: Viewer, house: HouseDep) -> Answer:
    now = datetime.now(UTC)
    exposure = ExposureService(house.database).read()
    return {
        "as_of": now,
        "revision": exposure.revision,
        "modes": msgspec.to_builtins(exposure.modes),
        "words": msgspec.to_builtins(exposure.words),
        "switches": [told(switch, now) for switch in exposure.switches],
    }


@router.put("/switches", summary="Set the switch of one scope")
def set_switch(
    wanted: SwitchChange, operator: Operator, house: HouseDep, key: Key = None
) -> Answer:
    now = datetime.now(UTC)
    switch = ExposureService(house.database).set(
        wanted.change(),
        operator.actor(),
        now,
        expected_version=wanted.expected_version,
        key=key,
    )
    return told(switch, now)


@router.post("/switches/{id}/revert", summary="Undo the last change of a switch")
def revert(
    id: Id, operator: Operator, house: HouseDep, asked: Revert | None = None, key: Key = None
) -> Answer:
    asked = asked or Revert()
    now = datetime.now(UTC)
    switch = ExposureService(house.database).revert(
        id,
        operator.actor(),
        now,
        why=asked.why,
        expected_version=asked.expected_version,
        key=key,
    )
    return {"switch": None if switch is None else told(switch, now)}


@router.get("/history", summary="The audit, newest first")
def history(
    _viewer: Viewer,
    house: HouseDep,
    switch: Annotated[int | None, Query(ge=1, le=_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=_MAX, description="an entry's seq")] = None,
) -> Sequence[Answer]:
    entries = ExposureService(house.database).history(switch, limit=limit, before=before)
    return [entry.told() for entry in entries]


def told(switch: Switch, now: datetime) -> Answer:
    """A switch for a client, with whether it counts at this moment."""
    return {**msgspec.to_builtins(switch), "in_force": switch.in_force(now)}
