"""The hub's question, also answered by `vigie serve`: for small installations."""

from __future__ import annotations

from fastapi import APIRouter

from app.hub.answer import answer, schemas

#: Customers ask, who have no login here.
OPEN = ("/api/v1/hub/offers",)

router = APIRouter(tags=["hub"])
router.add_api_route(
    "/hub/offers",
    answer,
    methods=["POST"],
    summary="Which contact modes this visitor is offered",
    description="Answered from memory. A mode never vanishes: a closed one says why.",
    openapi_extra=schemas(),
)
