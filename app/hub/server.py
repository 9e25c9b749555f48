"""The decision API alone, for a process of its own beside the cockpit (`vigie hub`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.button.routes import MENU, drawing, menu, routes
from app.hub.answer import Answering
from app.hub.cross import may_ask
from app.hub.decision import Hub
from app.hub.edges import snapshot
from app.hub.ivr import PATH as IVR
from app.hub.ivr import Ivr
from app.hub.telling import Telling
from app.hub.told import tell
from app.problem import problem

OFFERS = "/api/v1/hub/offers"


def create(hub: Hub, telling: Telling | None = None, ivr_key: str = "") -> Starlette:
    """The application; it starts the hub and stops it.

    Without `telling` nobody is told what was shown: the button's events are refused.
    `ivr_key` is what a telephone system shows, see :mod:`app.hub.ivr`.
    """

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:
        hub.start()
        if telling is not None:
            telling.start()
        async with drawing(application):
            yield
        if telling is not None:
            await asyncio.to_thread(telling.stop)
        hub.stop()

    answering = Answering(hub)
    application = Starlette(
        middleware=[Middleware(Ahead, answering=answering)],
        routes=[
            Route(OFFERS, answering, methods=["POST"]),
            Route(OFFERS, may_ask, methods=["OPTIONS"]),
            *([] if telling is None else _events()),
            Route(MENU, menu, methods=["GET"]),
            *routes(),
            Route(IVR, Ivr(ivr_key).answer, methods=["GET"]),
            Route("/api/v1/hub/snapshot", snapshot, methods=["GET"]),
            Route("/healthz", health, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _refusal},
        lifespan=lifespan,
    )
    application.state.hub = hub
    application.state.telling = telling
    return application


class Ahead:
    """ASGI: the question goes straight to its answer, past the routes; that is a third faster."""

    def __init__(self, app: ASGIApp, answering: Answering) -> None:
        self._app = app
        self._answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["path"] == OFFERS and scope["method"] == "POST"
        await (self._answering if asked else self._app)(scope, receive, send)


def _events() -> list[Route]:
    path = "/api/v1/hub/events"
    return [Route(path, tell, methods=["POST"]), Route(path, may_ask, methods=["OPTIONS"])]


async def health(request: Request) -> Response:
    """Alive, and how old the exposure is; 200 also without a database, for the hub answers."""
    known = request.app.state.hub.snapshot
    telling: Telling | None = request.app.state.telling
    told = {
        "status": "ok",
        "revision": known.exposure.revision,
        "as_of": known.as_of,
        "dropped": telling.dropped if telling else 0,
    }
    return Response(msgspec.json.encode(told), 200, media_type="application/json")


async def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=error.headers)
