"""One HTTP question → one HTTP answer; the same in `vigie serve` and `vigie hub`.

The question is a small JSON object; every field may be left out.  Words that no switch knows
are taken like «not told».  Nothing here waits for the database.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.exposure.effective import Context
from app.hub.decision import Hub, Offers
from app.problem import problem

#: A question is far smaller; whoever sends more is not asking.
BODY_LIMIT = 4096
_Told = Annotated[str, msgspec.Meta(max_length=200)] | None


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks the hub: where (`surface`), why (`reason`), as whom (`segment`).

    `visitor` is any steady id of the visitor or session, so that a share stays on one side;
    `language` is fr or en (fr-CA counts as fr, any other as the default, fr).
    """

    surface: _Told = None
    reason: _Told = None
    segment: _Told = None
    visitor: _Told = None
    language: _Told = None

    def context(self) -> Context:
        english = (self.language or "").lower().split("-")[0] == "en"
        language = "en" if english else "fr"
        return Context(self.surface, self.reason, self.segment, self.visitor, language)


async def answer(request: Request) -> Response:
    """The offers as JSON, from the hub at ``app.state.hub``; a problem document otherwise."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if kind.lower() != "application/json":
        return problem(415, "send the question as application/json")
    if (body := await _body(request)) is None:
        return problem(413, f"a question has at most {BODY_LIMIT} bytes")
    try:
        question = msgspec.json.decode(body, type=Question)
    except UnicodeDecodeError:
        return problem(400, "the question is not UTF-8")
    except (msgspec.MsgspecError, RecursionError) as error:
        return problem(422, f"not a question to the hub: {error}")
    hub: Hub = request.app.state.hub
    return _written(hub.offers(question.context(), datetime.now(UTC)))


def schemas() -> dict[str, object]:
    """What OpenAPI says of the question and its answer."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _schema(Question)}},
        },
        "responses": {
            "200": {
                "description": "Modes in the order to show them; a closed one is listed too.",
                "content": {"application/json": {"schema": _schema(Offers)}},
            },
            **{str(status): {"description": words} for status, words in _REFUSALS.items()},
        },
    }


_REFUSALS = {
    413: f"The question is over {BODY_LIMIT} bytes.",
    415: "The question is not application/json.",
    422: "Not a question; the detail says what is wrong.",
}


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it is known to be too large."""
    told = request.headers.get("content-length", "0")
    if told.isdigit() and int(told[:20]) > BODY_LIMIT:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


def _written(offers: Offers) -> Response:
    """The tag changes with what is offered, also when only time has passed."""
    tag = hashlib.sha256(msgspec.json.encode(offers.offers)).hexdigest()[:16]
    headers = {"etag": f'"{offers.revision}-{tag}"', "cache-control": "no-store"}
    return Response(msgspec.json.encode(offers), 200, headers, "application/json")


def _schema(kind: type) -> object:
    """The JSON schema of a struct with every reference put in its place."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    return _inlined(schema, components)


def _inlined(node: object, components: dict[str, object]) -> object:
    if isinstance(node, dict):
        if (reference := node.get("$ref")) is not None:
            return _inlined(components[reference], components)
        return {name: _inlined(value, components) for name, value in node.items()}
    return [_inlined(one, components) for one in node] if isinstance(node, list) else node
