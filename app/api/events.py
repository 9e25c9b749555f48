"""``POST /api/v1/events``: CloudEvents 1.0 from systems that have no connector of their own.

The same order as a webhook's (:mod:`app.deliveries`), with plain words for who is building it:
each event is judged alone, and the answer says what became of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.context import HouseDep
from app.deliveries import WrongEncoding, keep, log_refusal, require_type, sources
from app.event_types import ANSWERS, request_body, schemas
from app.problem import problem
from ingest.connector import Source, connector_named
from ingest.errors import BadSignature
from ingest.formats.cloud_events import CloudEvents, declared, ids_of
from ingest.inbox import Fate, Settled
from ingest.reading.signature import same
from ingest.reading.standard_webhooks import bearer_of

#: The token or the signature is the log-in; the body is judged event by event.
OPEN = RAW = ("/api/v1/events",)
#: What the description of the API refers to.
SCHEMAS = schemas()
router = APIRouter(tags=["events"])

#: The same words for everybody: why exactly stands in the log.
_REFUSED = (
    "neither the token nor the signature of a source that takes CloudEvents: send Authorization: "
    "Bearer …, or sign after Standard Webhooks and name the source, ?source=NAME"
)
_PENDING = b'{"pending":true,"events":[]}'


@router.post(
    "/events",
    response_class=Response,
    responses=ANSWERS,
    openapi_extra={"requestBody": request_body()},
)
async def push(
    request: Request,
    house: HouseDep,
    source: Annotated[
        str | None, Query(description="its name in vigie.toml; needed with a signature only")
    ] = None,
) -> Response:
    """Push one CloudEvent, or a batch of them.

    Log in with `Authorization: Bearer …` (the source's token), or sign after Standard Webhooks
    (`webhook-id`, `webhook-timestamp`, `webhook-signature`) and name the source.

    An event is known by its `source` and `id`: sent again, it counts once. Send until you get a
    2xx; 400, 401, 409, 413, 415 and 422 stay as they are however often you send.
    """
    pushed = {
        name: known
        for name, known in sources(house.settings).items()
        if isinstance(connector_named(known.connector), CloudEvents)
    }
    headers, body = dict(request.headers), await request.body()
    require_type(CloudEvents(), headers)
    _require_utf8(body)
    try:
        sender = _verified(pushed, source, headers, body)
    except BadSignature as error:
        log_refusal(request, source if source in pushed else "?", error)
        raise BadSignature(_REFUSED) from error
    settled = await keep(house, sender, body)
    if settled is None:
        return Response(_PENDING, 202, media_type="application/json")
    return _answer(settled, ids_of(body))


def _require_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise WrongEncoding(f"send the body in UTF-8: byte {error.start} is not") from error


def _verified(
    pushed: Mapping[str, Source], name: str | None, headers: Mapping[str, str], body: bytes
) -> Source:
    """Who sends this.  Raises BadSignature."""
    if name is None:
        return _bearing(pushed.values(), bearer_of(headers))
    if name not in pushed:
        raise BadSignature("?source= names no source that takes CloudEvents")
    CloudEvents().verify(pushed[name], headers, body)
    return pushed[name]


def _bearing(pushed: Iterable[Source], bearer: str | None) -> Source:
    """The one source with that token, however many are compared."""
    found = [each for each in pushed if each.token and bearer and same(bearer, each.token)]
    if len(found) != 1:
        raise BadSignature(f"{len(found)} sources have the token, and ?source= names none")
    return found[0]


def _answer(settled: Settled, ids: Sequence[str | None]) -> Response:
    """200 where all is well; else the problem, and what became of each all the same."""
    if len(ids) != len(settled.fates):  # refused as a whole: no one of them is meant
        ids = [None] * len(settled.fates)
    events = [_said(id, fate) for id, fate in zip(ids, settled.fates, strict=True)]
    became = {fate.became for fate in settled.fates}
    told = {**msgspec.structs.asdict(settled.ledger), "events": events}
    if "conflict" in became:
        detail = "an id is stored already with another content: the first told stands"
        return problem(409, detail, **told)
    if "refused" in became:
        return problem(422, _first_refusal(settled.fates), **told, types=list(declared()))
    return Response(msgspec.json.encode(told), media_type="application/json")


def _said(id: str | None, fate: Fate) -> dict[str, str | None]:
    said = {"id": id, "became": fate.became}
    return said if fate.reason is None else said | {"reason": fate.reason, "detail": fate.detail}


def _first_refusal(fates: Sequence[Fate]) -> str:
    refused = [fate for fate in fates if fate.became == "refused"]
    return f"{len(refused)} of {len(fates)} events cannot be used; the first: {refused[0].detail}"
