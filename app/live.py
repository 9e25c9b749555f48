"""``/live``: the broadcast as a WebSocket, for browsers.

First message ``full``, then ``delta`` with the next sequence number, and a ``beat`` a second
when nothing changed.  Close codes: 4401 not logged in (any more), 1012 the server goes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import structlog
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from app import access
from app.access.gate import NOT_LOGGED_IN
from app.access.visitors import Visitors
from app.broadcast import Viewer
from app.broadcasts import Broadcasts

#: Seconds between two looks at whether the session still stands.
RECHECK = 30.0
_GOING = 1012
#: The page that stays open for days (:mod:`app.pages.wall`).
WALL = "wall"
router = APIRouter()
_log = structlog.get_logger(__name__)


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Tell this viewer everything until it leaves, is logged out or the server goes."""
    await socket.accept()
    broadcasts: Broadcasts = socket.app.state.broadcasts
    async with broadcasts.of(access.scope()) as broadcast:
        with broadcast.watching() as viewer:
            known = _still_known(socket, socket.app.state.recheck_s)
            code = await _first(_speak(socket, viewer), _hear(socket), known)
    if code is not None:
        await _close(socket, code)


async def _speak(socket: WebSocket, viewer: Viewer) -> int | None:
    while (message := await viewer.next()) is not None:
        try:
            await socket.send_text(message)
        except (WebSocketDisconnect, RuntimeError):
            return None
    return _GOING


async def _hear(socket: WebSocket) -> int | None:
    """Notice that the viewer left; whatever it says is not listened to."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        continue
    return None


async def _still_known(socket: WebSocket, every_s: float) -> int:
    """The code to close with once the session has ended."""
    visitors: Visitors = socket.app.state.visitors
    while True:
        await visitors.until_ended(every_s)
        if await visitors.gone(socket, stays=socket.query_params.get("page") == WALL):
            return NOT_LOGGED_IN


async def _first(*racing: Coroutine[object, object, int | None]) -> int | None:
    """What the first to end says; the others are cancelled."""
    tasks = [asyncio.create_task(coroutine) for coroutine in racing]
    try:
        done, _others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _close(socket: WebSocket, code: int) -> None:
    try:
        await socket.close(code)
    except (WebSocketDisconnect, RuntimeError):
        _log.debug("the viewer had left already")
