"""``GET /api/v1/board``: the live state, as the cockpit shows it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from app.access.guard import Viewer
from app.context import HouseDep
from kpis.board import read
from kpis.snapshot import snapshot

router = APIRouter(tags=["live"])


@router.get("/board", response_class=Response)
def board(house: HouseDep, _user: Viewer) -> Response:
    """Today by channel and queue, who waits, the trend, the lag of each source."""
    with snapshot(house.database.engine) as connection:
        state = read(connection, datetime.now(UTC), house.settings.tz)
    return Response(msgspec.json.encode(state), media_type="application/json")
