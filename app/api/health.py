"""For whoever watches the watchers: ``/healthz``, ``/readyz``, ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.encoders import jsonable_encoder
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.api.sources import told
from app.broadcast import Broadcast
from app.context import HouseDep
from app.patience import Patience
from app.problem import problem
from ingest.database import migration_status

OPEN = ("/healthz", "/readyz")
root_router = APIRouter(tags=["health"])
#: Probes give up after a few seconds; one that waits is enough.
_PATIENCE = Patience("readyz", 3.0, 1)


@root_router.head("/healthz", response_class=PlainTextResponse, include_in_schema=False)
@root_router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> str:
    """The process is up."""
    return "ok\n"


@root_router.head("/readyz", response_class=PlainTextResponse, include_in_schema=False)
@root_router.get("/readyz", response_class=PlainTextResponse)
async def readyz(
    house: HouseDep,
    request: Request,
    form: Annotated[Literal["text", "json"], Query(alias="format")] = "text",
) -> Response:
    """The database answers and its schema is ours; 503 says which of the two is not so.

    As JSON (`format=json`, or `Accept: application/json`) it also tells whoever is logged in
    how every source stands; a stranger learns no name of any.
    """
    status = await _PATIENCE.run(partial(migration_status, house.database))
    if pending := status.pending:
        return problem(503, f"run `vigie db migrate`: {len(pending)} revisions are missing")
    if form == "json" or "application/json" in request.headers.get("accept", ""):
        return JSONResponse(jsonable_encoder(await _ready(request)))
    return PlainTextResponse("ready\n")


async def _ready(request: Request) -> dict[str, object]:
    """Raises Unauthenticated on a token that is not valid."""
    state = request.app.state
    if (visitor := await state.visitors.of(request)) is None:
        return {"status": "ready"}

    def sources() -> dict[str, object]:
        seen = state.sights.of(visitor.user.scope)
        return told(seen, state.broadcast, datetime.now(UTC))

    return {"status": "ready", **await _PATIENCE.run(sources)}


@root_router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """What this process counted since its start, in Prometheus' text format."""
    text = "\n".join(_lines(request.app.state.broadcast, request.app.state.counted))
    return PlainTextResponse(text + "\n", media_type="text/plain; version=0.0.4; charset=utf-8")


def _lines(broadcast: Broadcast, counted: dict[str, int]) -> Iterator[str]:
    yield "# TYPE vigie_http_responses_total counter"
    for status, count in sorted(counted.items()):
        yield f'vigie_http_responses_total{{status="{status}"}} {count}'
    yield "# TYPE vigie_live_viewers gauge"
    yield f"vigie_live_viewers {broadcast.viewers}"
    yield "# TYPE vigie_live_sequence counter"
    yield f"vigie_live_sequence {broadcast.sequence}"
    if broadcast.as_of is not None:
        yield "# HELP vigie_live_as_of_seconds When the live numbers were last read, Unix time."
        yield "# TYPE vigie_live_as_of_seconds gauge"
        yield f"vigie_live_as_of_seconds {broadcast.as_of.timestamp():.3f}"
