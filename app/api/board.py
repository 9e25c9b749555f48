"""``GET /api/v1/board``: the live state, as the cockpit shows it."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from app.access.guard import Viewer
from app.answers import answers
from app.context import HouseDep
from app.present import current_moment
from app.travel import AsOf
from kpis.board import Board, read
from kpis.snapshot import snapshot

router = APIRouter(tags=["live"])


@router.get("/board", response_class=Response, responses=answers(Board))
def board(house: HouseDep, _user: Viewer, as_of: AsOf = None) -> Response:
    """Today by channel and queue, who waits, the trend, the lag of each source; or `as_of` a past
    moment, as it was then.
    """
    with snapshot(house.database.engine) as connection:
        state = read(connection, current_moment(), house.settings.tz)
    return Response(msgspec.json.encode(state), media_type="application/json")
