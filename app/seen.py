"""The house as the one who asks sees it: of their scope, and at the moment they look at.

The gate says who asks; inside of it `Seen` gives the request the house of that scope for all that
it reads.  What it changes it changes in the whole house (:func:`app.context.acting_house`), where
the rights and :meth:`app.exposure.model.Actor.require_within` hold it back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from threading import Lock
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from app import access, context
from app.access.scopes import Scope as Limits
from app.bootstrap import House
from app.past import shadows
from app.sight import Sight, cut, sight_of
from ingest.shadow import Moment, at_moment, hidden
from kpis.intervals import day_of

#: So many houses are kept ready; whoever asks for another one waits a moment longer.
_KEPT = 32
#: Seconds after which a new source or queue is seen by those whose it is.
_LEARNT_EVERY = 60.0


class Sights:
    """The houses that are being looked at, each made once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._learnt: dict[Limits, tuple[float, Sight]] = {}
        self._known: OrderedDict[tuple[Sight, datetime | None], House] = OrderedDict()
        self._lock = Lock()

    def of(self, scope: Limits, then: datetime | None = None) -> House:
        """The house of that scope at that moment (None: now); nothing can be changed in it,
        unless it is the whole house of now."""
        if scope.whole and then is None:
            return self._house
        key = (self._sight(scope), then)
        with self._lock:
            found = self._known.pop(key, None) or _house_seen(self._house, *key)
            self._known[key] = found
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)[1].database.engine.dispose()
        return found

    def close(self) -> None:
        """Give back every connection to what is looked at."""
        with self._lock:
            for house in self._known.values():
                house.database.engine.dispose()
            self._known.clear()

    def _sight(self, scope: Limits) -> Sight:
        at, known = self._learnt.get(scope, (0.0, None))
        if known is not None and (scope.whole or monotonic() - at < _LEARNT_EVERY):
            return known
        found = Sight(scope)
        if not scope.whole:
            with self._house.database.engine.connect() as connection:
                found = sight_of(connection, scope)
        self._learnt[scope] = (monotonic(), found)
        return found


class Seen:
    """ASGI: inside of the gate, which has said who asks."""

    def __init__(self, app: ASGIApp, sights: Sights) -> None:
        self._app = app
        self._sights = sights

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limits = access.scope()
        if limits.whole or scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        seen = await asyncio.to_thread(self._sights.of, limits)
        token = context.see(seen)
        try:
            await self._app(scope, receive, send)
        finally:
            context.leave(token)


def _house_seen(house: House, sight: Sight, then: datetime | None) -> House:
    hiding = []
    if then is not None:
        moment = Moment(then, day_of(then, house.settings.tz)[1])
        hiding = [at_moment(shadow, moment) for shadow in shadows()]
    if not sight.scope.whole:
        hiding = cut(sight, hiding)
    database = hidden(house.database, hiding, still=then is not None)
    return replace(house, database=database, scope=sight.scope)
