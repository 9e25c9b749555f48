"""``POST /api/v1/takeaway``: the table that a page shows, as a file."""

from __future__ import annotations

import re
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.access.guard import Viewer
from app.context import HouseDep
from app.errors import WrongUse
from app.takeaway import Sheet, csv_of, xlsx_of

router = APIRouter(tags=["pages"])
#: Asked by POST for the length of what is told; changes nothing.
READING = ("/api/v1/takeaway",)

_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_ROWS, MOST_COLUMNS = 40_000, 100
#: What a cell of a spreadsheet holds.
_LONGEST, _GREATEST = 32_767, 1e300


class TakenColumn(BaseModel):
    """A heading and what its cells are: percent of a fraction, duration in seconds…"""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(max_length=255)
    kind: Literal["text", "integer", "decimal", "percent", "duration", "moment"] = "text"


class Taken(BaseModel):
    """The table: rows of as many cells as there are columns."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["csv", "xlsx"]
    name: str = Field(max_length=100)
    title: str = Field("", max_length=255)
    columns: list[TakenColumn] = Field(min_length=1, max_length=MOST_COLUMNS)
    rows: list[list[str | int | float | None]] = Field(max_length=MOST_ROWS)


@router.post(
    "/takeaway",
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type in _MEDIA.values()}}},
)
def takeaway(house: HouseDep, _user: Viewer, taken: Taken) -> Response:
    """The table as CSV or XLSX; no text of it is ever a formula.

    Nothing is stored.  A body has 1 MiB: larger extracts are `GET /kpis` and `GET /contacts`.
    """
    sheet = _sheet(taken)
    body = csv_of(sheet) if taken.format == "csv" else xlsx_of(sheet, house.settings.tz)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", taken.name).strip("-.") or "vigie"
    headers = {"content-disposition": f'attachment; filename="{name}.{taken.format}"'}
    return Response(body, media_type=_MEDIA[taken.format], headers=headers)


def _sheet(taken: Taken) -> Sheet:
    columns = [(each.label, each.kind) for each in taken.columns]
    for number, row in enumerate(taken.rows, 1):
        if len(row) != len(columns):
            raise WrongUse(f"row {number} has {len(row)} cells: give it {len(columns)}")
        if not all(map(_fits, row)):
            raise WrongUse(
                f"row {number}: a cell holds {_LONGEST} characters or a number up to {_GREATEST}"
            )
    return Sheet(taken.title, columns, taken.rows)


def _fits(cell: str | int | float | None) -> bool:
    if isinstance(cell, str):
        return len(cell) <= _LONGEST
    return cell is None or abs(cell) <= _GREATEST
