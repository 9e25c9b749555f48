"""The web application: API resources, the cockpit and the live broadcast behind one gate.

From outside in: border (sizes, JSON, headers) → gate (who, CSRF) → routes.  Every route is
known at start-up; any other path is a 404.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from types import ModuleType

import structlog
from fastapi import APIRouter, FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app import cockpit, deliveries, live, server
from app.access.attempts import Attempts
from app.access.gate import Gate
from app.access.passwords import Checker
from app.access.visitors import Visitors
from app.bootstrap import House
from app.border import Border
from app.broadcast import Broadcast
from app.broadcasts import Broadcasts
from app.description import Described
from app.discovery import resources
from app.metrics.requests import Counted
from app.plain_page import missing_page
from app.problem import answer_with_problems, problem
from app.seen import Seen, Sights
from app.travel import Travel

API = "/api/v1"
_log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The clock of a running process."""
    return datetime.now(UTC)


def create_app(house: House, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """The whole web application on an open house, which it does not close."""
    app = Described(
        title="Vigie", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json",
        lifespan=_lifespan,
    )  # fmt: skip
    dash = cockpit.cockpit()
    found = list(resources())
    visitors = Visitors(house.database, clock)
    _remember(app, house, visitors, clock)
    app.state.reading = frozenset(_told(found, "READING"))
    app.router.routes.extend(_api().routes)
    app.router.routes.extend(cockpit.routes(dash))
    answer_with_problems(app)
    app.add_exception_handler(HTTPException, _missing_or_problem)
    app.add_middleware(Travel, sights=app.state.sights, house=house, clock=clock)
    app.add_middleware(Seen, sights=app.state.sights)
    app.add_middleware(Gate, house=house, visitors=visitors, open_paths=_told(found, "OPEN"))
    app.add_middleware(Border, raw_paths=_told(found, "RAW"), counted=app.state.counted)
    app.add_middleware(Counted)
    return app


def serve(house: House, host: str, port: int, ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called with the address once it answers.

    Raises server.PortTaken before anything starts.
    """
    with server.listening(host, port) as socket:
        server.run(create_app(house), socket, ready)


def _remember(
    app: FastAPI, house: House, visitors: Visitors, clock: Callable[[], datetime]
) -> None:
    app.state.house = house
    app.state.visitors = visitors
    app.state.broadcast = Broadcast(house, clock)
    app.state.sights = Sights(house)
    app.state.broadcasts = Broadcasts(app.state.broadcast, clock, app.state.sights)
    app.state.counted = Counter[str]()
    app.state.access = house.settings.access()
    app.state.attempts = Attempts(house.database.engine)
    app.state.passwords = Checker()
    app.state.recheck_s = live.RECHECK


@cache
def _api() -> APIRouter:
    """The routes of every resource, and what runs with them: made once a process, for reading
    their signatures takes 0.15 s."""
    whole = APIRouter()
    for module in resources():
        if hasattr(module, "router"):
            whole.include_router(module.router, prefix=API)
        if hasattr(module, "root_router"):
            whole.include_router(module.root_router)
    whole.include_router(live.router)
    return whole


def _told(found: list[ModuleType], name: str) -> tuple[str, ...]:
    return tuple(path for module in found for path in getattr(module, name, ()))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    telling = asyncio.create_task(app.state.broadcast.run(), name="broadcast")
    telling.add_done_callback(_tell_why)
    sweeper = deliveries.sweeper(app.state.house)
    sweeper.start()
    try:
        async with _api().lifespan_context(app):
            yield
    finally:
        app.state.broadcasts.stop()
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        await asyncio.to_thread(sweeper.close)
        await asyncio.to_thread(app.state.sights.close)
        app.state.visitors.close()


def _tell_why(telling: asyncio.Task[None]) -> None:
    if not telling.cancelled() and (error := telling.exception()) is not None:
        _log.error("the live broadcast ended: restart this process", exc_info=error)


async def _missing_or_problem(request: Request, error: Exception) -> Response:
    """A person gets a page for a path that is not there, a program the problem."""
    assert isinstance(error, HTTPException)
    person = "text/html" in request.headers.get("accept", "")
    if error.status_code == 404 and person and not request.url.path.startswith("/api/"):
        return HTMLResponse(missing_page(), 404)
    return problem(error.status_code, _remedy(error), headers=error.headers)


def _remedy(error: HTTPException) -> str:
    """The error's own words; Starlette has none for a path or a method that is not there."""
    if error.detail == "Not Found":
        return "there is no such path; /docs lists those of the API"
    if error.detail == "Method Not Allowed":
        return f"this path takes {Headers(error.headers).get('allow')}"
    return str(error.detail)
