"""One broadcast for each scope that somebody watches with; that of the whole house always runs.

A scope's broadcast begins with its first viewer and ends with its last.  Its numbers are not kept
ready as those of the whole house are, so it rests in proportion to what a reading takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from time import monotonic

import structlog

from app.access.scopes import Scope
from app.bootstrap import House
from app.broadcast import Broadcast
from app.cells import Cells
from app.seen import Sights

#: A reading takes at most this share of the time, but none is later than so many seconds.
_SHARE, _LATEST = 0.2, 30.0
_log = structlog.get_logger(__name__)


class ScopedBroadcast(Broadcast):
    """What a scope sees of the house, as it changes."""

    def __init__(
        self, house: House, clock: Callable[[], datetime], sights: Sights, scope: Scope
    ) -> None:
        super().__init__(house, clock)
        self._sights = sights
        self._scope = scope
        self._going = Event()
        self._rests_until = 0.0

    def stop(self) -> None:
        """Send every viewer away."""
        self._going.set()
        super().stop()

    def _picture(self, now: datetime) -> Cells:
        self._going.wait(max(0.0, self._rests_until - monotonic()))
        began = monotonic()
        # Asked each time: it learns of new sources and queues.
        self._house = self._sights.of(self._scope)
        cells = super()._picture(now)
        took = monotonic() - began
        self._rests_until = monotonic() + min(_LATEST, took / _SHARE)
        return cells


@dataclass(slots=True)
class _Open:
    broadcast: Broadcast
    telling: asyncio.Task[None]
    watchers: int = 0


class Broadcasts:
    """The broadcasts of this process, by scope."""

    def __init__(self, whole: Broadcast, clock: Callable[[], datetime], sights: Sights) -> None:
        self.whole = whole
        self._clock = clock
        self._sights = sights
        self._open: dict[Scope, _Open] = {}

    @property
    def viewers(self) -> int:
        """How many screens and streams are open, with whatever scope."""
        return sum(each.viewers for each in self._all())

    @asynccontextmanager
    async def of(self, scope: Scope) -> AsyncIterator[Broadcast]:
        """The broadcast of that scope, which runs while somebody is within."""
        if scope.whole:
            yield self.whole
            return
        one = self._open.get(scope) or await self._begin(scope)
        one.watchers += 1
        try:
            yield one.broadcast
        finally:
            one.watchers -= 1
            if not one.watchers:
                self._open.pop(scope, None)
                await _end(one)

    def stop(self) -> None:
        """Send every viewer away."""
        for broadcast in self._all():
            broadcast.stop()

    def _all(self) -> tuple[Broadcast, ...]:
        return (self.whole, *(one.broadcast for one in self._open.values()))

    async def _begin(self, scope: Scope) -> _Open:
        seen = await asyncio.to_thread(self._sights.of, scope)
        if (known := self._open.get(scope)) is not None:  # somebody was faster
            return known
        broadcast = ScopedBroadcast(seen, self._clock, self._sights, scope)
        telling = asyncio.create_task(broadcast.run(), name=f"broadcast of {scope.words()}")
        self._open[scope] = _Open(broadcast, telling)
        return self._open[scope]


async def _end(one: _Open) -> None:
    one.broadcast.stop()
    one.telling.cancel()
    with suppress(asyncio.CancelledError):
        await one.telling
