"""Counts every answer by its route, and gives every request an id that its log lines bear."""

from __future__ import annotations

import re
from time import perf_counter
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics.instruments import REQUEST_SECONDS, REQUESTS

HEADER = "x-request-id"
#: What a proxy before us may have called it.
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Counted:
    """ASGI, outside of everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, name = perf_counter(), _id(Headers(scope=scope))

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = name
                route = route_of(scope)
                method = scope["method"] if scope["method"] in _METHODS else "other"
                REQUESTS.labels(method, route, message["status"]).inc()
                REQUEST_SECONDS.labels(route).observe(perf_counter() - began)
            await send(message)

        with structlog.contextvars.bound_contextvars(request=name):
            await self._app(scope, receive, counted)


def route_of(scope: Scope) -> str:
    """The route as it was declared; «none» where nobody was asked, or there is no such path."""
    route = scope.get("route")
    if (path := getattr(route, "path", None)) is not None:
        return str(path)
    endpoint = scope.get("endpoint")
    return getattr(endpoint, "__name__", type(endpoint).__name__) if endpoint else "none"


def _id(headers: Headers) -> str:
    told = headers.get(HEADER, "")
    return told if _ID.fullmatch(told) else uuid4().hex
