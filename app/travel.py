"""Looking back: a request that names a past moment is answered from the house as it was.

A browser that looks at ``?as_of=2026-11-20T14:00`` sends the moment along as a header
(``assets/as_of.js``); bare pages and the API take it from the address.  Whoever looks back may
see what they may see now, and change nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app import access, context
from app.access.rights import RIGHTS
from app.bootstrap import House
from app.errors import AppError, WrongUse
from app.present import by_clock, looking_at
from app.problem import problem_of
from app.seen import Sights
from kpis.errors import WrongQuery
from kpis.intervals import moment

NAME, HEADER = "as_of", "x-vigie-as-of"
#: Where the address itself may name the moment; other answers are of the present.
_IN_ADDRESS = (
    "/wall",
    *(f"/api/v1/{name}" for name in ("board", "picture", "kpis", "contacts", "journeys",
      "forecast", "exposure", "alerts")),
)  # fmt: skip
_READS = frozenset({"GET", "HEAD"})
_SEEING = frozenset(right for right in RIGHTS if right.startswith("see"))
#: A clock that is a little ahead of ours looks at now.
_TOLERANCE = timedelta(minutes=1)
#: How a handler says so in the description of the API; it is understood before it comes there.
AsOf = Annotated[
    str | None, Query(description="as of a past date-time, in the site's zone; else now")
]


class Travel:
    """ASGI: inside of the gate, which has said who asks."""

    def __init__(
        self, app: ASGIApp, sights: Sights, house: House, clock: Callable[[], datetime]
    ) -> None:
        self._app = app
        self._house = house
        self._clock = clock
        self._sights = sights

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with by_clock(self._clock):
            await self._at_its_moment(scope, receive, send)

    async def _at_its_moment(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _asked(scope)
        if not asked or access.current() is None:
            await self._app(scope, receive, send)
            return
        try:
            then = past_moment(asked, self._house, self._clock())
            past = await asyncio.to_thread(self._sights.of, access.scope(), then)
        except AppError as error:
            await problem_of(error)(scope, receive, send)
            return
        with looking_at(then), _within(past):
            await self._app(scope, receive, send)


def past_moment(words: str, house: House, now: datetime) -> datetime:
    """The moment, in the site's zone unless it says another.  Raises WrongUse."""
    try:
        then = moment(words.replace(" ", "+"), house.settings.tz)
    except WrongQuery as error:
        raise WrongUse(f"{NAME}: {error}") from error
    if then > now + _TOLERANCE:
        raise WrongUse(f"{NAME}: {words} has not come yet: name a moment that is over")
    return min(then, now)


def _asked(scope: Scope) -> str:
    """What the request says of the moment; nothing where it is about the present."""
    if scope["type"] != "http":
        return ""
    connection = HTTPConnection(scope)
    if told := connection.headers.get(HEADER, ""):
        return told
    if scope["path"].startswith(_IN_ADDRESS) and scope["method"] in _READS:
        return connection.query_params.get(NAME, "")
    return ""


@contextmanager
def _within(past: House) -> Iterator[None]:
    """The house as it was, and a user who only sees."""
    user = access.current()
    assert user is not None
    known = _SEEING if user.rights is None else _SEEING & user.rights
    entered, token = context.see(past), access.enter(replace(user, rights=known))
    try:
        yield
    finally:
        access.leave(token)
        context.leave(entered)
