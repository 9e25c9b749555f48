"""The gate: one pure ASGI layer before every request and every WebSocket.

It asks, in this order: may this path be seen without a name (then nobody is looked up)? does
a change come from our own pages? who is it? was the change meant (CSRF)?  Then it opens the
context of the request: the house, the user, the language.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import access, context, i18n
from app.access import Unauthenticated, journal, proof, visitors
from app.access.sessions import csrf_token
from app.access.visitors import Visitor, Visitors
from app.bootstrap import House
from app.errors import Forbidden
from app.problem import problem_of
from ingest.errors import DatabaseUnavailable

#: Dash's own names: its renderer sends the cookie back in the header by itself.
CSRF_COOKIE, CSRF_HEADER = "_csrf_token", "x-csrftoken"
NOT_LOGGED_IN = 4401
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Gate:
    """ASGI: lets through who may pass, with the context of the request set.

    `open_paths` need no session: a prefix where it ends in ``/``, else the exact path.
    """

    def __init__(
        self, app: ASGIApp, house: House, visitors: Visitors, open_paths: tuple[str, ...]
    ) -> None:
        self._app = app
        self._house = house
        self._visitors = visitors
        self._open = open_paths
        self._proof_holds = house.settings.access().proof

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        kind = scope["method"] if scope["type"] == "http" else "SOCKET"
        with journal.during(kind, scope["path"], address(connection)), self._speaking(connection):
            if scope["type"] == "http":
                await self._request(connection, receive, _told(send))
            else:
                await self._socket(connection, receive, send)

    async def _request(self, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        try:
            visitor = None if self._is_open(connection) else await self._known(connection)
        except (Unauthenticated, Forbidden, DatabaseUnavailable) as error:
            await _refusal(connection, error)(connection.scope, receive, send)
            return
        with self._in_context(visitor):
            await self._app(connection.scope, receive, send)

    async def _socket(self, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        try:
            refuse_foreign(connection)
            visitor = await self._visitors.of(connection)
        except (Unauthenticated, Forbidden, DatabaseUnavailable) as error:
            journal.refused("socket refused", reason=str(error))
            await send({"type": "websocket.close", "code": 1008})
            return
        if visitor is None:
            journal.refused("socket refused", reason="nobody is logged in")
            await _close(receive, send, NOT_LOGGED_IN)
            return
        with self._in_context(visitor):
            await self._app(connection.scope, receive, send)

    async def _known(self, connection: HTTPConnection) -> Visitor:
        refuse_foreign(connection)
        visitor = await self._visitors.of(connection)
        if visitor is None:
            raise Unauthenticated("log in first, or send a bearer token")
        if connection.scope["method"] in _CHANGES and visitor.session_id is not None:
            self._require_meant(connection, visitor.session_id)
        return visitor

    def _require_meant(self, connection: HTTPConnection, session_id: str) -> None:
        """Double submit: only our own pages can read the cookie and put it in the header."""
        expected = csrf_token(self._house.settings.secret_key, session_id)
        told = connection.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(expected.encode(), told.encode("utf-8", "replace")):
            raise Forbidden(f"send the value of the cookie {CSRF_COOKIE} as {CSRF_HEADER}")

    def _is_open(self, connection: HTTPConnection) -> bool:
        path = connection.scope["path"]
        return any(
            path.startswith(prefix) if prefix.endswith("/") else path == prefix
            for prefix in self._open
        )

    @contextmanager
    def _speaking(self, connection: HTTPConnection) -> Iterator[None]:
        default = self._house.settings.language
        with i18n.speaking(i18n.choose(connection.headers, connection.cookies, default)):
            yield

    @contextmanager
    def _in_context(self, visitor: Visitor | None) -> Iterator[None]:
        if visitor is not None:
            journal.by(visitor.user.name)
        entered, known = context.enter(self._house), visitors.enter(visitor)
        token = access.enter(visitor.user if visitor else None)
        proved_at = visitor.proved_at if visitor else None
        try:
            with proof.shown(proved_at, self._proof_holds):
                yield
        finally:
            access.leave(token)
            visitors.leave(known)
            context.leave(entered)


def _told(send: Send) -> Send:
    """The sender, with a line in the security log for each answer that refuses."""

    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            journal.answered(message["status"])
        await send(message)

    return telling


def refuse_foreign(connection: HTTPConnection) -> None:
    """Raise Forbidden where another site's page sends a change or opens a socket."""
    if connection.scope["type"] == "http" and connection.scope["method"] not in _CHANGES:
        return
    origin = connection.headers.get("origin")
    # Not urlsplit: an origin is scheme://host:port, and a malformed one is foreign, no error.
    if origin is not None and origin.partition("://")[2] != connection.headers.get("host"):
        raise Forbidden("this comes from another site")
    if origin is None and connection.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise Forbidden("this comes from another site")


def address(connection: HTTPConnection) -> str:
    """Where the request comes from, for the log and for counting failures."""
    return connection.client.host if connection.client else "unknown"


def _refusal(connection: HTTPConnection, error: Exception) -> Response:
    """A person is sent to the login page, a program gets the problem."""
    scope = connection.scope
    wants_page = "text/html" in connection.headers.get("accept", "") and scope["method"] == "GET"
    if isinstance(error, Unauthenticated) and wants_page:
        query = scope["query_string"].decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(target, safe='')}", 303)
    if not isinstance(error, DatabaseUnavailable):
        journal.refused("refused", reason=str(error))
    return problem_of(error)


async def _close(receive: Receive, send: Send, code: int) -> None:
    """Close with a code that the browser can read: it must have been accepted first."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code, "reason": "log in first"})
