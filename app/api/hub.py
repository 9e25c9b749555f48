"""The hub's question, also answered by `vigie serve`: for small installations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from app.hub.answer import answer, schemas
from app.hub.decision import Hub

#: Customers ask, who have no login here; what is no question the hub refuses itself.
OPEN = RAW = ("/api/v1/hub/offers",)


@asynccontextmanager
async def following(app: FastAPI) -> AsyncIterator[None]:
    """While the application runs its hub follows the database, at ``app.state.hub``."""
    app.state.hub = Hub(app.state.house.database.conninfo)
    app.state.hub.start()
    try:
        yield
    finally:
        app.state.hub.stop()


router = APIRouter(tags=["hub"], lifespan=following)
router.add_api_route(
    "/hub/offers",
    answer,
    methods=["POST"],
    summary="Which contact modes this visitor is offered",
    description="Answered from memory. A mode never vanishes: a closed one says why.",
    openapi_extra=schemas(),
)
