"""Webhooks: the way in for systems that push; the signature is the log-in.

In this order: size (the border, before us) → known source → content type → signature over
the raw bytes → parse → one transaction → 200.  A vendor who gets no 2xx sends again, so what
was signed but cannot be used is answered with 200 as well and kept in quarantine, and 503
says «later» only while the database is away.  A refused delivery leaves no state but a line
in the security log.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial

import msgspec
import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.context import HouseDep
from app.errors import AppError, NotFound
from app.patience import Patience
from app.settings import Settings
from ingest.connector import (
    ChallengedConnector,
    Connector,
    Parsed,
    Source,
    WebhookConnector,
    connector_named,
)
from ingest.errors import BadSignature
from ingest.events import Rejected
from ingest.ledger import Ledger
from ingest.store import Store

#: The signature is the log-in; the body is checked by the source's connector.
OPEN = RAW = ("/api/v1/webhooks/",)
router = APIRouter(prefix="/webhooks", tags=["webhooks"])

#: What takes longer is sent again by its vendor, and counts once even if it was stored.
_PATIENCE = Patience("deliveries", 10.0, 8)
_log = structlog.get_logger(__name__)
_security = structlog.get_logger("vigie.security")


class WrongType(AppError):
    """The body is not of a type that the source's connector reads."""

    status = 415


@router.get("/{source}", response_class=PlainTextResponse, responses={401: {}, 404: {}})
async def challenge(source: str, request: Request, house: HouseDep) -> Response:
    """Answer the vendor's verification of this address."""
    known, connector = _pushed(house.settings, source)
    if not isinstance(connector, ChallengedConnector):
        raise NotFound(f"source «{source}» has no verification: it takes POST only")
    try:
        return PlainTextResponse(connector.challenge(known, dict(request.query_params)))
    except BadSignature as error:
        _refused(request, source, error)
        raise


@router.post("/{source}", responses={401: {}, 404: {}, 413: {}, 415: {}, 503: {}})
async def deliver(source: str, request: Request, house: HouseDep) -> Response:
    """Take one delivery of a source: the ledger of what became of it."""
    known, connector = _pushed(house.settings, source)
    headers = dict(request.headers)
    _require_type(connector, headers)
    body = await request.body()
    try:
        connector.verify(known, headers, body)
    except BadSignature as error:
        _refused(request, source, error)
        raise
    ledger = await _PATIENCE.run(partial(_store, house.store, known, connector, body))
    return Response(msgspec.json.encode(ledger), media_type="application/json")


def _store(store: Store, source: Source, connector: WebhookConnector, body: bytes) -> Ledger:
    return store.write(source, _parsed(source, connector, body), now=datetime.now(UTC))


def _parsed(source: Source, connector: WebhookConnector, body: bytes) -> list[Parsed]:
    """The events of a signed delivery; whatever it does to the connector, it is kept."""
    try:
        return list(connector.parse(source, body))
    except Exception as error:  # the connector's bug must not cost the delivery
        _log.error("connector failed", source=source.name, exc_info=error)
        detail = f"the connector failed: {type(error).__name__}: {error}"
        return [Rejected(reason="unknown_shape", detail=detail, raw=body)]


# --- the source -------------------------------------------------------------------


def _pushed(settings: Settings, name: str) -> tuple[Source, WebhookConnector]:
    """The source of that name and its connector.  Raises NotFound unless it is one that pushes."""
    source = _sources(settings).get(name)
    connector: Connector | None = connector_named(source.connector) if source else None
    if source is None or not isinstance(connector, WebhookConnector):
        raise NotFound(f"no source «{name}» takes webhooks: see [sources] in vigie.toml")
    return source, connector


@lru_cache(maxsize=8)
def _sources(settings: Settings) -> Mapping[str, Source]:
    """The configured sources, read once: a change of vigie.toml needs a restart, as any setting."""
    return settings.sources()


def _require_type(connector: WebhookConnector, headers: Mapping[str, str]) -> None:
    """JSON, unless the connector's `content_types` say otherwise; never compressed."""
    told = headers.get("content-type", "").partition(";")[0].strip().lower()
    taken: tuple[str, ...] = getattr(connector, "content_types", ("application/json",))
    is_json = told.endswith("+json") and "application/json" in taken
    if told not in taken and not is_json:
        raise WrongType(f"content type «{told[:80]}»: send {' or '.join(taken)}")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise WrongType("send the body without content-encoding")


def _refused(request: Request, source: str, error: BadSignature) -> None:
    address = request.client.host if request.client else None
    _security.warning("webhook refused", source=source, reason=str(error), address=address)
