"""One HTTP question → one HTTP answer; the same in `vigie serve` and `vigie hub`.

The question is a small JSON object; every field may be left out.  Words that no switch knows
are taken like «not told».  Nothing here waits for the database.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.answers import inlined, whole
from app.exposure.effective import Context
from app.hub.asking import body_of, told
from app.hub.cross import ANYWHERE
from app.hub.decision import Hub, Offers
from app.metrics.instruments import HUB_SECONDS
from app.problem import problem

#: A question is far smaller; whoever sends more is not asking.
BODY_LIMIT = 4096
#: Nobody fills a larger basket.
_MOST_MONEY = 1e9
#: On every answer.
_HEADERS = {"cache-control": "no-store", "access-control-expose-headers": "date", **ANYWHERE}
_PLAIN = (
    (b"content-type", b"application/json"),
    *[(name.encode(), value.encode()) for name, value in _HEADERS.items()],
)
_Told = Annotated[str, msgspec.Meta(max_length=200)] | None
_Page = Annotated[str, msgspec.Meta(max_length=1000)]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks the hub: where (`surface`), why (`reason`), as whom (`segment`).

    `visitor` is any steady id of the visitor or session, so that a share stays on one side;
    `language` is fr or en (fr-CA counts as fr, any other as the default, fr).  `page` (the
    address asked from), `location`, `contract`, `basket_value` (in the site's currency) and
    `session_path` (pages seen before) tell reason and segment where those are not said.
    """

    surface: _Told = None
    reason: _Told = None
    segment: _Told = None
    visitor: _Told = None
    language: _Told = None
    page: _Page | None = None
    location: _Told = None
    contract: _Told = None
    basket_value: Annotated[float, msgspec.Meta(ge=0, le=_MOST_MONEY)] | None = None
    session_path: Annotated[tuple[_Page, ...], msgspec.Meta(max_length=20)] = ()

    def context(self) -> Context:
        asked = self.language or ""
        english = asked[:2].lower() == "en" and asked[2:3] in ("", "-")
        value = self.basket_value
        return Context(
            self.surface,
            self.reason,
            self.segment,
            self.visitor,
            "en" if english else "fr",
            self.page,
            self.location,
            self.contract,
            None if value is None else round(value * 100),
            self.session_path,
        )


class Answering:
    """The question as an ASGI application: nothing stands between the server and the answer."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        found = await _asked(scope, receive)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        tag, body = _answered(self._hub, found)
        headers = [(b"content-length", b"%d" % len(body)), (b"etag", tag), *_PLAIN]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        HUB_SECONDS.observe(perf_counter() - began)


async def answer(request: Request) -> Response:
    """The offers as JSON, from the hub at ``app.state.hub``; a problem document otherwise."""
    began = perf_counter()
    found = await _asked(request.scope, request.receive)
    if isinstance(found, Response):
        return found
    tag, body = _answered(request.app.state.hub, found)
    HUB_SECONDS.observe(perf_counter() - began)
    headers = {"etag": tag.decode(), **_HEADERS}
    return Response(body, 200, headers, "application/json")


async def _asked(scope: Scope, receive: Receive) -> Question | Response:
    """The question, or why it is none."""
    kind, length = told(scope)
    if kind != b"application/json":
        return problem(415, "send the question as application/json")
    if (body := await body_of(receive, length, BODY_LIMIT)) is None:
        return problem(413, f"a question has at most {BODY_LIMIT} bytes")
    try:
        return _decode(body)
    except UnicodeDecodeError:
        return problem(400, "the question is not UTF-8")
    except (msgspec.MsgspecError, RecursionError) as error:
        return problem(422, f"not a question to the hub: {error}")


_decode = msgspec.json.Decoder(Question).decode
_encode = msgspec.json.Encoder().encode


def _answered(hub: Hub, question: Question) -> tuple[bytes, bytes]:
    """The tag, which changes with what is offered, also when only time has passed; the answer.

    Written as `Offers` is, but what was decided before is not encoded again.
    """
    snapshot, made = hub.decide(question.context(), datetime.now(UTC))
    begin = b'{"revision":%d,"as_of":%b,"offers":' % (
        snapshot.exposure.revision, _encode(snapshot.as_of)
    )  # fmt: skip
    return made.tag, begin + made.json


def schemas() -> dict[str, object]:
    """What OpenAPI says of the question and its answer."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": inlined(Question)}},
        },
        "responses": {
            "200": {
                "description": "Modes in the order to show them; a closed one is listed too.",
                "content": {"application/json": {"schema": whole(inlined(Offers))}},
            },
            **{str(status): {"description": words} for status, words in _REFUSALS.items()},
        },
    }


_REFUSALS = {
    413: f"The question is over {BODY_LIMIT} bytes.",
    415: "The question is not application/json.",
    422: "Not a question; the detail says what is wrong.",
}
