"""Settings: what stands, what it has been, what a change would do; changed by who may.

Every part of the settings answers here alike, with the fields that its form has.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app.access.guard import Viewer
from app.context import HouseDep
from app.decision import Decision
from app.i18n import _
from app.site.changing import change, foresee, seen_now
from app.site.discovery import part_named, parts
from app.site.history import versions
from app.site.part import Asked, Part, Standing

router = APIRouter(prefix="/settings", tags=["settings"])

Answer = dict[str, object]
Key = Annotated[str, Path(max_length=40, description="a part: channels, targets, costs…")]


class Change(BaseModel):
    """One row as it shall be: a value, as text, for each field; what is left out is «not told»."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, str] = Field(max_length=50)
    why: str = Field(max_length=500, description="kept with the version")
    expected_version: int | None = Field(
        None, ge=0, description="refused where the row is at another version by now"
    )


class Wish(BaseModel):
    """What would be told."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, str] = Field(max_length=50)


@router.get("", summary="The parts of the settings and their fields")
def show(user: Viewer, house: HouseDep) -> list[Answer]:
    with house.database.engine.connect() as connection:
        asked = Asked(house, connection, datetime.now(UTC))
        return [_part(each, asked, user.may(each.right)) for each in parts()]


@router.get("/{part}", summary="What stands of a part")
def stands(part: Key, _user: Viewer, house: HouseDep) -> Answer:
    """Each row with its values, its `version` (0: never changed here), since when and by whom."""
    found = part_named(part)
    with house.database.engine.connect() as connection:
        return _stands(found, house, connection)


@router.get("/{part}/versions", summary="What a part has been, the newest first")
def past(
    part: Key, _user: Viewer, house: HouseDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[Answer]:
    found = part_named(part)
    with house.database.engine.connect() as connection:
        kept = versions(connection, found, limit=limit)
    told = [(each, found.told(each, house.settings.tz)) for each in kept]
    return [
        {
            "version": each.number, "at": each.at, "who": each.who, "why": each.why,
            "subject": each.subject, "thing": words.thing, "before": words.before or None,
            "after": words.after or None,
        }
        for each, words in told
    ]  # fmt: skip


@router.put("/{part}", summary="Change a row of a part")
def put(part: Key, wanted: Change, user: Viewer, house: HouseDep) -> Answer:
    """Needs the right of the part.  `done` says what became of it: some changes wait for a
    second person.  409 where somebody was faster."""
    found = part_named(part)
    decision = Decision(user.name, wanted.why, datetime.now(UTC))
    done = change(house, found, wanted.values, user.actor(), decision, wanted.expected_version)
    with house.database.engine.connect() as connection:
        return {"done": _(done), **_stands(found, house, connection)}


@router.post("/{part}/preview", summary="What a change would do; nothing is kept")
def preview(part: Key, wanted: Wish, user: Viewer, house: HouseDep) -> Answer:
    """`rows` under `columns` are numbers before and after; null where the part cannot tell."""
    decision = Decision(user.name, "", datetime.now(UTC))
    found = foresee(house, part_named(part), wanted.values, user.actor(), decision)
    if found is None:
        return {"words": None, "columns": [], "rows": []}
    columns = [_(column.label) for column in found.columns]
    return {"words": found.words, "columns": columns, "rows": [list(row) for row in found.rows]}


def _part(part: Part, asked: Asked, may: bool) -> Answer:
    fields = [
        {
            "name": field.name, "label": _(field.label), "kind": field.kind,
            "usual": field.usual or None, "hint": _(field.hint) if field.hint else None,
            "options": [word for word, _label in field.options(asked)] if field.options else None,
        }
        for field in part.fields
    ]  # fmt: skip
    return {
        "part": part.key, "title": _(part.title), "purpose": _(part.purpose), "right": part.right,
        "yours_to_change": may, "fields": fields,
    }  # fmt: skip


def _stands(part: Part, house: HouseDep, connection: Connection) -> Answer:
    now = datetime.now(UTC)
    known = seen_now(connection, part)
    rows = part.standing(Asked(house, connection, now))
    return {"as_of": now, "part": part.key, "rows": [_row(part, row, known) for row in rows]}


def _row(part: Part, row: Standing, known: dict[str, int]) -> Answer:
    told = {name: value for name, value in row.values.items() if value}
    return {
        "values": dict(row.values), "version": known.get(part.subject(told), 0),
        "since": row.since, "by": row.by or None, "why": row.why or None,
    }  # fmt: skip
