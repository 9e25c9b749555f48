"""Open screens, many of them, as a benchmark has them: by the live socket, or by polling."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

#: Of so many viewers every message is read, of the others it is only taken.
JUDGED = 20
#: So many open a socket at a time.
AT_THE_DOOR = 20
#: A viewer who comes and goes stays so many seconds at most.
STAY_S = 20.0


@dataclass(slots=True)
class Site:
    """The server under measure, and what was stored for it."""

    pid: int
    port: int
    cookie: str
    #: When the commit of the first, second, … contact returned.
    stored: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def saw(self, offered: int, before: int) -> None:
        """A screen shows so many contacts and showed `before`."""
        now = monotonic()
        self.delays += [now - at for at in self.stored[before:offered]]


@asynccontextmanager
async def beside(works: Sequence[Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """Do them beside each other until the block ends."""
    running = [asyncio.ensure_future(work()) for work in works]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        for ended in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


@asynccontextmanager
async def watching(site: Site, viewers: int) -> AsyncIterator[None]:
    """So many open sockets, all of them read from their first message on."""
    opening, door, all_there = viewers, asyncio.Semaphore(AT_THE_DOOR), asyncio.Event()

    async def view(number: int) -> None:
        nonlocal opening
        async with AsyncExitStack() as opened:
            async with door:
                socket = await opened.enter_async_context(_socket(site))
            opening -= 1
            if not opening:
                all_there.set()
            await (_judge(site, socket) if number < JUDGED else _take(socket))

    async with beside([partial(view, number) for number in range(viewers)]):
        await all_there.wait()
        yield


def _socket(site: Site) -> Any:
    from websockets.asyncio.client import connect

    address = f"127.0.0.1:{site.port}"
    headers = {"cookie": site.cookie, "origin": f"http://{address}"}
    return connect(f"ws://{address}/live?page=overview", additional_headers=headers,
                   compression=None, open_timeout=60, ping_interval=None)  # fmt: skip


async def _judge(site: Site, socket: ClientConnection) -> None:
    shown: int | None = None
    async for message in socket:
        told = msgspec.json.decode(message).get("data") or {}
        if (offered := told.get("total.offered")) is not None:
            site.saw(offered, offered if shown is None else shown)
            shown = offered


async def _take(socket: ClientConnection) -> None:
    async for _message in socket:
        pass


@asynccontextmanager
async def polling(site: Site, pollers: int) -> AsyncIterator[None]:
    """So many screens that ask for the board once a second."""
    import httpx2

    headers = {"cookie": site.cookie}
    address = f"http://127.0.0.1:{site.port}"
    async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=60) as client:

        async def poll() -> None:
            await asyncio.sleep(random.random())
            shown: int | None = None
            while True:
                due = monotonic() + 1.0
                board = (await client.get("/api/v1/board")).raise_for_status().json()
                offered = board["total"]["kpis"]["offered"] or 0
                site.saw(offered, offered if shown is None else shown)
                shown = offered
                await asyncio.sleep(max(0.0, due - monotonic()))

        async with beside([poll] * pollers):
            yield


async def come_and_go(site: Site) -> None:
    """A viewer, then another in its place, without end."""
    while True:
        async with _socket(site) as socket:
            try:
                await asyncio.wait_for(_take(socket), random.uniform(1, STAY_S))
            except TimeoutError:
                continue
