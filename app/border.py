"""The border: what no request may bring in and no answer may go without.

Pure ASGI, outside of the gate.  Bodies are read whole, up to 1 MiB; JSON that the database
or a later writer would choke on (NaN, 1e400, half a surrogate, a million brackets) is a 400
here.  Every answer carries the security headers.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.policy import Answer, answering
from app.problem import problem

BODY_LIMIT = 1 << 20
#: The slowest sender that is waited for.
_PATIENCE_S = 30.0
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), "
    "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
}
#: Where TLS is, browsers keep to it for two years.
_TLS_ONLY = ("strict-transport-security", "max-age=63072000")


class Border:
    """ASGI: caps and checks bodies, adds headers, counts answers by status.

    Bodies below a path of `raw_paths` are capped but not read: their resource checks a
    signature on the bytes as they came, and quarantines what it cannot use.
    """

    def __init__(self, app: ASGIApp, raw_paths: tuple[str, ...], counted: Counter[str]) -> None:
        self._app = app
        self._raw = raw_paths
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with answering() as answer:
            headed = self._with_headers(send, answer, safe=scope["scheme"] == "https")
            try:
                body = await _body(Headers(scope=scope), receive)
                self._check(scope, body)
            except _Refused as refused:
                await problem(refused.status, str(refused))(scope, receive, headed)
                return
            await self._app(scope, _replay(body, receive), headed)

    def _check(self, scope: Scope, body: bytes) -> None:
        headers = Headers(scope=scope)
        if not body or scope["path"].startswith(self._raw):
            return
        if headers.get("content-encoding", "identity") != "identity":
            raise _Refused(415, "send the body without content-encoding")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json" or kind.endswith("+json"):
            check_json(body)
        elif kind and scope["path"].startswith("/api/"):
            raise _Refused(415, "send the body as application/json")

    def _with_headers(self, send: Send, answer: Answer, *, safe: bool) -> Send:
        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._counted[f"{message['status'] // 100}xx"] += 1
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", answer.policy())
                if safe:
                    headers.setdefault(*_TLS_ONLY)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return headed


class _Refused(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def check_json(body: bytes) -> None:
    """Refuse what is not JSON as everybody reads it.  Raises an error with a status."""
    try:
        msgspec.json.decode(body)
    except RecursionError as error:
        raise _Refused(400, "this JSON is nested too deeply") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _Refused(400, f"the body is not valid JSON: {error}") from error


async def _body(headers: Headers, receive: Receive) -> bytes:
    """The whole body.  Raises a 413 as soon as it is known to be too large."""
    told = headers.get("content-length", "0")
    if told.isdigit() and int(told[:20]) > BODY_LIMIT:
        raise _Refused(413, f"a body has at most {BODY_LIMIT} bytes")
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await _read(receive)
    except TimeoutError as error:
        raise _Refused(408, "the body did not arrive in time") from error


async def _read(receive: Receive) -> bytes:
    """The body to its end.  A sender who left half-way has said nothing."""
    chunks = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refused(400, "the sender left before the end of the body")
        chunks += message.get("body", b"")
        if len(chunks) > BODY_LIMIT:
            raise _Refused(413, f"a body has at most {BODY_LIMIT} bytes")
        if not message.get("more_body", False):
            return bytes(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that tells the body once more, then what really comes."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
