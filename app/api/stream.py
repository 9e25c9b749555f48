"""``GET /api/v1/stream``: the broadcast as server-sent events, for machines.

Browsers use the WebSocket ``/live``: six event streams would fill a browser's connections.
The stream ends with the token or session that opened it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import StreamingResponse

from app.access.guard import Viewer
from app.access.scopes import Scope
from app.broadcasts import Broadcasts

router = APIRouter(tags=["live"])


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def stream(request: Request, user: Viewer) -> StreamingResponse:
    """Live numbers: a full picture, then deltas in sequence and a beat a second."""
    return StreamingResponse(_events(request, user.scope), media_type="text/event-stream")


async def _events(request: Request, scope: Scope) -> AsyncIterator[str]:
    state, clock = request.app.state, asyncio.get_running_loop().time
    broadcasts: Broadcasts = state.broadcasts
    asked_at = clock()
    async with broadcasts.of(scope) as broadcast:
        with broadcast.watching() as viewer:
            # There is a message a second, so this is a clock too.
            while (message := await viewer.next()) is not None:
                yield f"data: {message}\n\n"
                if clock() - asked_at >= state.recheck_s:
                    if await state.visitors.gone(request):
                        return
                    asked_at = clock()
