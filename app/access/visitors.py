"""Recognising who asks: a session cookie or a bearer token, looked up beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakSet

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from app.access import Unauthenticated, User
from app.access.accounts import Accounts
from app.access.sessions import Sessions
from app.errors import Forbidden
from ingest.database import Database
from ingest.errors import DatabaseUnavailable

#: Over https the cookie has the prefix by which browsers hold it to this host, path and TLS.
SESSION_COOKIE, SAFE_PREFIX = "vigie_session", "__Host-"
#: A database that hangs must not hold every request for ever.
_PATIENCE_S = 5.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and the session it was told by (None for a bearer token)."""

    user: User
    session_id: str | None
    #: When the owner of the session last showed a password or a code.
    proved_at: datetime | None = None


#: All of this process: one an application.
_all: WeakSet[Visitors] = WeakSet()
_current: ContextVar[Visitor | None] = ContextVar("visitor", default=None)


def current() -> Visitor | None:
    """Who asks in this request, and how; None for a stranger and outside of a request."""
    return _current.get()


def enter(visitor: Visitor | None) -> Token[Visitor | None]:
    """Make it the visitor of this context."""
    return _current.set(visitor)


def leave(token: Token[Visitor | None]) -> None:
    """Undo `enter`."""
    _current.reset(token)


def session() -> str:
    """The id of the session that asks.  Raises Forbidden for a bearer token: programs change
    nothing of how people get in."""
    visitor = current()
    if visitor is None or visitor.session_id is None:
        raise Forbidden("this is for people: log in with a browser")
    return visitor.session_id


def sessions_ended() -> None:
    """Sessions have just been ended here; on the event loop, as all that it wakes."""
    for visitors in _all:
        visitors.look_again()


def is_safe(connection: HTTPConnection) -> bool:
    """Did it come by TLS, to us or to a proxy that is believed?"""
    return connection.scope.get("scheme") in ("https", "wss")


def cookie_named(connection: HTTPConnection, name: str) -> str:
    """The cookie's name here; over https one from elsewhere is not even looked at."""
    return f"{SAFE_PREFIX}{name}" if is_safe(connection) else name


def session_of(connection: HTTPConnection) -> str | None:
    """The id that the browser tells."""
    return connection.cookies.get(cookie_named(connection, SESSION_COOKIE)) or None


class Visitors:
    """Finds the visitor of a connection; its threads are its own, so that a database that
    hangs does not take those of everybody else."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._accounts = Accounts(database.engine)
        self._sessions = Sessions(database.engine)
        self._clock = clock
        self._threads = ThreadPoolExecutor(8, "visitors")
        self._ended = asyncio.Event()
        _all.add(self)

    def look_again(self) -> None:
        """A session has just been ended here: whoever stays connected is looked at again."""
        self._ended.set()
        self._ended = asyncio.Event()

    async def until_ended(self, at_most_s: float) -> None:
        """Wait for that, or so long: other processes end sessions too."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._ended.wait()

    async def of(self, connection: HTTPConnection) -> Visitor | None:
        """Who asks; None for a stranger.

        Raises Unauthenticated on a token that is not valid, DatabaseUnavailable where nobody
        can tell.
        """
        if (header := connection.headers.get("authorization")) is not None:
            return await self._look_up(self._by_token, header)
        if session_id := session_of(connection):
            return await self._look_up(self._by_session, session_id)
        return None

    async def gone(self, connection: HTTPConnection, *, stays: bool = False) -> bool:
        """Has the session or token of a connection that stays open ended meanwhile?

        A database that cannot be asked ends none.  `stays`: it is a screen on the wall, whose
        session is prolonged as long as it is there.
        """
        try:
            visitor = await self.of(connection)
            if stays and visitor is not None and visitor.session_id is not None:
                await self._look_up(self._prolong, visitor.session_id)
            return visitor is None
        except Unauthenticated:
            return True
        except DatabaseUnavailable as error:
            _log.warning("a session could not be looked at again", error=str(error))
            return False

    def close(self) -> None:
        """No more questions; those under way are left to themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look_up(self, find: Callable[[str], Visitor | None], secret: str) -> Visitor | None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await loop.run_in_executor(self._threads, find, secret)
        except (TimeoutError, SQLAlchemyError) as error:
            raise DatabaseUnavailable("the database does not answer; try again") from error

    def _by_token(self, header: str) -> Visitor:
        scheme, _space, token = header.partition(" ")
        user = self._accounts.of_token(token.strip(), self._clock())
        if scheme.lower() != "bearer" or user is None:
            raise Unauthenticated("this bearer token is not valid: `vigie user token` makes one")
        return Visitor(user, None)

    def _prolong(self, session_id: str) -> None:
        self._sessions.stay(session_id, self._clock())

    def _by_session(self, session_id: str) -> Visitor | None:
        known = self._sessions.find(session_id, self._clock())
        return None if known is None else Visitor(known.user, session_id, known.proved_at)
