"""For whoever watches the watchers: ``/healthz``, ``/readyz``, ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.encoders import jsonable_encoder
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.access.guard import Viewer
from app.access.scopes import require_whole
from app.api.sources import told
from app.broadcast import Broadcast
from app.broadcasts import Broadcasts
from app.context import HouseDep
from app.metrics.exposition import MEDIA_TYPE, exposition
from app.metrics.house import HouseMetrics
from app.patience import Patience
from app.problem import problem
from ingest.database import migration_status

OPEN = ("/healthz", "/readyz")
root_router = APIRouter(tags=["health"])
_READY: dict[int | str, dict[str, object]] = {
    200: {
        "content": {
            "text/plain": {},
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["status"],
                    "properties": {
                        "status": {"const": "ready"},
                        "as_of": {"type": "string", "format": "date-time"},
                        "sources": {"type": "array", "items": {"type": "object"}},
                    },
                }
            },
        },
        "description": "Ready",
    }
}
#: Probes give up after a few seconds; one that waits is enough.
_PATIENCE = Patience("readyz", 3.0, 1)
_SCRAPED = Patience("metrics", 8.0, 1)


@root_router.head("/healthz", response_class=PlainTextResponse, include_in_schema=False)
@root_router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> str:
    """The process is up."""
    return "ok\n"


@root_router.head("/readyz", response_class=PlainTextResponse, include_in_schema=False)
@root_router.get("/readyz", response_class=PlainTextResponse, responses=_READY)
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
async def metrics(house: HouseDep, request: Request, user: Viewer) -> Response:
    """What this process counted since its start, and how the house stands, for Prometheus."""
    require_whole(user.scope, "what is measured of the house")
    told = partial(exposition, _Live(request.app.state), HouseMetrics(house.database))
    return Response(await _SCRAPED.run(told), media_type=MEDIA_TYPE)


class _Live:
    """What the screens of this process are told."""

    def __init__(self, state: State) -> None:
        self._broadcast: Broadcast = state.broadcast
        self._broadcasts: Broadcasts = state.broadcasts
        self._counted: dict[str, int] = state.counted

    def collect(self) -> Iterator[Metric]:
        answers = CounterMetricFamily("vigie_http_responses", "Answers.", labels=["status"])
        for status, count in sorted(self._counted.items()):
            answers.add_metric([status], count)
        yield answers
        viewers, sequence = "Open screens and streams.", "Changes that screens were told."
        yield GaugeMetricFamily("vigie_live_viewers", viewers, self._broadcasts.viewers)
        yield GaugeMetricFamily("vigie_live_sequence", sequence, self._broadcast.sequence)
        if (as_of := self._broadcast.as_of) is not None:
            read = "When the live numbers were last read, Unix time."
            yield GaugeMetricFamily("vigie_live_as_of_seconds", read, as_of.timestamp())
