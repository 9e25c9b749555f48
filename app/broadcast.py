"""One broadcast per process: the database's changes, read once, told to every open screen.

NOTIFY (or a second gone by) → at most ten reads a second → one picture → what changed,
serialised once → every viewer's queue.  A wake-up may be lost; a state is not: it is read
again anyway.  `as_of` moves with successful reads only, so that a screen knows when the
numbers stopped being true.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import process_time
from typing import NoReturn

import msgspec
import psycopg
import structlog

from app.bootstrap import House
from app.cells import Cells, changed
from app.metrics.instruments import BOARD_SECONDS
from app.sources import SourceWatch
from kpis.past import Past

CHANNELS = ("vigie_contacts", "vigie_exposure")
#: Seconds between two reads at least: while this process has time to spare, and else.
QUICK, SHORTEST = 0.1, 0.25
#: It has none to spare where it takes more than this share of a core.
BUSY = 0.4
#: Seconds between two reads at most, and between two beats.
LONGEST, BEAT = 1.0, 1.0
#: Seconds after which a silent connection is asked whether it lives.
LOOK_EVERY = 15.0
_BACKLOG = 32
#: Seconds before the database is listened to again: at first, at most.
_PAUSES = (0.5, 5.0)
_log = structlog.get_logger(__name__)


class Message(msgspec.Struct, omit_defaults=True):
    """What a viewer is told: `type` is full, delta or beat."""

    type: str
    seq: int
    as_of: datetime | None
    data: Cells | msgspec.UnsetType = msgspec.UNSET


class Viewer:
    """One open screen: a queue that never blocks the broadcast."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self._told: asyncio.Queue[str | None] = asyncio.Queue(_BACKLOG)
        self._told.put_nowait(broadcast.full())

    def tell(self, message: str | None) -> None:
        """Queue a message; who is too slow gets one whole picture instead of the backlog."""
        if self._told.full():
            while not self._told.empty():
                self._told.get_nowait()
            message = message and self._broadcast.full()
        self._told.put_nowait(message)

    async def next(self) -> str | None:
        """The next message; None when the broadcast ends."""
        return await self._told.get()


class Broadcast:
    """The state every screen shows, and who watches it."""

    def __init__(self, house: House, clock: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self.sequence = 0
        self.as_of: datetime | None = None
        self.sources = SourceWatch(house.settings, house.scope)
        self._house = house
        self._clock = clock
        self._cells: Cells = {}
        self._full: str | None = None
        self._viewers: set[Viewer] = set()
        self._wake = asyncio.Event()
        self._past = Past()
        self._spoke = False
        self._failing = False
        self._stopped = False

    @property
    def viewers(self) -> int:
        """How many screens are open."""
        return len(self._viewers)

    @contextmanager
    def watching(self) -> Iterator[Viewer]:
        """A viewer, whose first message is the whole picture."""
        viewer = Viewer(self)
        self._viewers.add(viewer)
        if self._stopped:
            viewer.tell(None)
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)

    def full(self) -> str:
        """The whole picture as it is, serialised once."""
        if self._full is None:
            self._full = self._text("full", self._cells)
        return self._full

    async def run(self) -> None:
        """Tell until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for part in (self._listen, self._read, self._beat):
                tasks.create_task(part(), name=f"broadcast{part.__name__}")

    def stop(self) -> None:
        """Send every viewer away."""
        self._stopped = True
        for viewer in self._viewers:
            viewer.tell(None)

    def show(self, cells: Cells, as_of: datetime) -> None:
        """Take a new picture and tell what changed."""
        difference = changed(self._cells, cells)
        self.as_of, self._full = as_of, None
        if difference:
            self.sequence += 1
            self._cells = cells
            self._tell(self._text("delta", difference))

    async def _read(self) -> None:
        """Read when woken, and every second: waits grow and switches expire without a word."""
        loop = asyncio.get_running_loop()
        shortest = QUICK
        while True:
            began, spent = loop.time(), process_time()
            self._wake.clear()
            await self._read_once()
            await asyncio.sleep(max(0.0, began + shortest - loop.time()))
            # Not wait_for: on Python 3.11 it can swallow a cancellation.
            with suppress(TimeoutError):
                async with asyncio.timeout_at(began + LONGEST):
                    await self._wake.wait()
            busy = (process_time() - spent) / (loop.time() - began)
            shortest = QUICK if busy < BUSY else SHORTEST

    async def _read_once(self) -> None:
        now = self._clock()
        try:
            cells = await asyncio.to_thread(self._picture, now)
        except Exception as error:
            # Whatever it is, the next read may work: `as_of` tells the screens meanwhile.
            if not self._failing:
                _log.exception("the live numbers cannot be read", error=str(error))
            self._failing = True
            return
        if self._failing:
            _log.info("the live numbers can be read again")
        self._failing = False
        self.show(cells, now)

    def _picture(self, now: datetime) -> Cells:
        from app.pictures import read_picture

        with BOARD_SECONDS.time():
            return read_picture(self._house, now, self.sources, self._past)

    async def _listen(self) -> None:
        """Wake the reader on every NOTIFY; a connection that breaks is made again."""
        first, longest = _PAUSES
        clock = asyncio.get_running_loop().time
        pause = first
        while True:
            began = clock()
            try:
                await self._hear()
            except (psycopg.Error, OSError) as error:
                _log.warning("not listening to the database", error=str(error).strip())
            # It was heard for a while: this is another outage.
            pause = first if clock() - began > longest else min(pause * 2, longest)
            await asyncio.sleep(pause)

    async def _hear(self) -> NoReturn:
        conninfo = self._house.database.conninfo
        connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
        async with connection:
            for channel in CHANNELS:
                await connection.execute(psycopg.sql.SQL("listen {}").format(
                    psycopg.sql.Identifier(channel)))  # fmt: skip
            # One sent before we listened is lost, so read now.
            self._wake.set()
            while True:
                async for _notify in connection.notifies(timeout=LOOK_EVERY):
                    self._wake.set()
                await connection.execute("select 1")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            if not self._spoke:
                self._tell(self._text("beat"))
            self._spoke = False

    def _tell(self, message: str) -> None:
        if self._stopped:  # the farewell is the last that a viewer hears
            return
        self._spoke = True
        for viewer in self._viewers:
            viewer.tell(message)

    def _text(self, kind: str, data: Cells | msgspec.UnsetType = msgspec.UNSET) -> str:
        return msgspec.json.encode(Message(kind, self.sequence, self.as_of, data)).decode()
