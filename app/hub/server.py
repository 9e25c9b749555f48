"""The decision API alone, for a process of its own beside the cockpit (`vigie hub`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.hub.answer import answer
from app.hub.decision import Hub
from app.problem import problem


def create(hub: Hub) -> Starlette:
    """The application; it starts the hub and stops it."""

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:
        hub.start()
        yield
        hub.stop()

    application = Starlette(
        routes=[
            Route("/api/v1/hub/offers", answer, methods=["POST"]),
            Route("/healthz", health, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _refusal},
        lifespan=lifespan,
    )
    application.state.hub = hub
    return application


async def health(request: Request) -> Response:
    """Alive, and how old the exposure is; 200 also without a database, for the hub answers."""
    snapshot = request.app.state.hub.snapshot
    told = {"status": "ok", "revision": snapshot.exposure.revision, "as_of": snapshot.as_of}
    return Response(msgspec.json.encode(told), 200, media_type="application/json")


async def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=error.headers)
