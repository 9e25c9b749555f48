"""``GET /api/v1/sources``: every source, configured or seen, with today's ledger."""

from __future__ import annotations

from datetime import datetime

import msgspec
from fastapi import APIRouter
from starlette.requests import Request

from app.access.guard import Viewer
from app.answers import answers
from app.bootstrap import House
from app.broadcast import Broadcast
from app.context import HouseDep
from app.present import current_moment
from app.sources import SourceState
from kpis.silence import source_lines
from kpis.snapshot import snapshot

router = APIRouter(prefix="/sources", tags=["sources"])


class Told(msgspec.Struct, frozen=True):
    """Every source, configured or seen."""

    as_of: datetime
    sources: list[SourceState]


@router.get("", summary="How every source stands", responses=answers(Told))
def show(_viewer: Viewer, house: HouseDep, request: Request) -> dict[str, object]:
    """State, last event, lag, pace, errors; today's ledger with by how much it does not close."""
    return told(house, request.app.state.broadcast, current_moment())


def told(house: House, broadcast: Broadcast, now: datetime) -> dict[str, object]:
    """The sources for a client, as of `now`; their pace is what this process has seen."""
    with snapshot(house.database.engine) as connection:
        lines = source_lines(connection, now)
    states = broadcast.sources.states(lines, now, house.scope)
    return {"as_of": now, "sources": msgspec.to_builtins(states)}
