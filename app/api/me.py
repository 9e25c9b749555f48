"""``/api/v1/me/choices``: what whoever asks keeps for themselves: filters, columns, the tour.

Nobody else's is reached by any request: the person is that of the session or the token.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, JsonValue
from starlette.responses import Response

from app.access.guard import Viewer
from app.context import HouseDep
from app.kept import PLACE_CHARS, Choices

router = APIRouter(prefix="/me/choices", tags=["me"])
#: Changes what the person who asks keeps, and nothing that anybody else sees.
OWN = ("/api/v1/me/choices", "/api/v1/me/choices/{place:path}")
Place = Annotated[
    str, Path(min_length=1, max_length=PLACE_CHARS, description="as filters:/channels")
]


class Kept(BaseModel):
    """What is kept for a place: any small JSON."""

    model_config = ConfigDict(extra="forbid")

    choice: JsonValue


@router.get("", summary="All that I keep, by place")
def read(me: Viewer, house: HouseDep) -> dict[str, JsonValue]:
    return dict(Choices(house.database.engine, me.name).all())


@router.put("/{place:path}", status_code=204, summary="Keep this for that place")
def keep(place: Place, kept: Kept, me: Viewer, house: HouseDep) -> Response:
    Choices(house.database.engine, me.name).put(place, kept.choice, datetime.now(UTC))
    return Response(status_code=204)


@router.delete("/{place:path}", status_code=204, summary="Keep nothing for that place any more")
def drop(place: Place, me: Viewer, house: HouseDep) -> Response:
    Choices(house.database.engine, me.name).forget(place)
    return Response(status_code=204)


@router.delete("", status_code=204, summary="Keep nothing any more")
def forget(me: Viewer, house: HouseDep) -> Response:
    Choices(house.database.engine, me.name).forget()
    return Response(status_code=204)
