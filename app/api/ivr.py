"""What a dialplan does with a caller, also answered by `vigie serve`; see docs/ivr.md."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.answers import inlined
from app.hub import ivr

#: Callers have no login, and a telephone system shows its own key.
OPEN = (ivr.PATH,)
_TOLD = ("reason", "segment", "language", "caller", "surface", "channel", "format")


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[None]:
    """The answers of this application are at ``app.state.ivr``."""
    app.state.ivr = ivr.Ivr(app.state.house.settings.ivr_key)
    yield


async def answer(request: Request) -> Response:
    """One line with ``|`` between its fields, or with ``format=json`` the same as JSON."""
    found: ivr.Ivr = request.app.state.ivr
    return await found.answer(request)


router = APIRouter(tags=["hub"], lifespan=listening)
router.add_api_route(
    ivr.PATH.removeprefix("/api/v1"),
    answer,
    methods=["GET"],
    summary="What a dialplan does with a caller: queue, announce, offer or deflect",
    description=f"Answered from memory. As text: {' | '.join(ivr.FIELDS)}.",
    response_class=Response,
    openapi_extra={
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name in _TOLD
        ],
        "responses": {
            "200": {
                "description": "What to do, and what to say",
                "content": {
                    "text/plain": {"schema": {"type": "string"}},
                    "application/json": {"schema": inlined(ivr.Answer)},
                },
            },
            "401": {"description": "Another key than VIGIE_IVR_KEY; the text says what is safe"},
            "429": {"description": "Too many without the key; the text says what is safe"},
        },
    },
)
