"""``/api/v1/exposure/effects``: what followed each change, half an hour before and after."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.guard import Viewer
from app.answers import answers
from app.context import HouseDep
from app.exposure.effect_counts import read_effects
from app.exposure.effects import Effect
from app.exposure.service import ExposureService
from app.present import current_moment
from kpis.snapshot import snapshot

router = APIRouter(prefix="/exposure", tags=["exposure"])
_MAX = 2**63 - 1


@router.get("/effects", response_class=Response, responses=answers(list[Effect]))
def read(
    _viewer: Viewer,
    house: HouseDep,
    switch: Annotated[int | None, Query(ge=1, le=_MAX, description="of this switch only")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=_MAX, description="an entry's seq")] = None,
) -> Response:
    """By change (`seq` of the history, newest first) the KPIs of each channel it touched.

    `left_s` is how long it is still measured; `few` says that there were too few contacts to
    judge by; the channel null is all the others together.  A change that no customer ever saw
    is not there.
    """
    entries = ExposureService(house.database).history(switch, limit=limit, before=before)
    with snapshot(house.database.engine) as connection:
        found = read_effects(connection, entries, current_moment())
    return Response(msgspec.json.encode(list(found.values())), media_type="application/json")
