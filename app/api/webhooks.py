"""Webhooks: the way in for systems that push; the signature is the log-in.

A vendor who gets no 2xx sends again, so what was signed but cannot be used is answered with
200 as well and kept in quarantine; 429 and 503 say «later» only while too many deliver or the
database is away.  A refused delivery leaves no state but a line in the security log.
"""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.answers import described, inlined, whole
from app.context import HouseDep
from app.deliveries import keep, log_refusal, require_type, sources
from app.errors import NotFound
from app.settings import Settings
from ingest.connector import (
    ChallengedConnector,
    Connector,
    Source,
    WebhookConnector,
    connector_named,
)
from ingest.errors import BadSignature
from ingest.ledger import Ledger

#: The signature is the log-in; the body is checked by the source's connector.
OPEN = RAW = ("/api/v1/webhooks/",)
router = APIRouter(prefix="/webhooks", tags=["webhooks"])

#: The answer to a delivery that is safe but not read yet.
_LATER = {"pending": True}
_ANSWER = {"anyOf": [whole(inlined(Ledger)), {"const": _LATER}]}

@router.get("/{source}", response_class=PlainTextResponse, responses={401: {}, 404: {}})
async def challenge(source: str, request: Request, house: HouseDep) -> Response:
    """Answer the vendor's verification of this address."""
    known, connector = _pushed(house.settings, source)
    if not isinstance(connector, ChallengedConnector):
        raise NotFound(f"source «{source}» has no verification: it takes POST only")
    try:
        return PlainTextResponse(connector.challenge(known, dict(request.query_params)))
    except BadSignature as error:
        log_refusal(request, source, error)
        raise


@router.post(
    "/{source}",
    responses=described(_ANSWER),
    response_class=Response,
)
async def deliver(source: str, request: Request, house: HouseDep) -> Response:
    """Take one delivery of a source: the ledger of what became of it.

    200 once it is durable, and then whatever is in it; `pending` where reading it takes longer.
    """
    known, connector = _pushed(house.settings, source)
    headers = dict(request.headers)
    require_type(connector, headers)
    body = await request.body()
    try:
        connector.verify(known, headers, body)
    except BadSignature as error:
        log_refusal(request, source, error)
        raise
    settled = await keep(house, known, body)
    said = msgspec.json.encode(_LATER if settled is None else settled.ledger)
    return Response(said, media_type="application/json")


def _pushed(settings: Settings, name: str) -> tuple[Source, WebhookConnector]:
    """The source of that name and its connector.  Raises NotFound unless it is one that pushes."""
    source = sources(settings).get(name)
    connector: Connector | None = connector_named(source.connector) if source else None
    if source is None or not isinstance(connector, WebhookConnector):
        raise NotFound(f"no source «{name}» takes webhooks: see [sources] in vigie.toml")
    return source, connector
