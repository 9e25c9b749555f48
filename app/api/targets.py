"""Answer targets, the service-level formula and their versions: read by everybody logged in,
changed by operators.

Contacts that have arrived keep the target they arrived under unless `recount` is asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.access.guard import TargetSetter, Viewer
from app.answers import answers
from app.context import HouseDep
from app.decision import Decision
from app.target_book import Change, TargetBook, Wanted
from kpis.service_level import FORMULAS
from kpis.versions import (
    Target,
    Version,
    formula_in_force,
    in_force,
    read_targets,
    read_versions,
)

router = APIRouter(prefix="/targets", tags=["targets"])

Answer = dict[str, object]


class TargetTold(Target, frozen=True, kw_only=True):
    """A target, and whether it is in force now."""

    in_force: bool


class Targets(msgspec.Struct, frozen=True):
    """The targets, and what service levels are reckoned by."""

    as_of: datetime
    version: int
    formula: str
    formulas: list[str]
    targets: list[TargetTold]


class TargetChange(BaseModel):
    """One target as it shall be; '*' is any queue, or any channel."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    queue: str = "*"
    seconds: float = Field(description="answered within this")
    short: float | None = Field(None, description="seconds; who leaves by then is a short abandon")
    goal: float | None = Field(None, description="the share to reach: 0.8")
    valid_from: AwareDatetime | None = Field(None, description="now when left out")
    recount: bool = Field(False, description="judge anew what has arrived since `valid_from`")
    why: str = ""


class Application(BaseModel):
    """Which targets in force shall judge what arrived from `since` on."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime
    channel: str | None = None
    queue: str | None = None
    why: str = ""


class FormulaChange(BaseModel):
    """The service-level formula of the site."""

    model_config = ConfigDict(extra="forbid")

    formula: str
    why: str = ""


@router.get(
    "", summary="The targets in force, those to come, and the formula", responses=answers(Targets)
)
def show(_viewer: Viewer, house: HouseDep) -> Answer:
    now = datetime.now(UTC)
    with house.database.engine.connect() as connection:
        found = read_targets(connection)
        formula = formula_in_force(connection)
        newest = read_versions(connection, limit=1)
    standing = set(in_force(found, now).values())
    return {
        "as_of": now,
        "version": newest[0].version if newest else 0,
        "formula": formula,
        "formulas": list(FORMULAS),
        "targets": [{**msgspec.to_builtins(t), "in_force": t in standing} for t in found],
    }


@router.get(
    "/versions",
    summary="What was changed when, by whom and why; the newest first",
    responses=answers(list[Version]),
)
def versions(
    _viewer: Viewer, house: HouseDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[Answer]:
    with house.database.engine.connect() as connection:
        found = read_versions(connection, limit=limit)
    return [msgspec.to_builtins(each) for each in found]


@router.put("", summary="Set the target of a channel or queue", responses=answers(Change))
def set_target(wanted: TargetChange, operator: TargetSetter, house: HouseDep) -> Answer:
    told = wanted.model_dump(exclude={"recount", "why"})
    decision = Decision(operator.name, wanted.why, datetime.now(UTC))
    return _told(_book(house).set([Wanted(**told)], decision, recount=wanted.recount))


@router.post(
    "/apply",
    summary="Judge what arrived from a moment on by the targets in force now",
    responses=answers(Change),
)
def apply(asked: Application, operator: TargetSetter, house: HouseDep) -> Answer:
    decision = Decision(operator.name, asked.why, datetime.now(UTC))
    book = _book(house)
    return _told(book.apply(asked.since, decision, channel=asked.channel, queue=asked.queue))


@router.put(
    "/formula", summary="Choose the service-level formula of the site", responses=answers(Change)
)
def set_formula(wanted: FormulaChange, operator: TargetSetter, house: HouseDep) -> Answer:
    decision = Decision(operator.name, wanted.why, datetime.now(UTC))
    return _told(_book(house).set_formula(wanted.formula, decision))


def _book(house: HouseDep) -> TargetBook:
    return TargetBook(house.database, house.store)


def _told(change: Change) -> Answer:
    told: Answer = msgspec.to_builtins(change)
    return told
