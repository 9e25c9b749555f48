"""The door of callbacks: only those that exist, asked as they are declared; their errors told.

Dash answers a callback that fails with a mute 500, and one that is asked wrongly in words of its
own; here both become the problems that all of our answers are.
"""

from __future__ import annotations

import msgspec
from dash import Dash
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import callbacks
from app.problem import problem, problem_of


class Property(msgspec.Struct):
    """One input or state of a callback request."""

    id: str | dict[str, str | int | bool]
    property: str


class CallbackRequest(msgspec.Struct):
    """What Dash's renderer posts."""

    output: str
    changedPropIds: list[str]
    inputs: list[Property | list[Property]] = []
    state: list[Property | list[Property]] = []
    outputs: msgspec.Raw = msgspec.Raw(b"null")


class Forward:
    """ASGI: hand the request to Dash as it is."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._inner(dict(scope), receive, send)


class CallbackDoor(Forward):
    """ASGI: callbacks that exist, asked as they are declared; their errors as problems."""

    def __init__(self, inner: ASGIApp, dash: Dash) -> None:
        super().__init__(inner)
        self._dash = dash

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        if (refusal := self._refusal(request.headers.get("content-type", ""), body)) is not None:
            await refusal(scope, receive, send)
            return
        failed: list[Exception] = []
        token = callbacks.failures.set(failed)
        try:
            await self._inner(dict(scope), _said(body, receive), _unless(failed, send))
        finally:
            callbacks.failures.reset(token)
        if failed:
            await problem_of(failed[0])(scope, receive, send)

    def _refusal(self, kind: str, body: bytes) -> Response | None:
        if not kind.startswith("application/json"):
            return problem(415, "a callback request is application/json")
        try:
            asked = msgspec.json.decode(body, type=CallbackRequest)
        except (msgspec.MsgspecError, RecursionError) as error:
            return problem(422, f"not a callback request: {error}")
        if (declared := self._dash.callback_map.get(asked.output)) is None:
            return problem(404, "no such callback")
        if (len(asked.inputs), len(asked.state)) != (
            len(declared["inputs"]), len(declared["state"])
        ):  # fmt: skip
            return problem(422, "not the inputs that this callback is declared with")
        return None


def _said(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _unless(failed: list[Exception], send: Send) -> Send:
    """Dash's own words about a failed callback are dropped: ours follow."""

    async def guarded(message: Message) -> None:
        if not failed:
            await send(message)

    return guarded
