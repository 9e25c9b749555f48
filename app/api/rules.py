"""Rules over HTTP: read by everybody logged in; written, tried and switched by operators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt

from app.access.guard import RuleWriter, Viewer
from app.answers import answers
from app.context import HouseDep
from app.errors import WrongUse
from app.exposure.model import ANY, Switch
from app.exposure.rules.book import LONGEST_DAYS, RuleBook
from app.exposure.rules.deciding import Reading
from app.exposure.rules.model import Rule, mode_of
from app.exposure.rules.records import Logged, Tried
from app.exposure.rules.telling import RuleTold, told

router = APIRouter(prefix="/rules", tags=["rules"])

Answer = dict[str, object]
Name = Annotated[str, Path(max_length=48)]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Number = StrictFloat | StrictInt


class ConditionAsked(BaseModel):
    """Beyond `enter` the rule acts, back within `exit` it lets go (70 % of `enter` at most)."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    measure: str = Field(
        description="longest_wait, average_wait, backlog_age (seconds), service_level (fraction), "
        "agents_free, cost"
    )
    enter: Number
    exit: Number


class DoingAsked(BaseModel):
    """The switch that the rule sets; an empty channel or reason is the watched one."""

    model_config = ConfigDict(extra="forbid")

    state: str = "tucked"
    channel: str = ""
    reason: str = ""
    segment: str = ANY
    surface: str = ANY
    message_fr: str | None = None
    message_en: str | None = None


class RuleAsked(BaseModel):
    """The whole content of a rule; times in seconds."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    queue: str = ANY
    reason: str = ANY
    conditions: list[ConditionAsked] = Field(max_length=6)
    window_s: StrictInt = 900
    held_s: StrictInt = 180
    dwell_s: StrictInt = 900
    cooldown_s: StrictInt = 1800
    ramp: list[StrictInt] = Field([10, 50, 100], max_length=10)
    ramp_s: StrictInt = 300
    cap: StrictInt = 4
    stale_s: StrictInt = 300
    lasts_s: StrictInt = 3600
    doing: DoingAsked = DoingAsked()
    why: str = ""

    def rule(self, name: str) -> Rule:
        content = self.model_dump(exclude={"why"}) | {"name": name}
        try:
            return msgspec.convert(content, Rule)
        except msgspec.ValidationError as error:
            raise WrongUse(f"no such rule: {error}") from error


class ModeAsked(BaseModel):
    """off, advise or auto; auto needs a trial of the current version."""

    model_config = ConfigDict(extra="forbid")

    mode: str


class LoggedTold(Logged, frozen=True, kw_only=True):
    """A line of the log; the reading as an object."""

    reading: Reading | None  # type: ignore[assignment]


class Dismissed(msgspec.Struct, frozen=True):
    """Which advice."""

    dismissed: int


@router.get(
    "",
    summary="Every rule with its state, next move, last trial and open advice",
    responses=answers(list[RuleTold]),
)
def show(_viewer: Viewer, house: HouseDep) -> Sequence[Answer]:
    return [told(each) for each in RuleBook(house.database).list()]


@router.get(
    "/log",
    summary="What rules did or could not do, newest first",
    responses=answers(list[LoggedTold]),
)
def log(
    _viewer: Viewer,
    house: HouseDep,
    name: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Sequence[Answer]:
    rows = RuleBook(house.database).log(name, limit)
    return [
        msgspec.to_builtins(row) | {"reading": msgspec.json.decode(row.reading)} for row in rows
    ]


@router.get("/{name}", summary="One rule", responses=answers(RuleTold))
def one(name: Name, _viewer: Viewer, house: HouseDep) -> Answer:
    return told(RuleBook(house.database).get(name))


@router.put(
    "/{name}",
    summary="Write a rule: what differs is its next version",
    responses=answers(RuleTold),
)
def write(name: Name, asked: RuleAsked, operator: RuleWriter, house: HouseDep) -> Answer:
    book = RuleBook(house.database)
    book.save(asked.rule(name), operator.actor(), datetime.now(UTC), asked.why)
    return told(book.get(name))


@router.put(
    "/{name}/mode",
    summary="Switch a rule off, to advise, or to act by itself",
    responses=answers(RuleTold),
)
def switch(name: Name, asked: ModeAsked, operator: RuleWriter, house: HouseDep) -> Answer:
    book = RuleBook(house.database)
    book.switch(name, mode_of(asked.mode), operator.actor(), datetime.now(UTC))
    return told(book.get(name))


@router.post(
    "/{name}/trials",
    summary="What the rule would have done in the last days",
    responses=answers(Tried),
)
def try_on(
    name: Name,
    operator: RuleWriter,
    house: HouseDep,
    days: Annotated[int, Query(ge=1, le=LONGEST_DAYS)] = 14,
) -> Answer:
    tried = RuleBook(house.database).try_on(name, days, operator.actor(), datetime.now(UTC))
    answer: Answer = msgspec.to_builtins(tried)
    return answer


@router.post("/proposals/{id}/apply", summary="Carry out what a rule advises, as yourself")
def apply(id: Id, operator: RuleWriter, house: HouseDep) -> Answer:
    made = RuleBook(house.database).apply(id, operator.actor(), datetime.now(UTC))
    return {"switch" if isinstance(made, Switch) else "pending": msgspec.to_builtins(made)}


@router.post(
    "/proposals/{id}/dismiss",
    summary="Decide against what a rule advises",
    responses=answers(Dismissed),
)
def dismiss(id: Id, operator: RuleWriter, house: HouseDep) -> Answer:
    RuleBook(house.database).dismiss(id, operator.actor(), datetime.now(UTC))
    return {"dismissed": id}
