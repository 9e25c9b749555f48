"""Recognising who asks: a session cookie or a bearer token, looked up beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from app.access import Unauthenticated, User
from app.access.accounts import Accounts
from app.access.sessions import Sessions
from ingest.database import Database
from ingest.errors import DatabaseUnavailable

SESSION_COOKIE = "vigie_session"
#: A database that hangs must not hold every request for ever.
_PATIENCE_S = 5.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and the session it was told by (None for a bearer token)."""

    user: User
    session_id: str | None


class Visitors:
    """Finds the visitor of a connection; its threads are its own, so that a database that
    hangs does not take those of everybody else."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._accounts = Accounts(database.engine)
        self._sessions = Sessions(database.engine)
        self._clock = clock
        self._threads = ThreadPoolExecutor(8, "visitors")

    async def of(self, connection: HTTPConnection) -> Visitor | None:
        """Who asks; None for a stranger.

        Raises Unauthenticated on a token that is not valid, DatabaseUnavailable where nobody
        can tell.
        """
        if (header := connection.headers.get("authorization")) is not None:
            return await self._look_up(self._by_token, header)
        if session_id := connection.cookies.get(SESSION_COOKIE):
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
        user = self._sessions.find(session_id, self._clock())
        return None if user is None else Visitor(user, session_id)
