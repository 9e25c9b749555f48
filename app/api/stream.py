"""``GET /api/v1/stream``: the feed as server-sent events, for machines.

Browsers use the WebSocket ``/live``: six event streams would fill a browser's connections.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import StreamingResponse

from app.access.guard import Viewer
from app.feed import Feed

router = APIRouter(tags=["live"])


@router.get("/stream", response_class=StreamingResponse)
async def stream(request: Request, _user: Viewer) -> StreamingResponse:
    """Live numbers: a full picture, then deltas in sequence and a beat a second."""
    return StreamingResponse(_events(request.app.state.feed), media_type="text/event-stream")


async def _events(feed: Feed) -> AsyncIterator[str]:
    with feed.watching() as viewer:
        while (message := await viewer.next()) is not None:
            yield f"data: {message}\n\n"
