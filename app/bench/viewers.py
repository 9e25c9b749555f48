"""``vigie bench viewers``: what an open screen costs by the live socket, and by polling.

A server in a process of its own, on a database of its own, into which some twenty events a
second are stored.  First it serves `viewers` sockets; then, in the same run, the same board is
asked for once a second by some tens of clients, as a screen without a socket would.  The cost
is the server's processor time a viewer and second, less what it works with nobody there.  The
delay is from the commit of an event to the message (or the answer) that counts it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import psutil  # type: ignore[import-untyped]

    from app.bootstrap import House
    from app.open_screens import Site
    from ingest.database import Database

#: Who asks again and again is dear: so many show the price.
POLLERS = 40
EVENTS_S = 20.0
#: Seconds between two looks at the server's memory.
LOOK_S = 5.0
#: Seconds after the last screen opened before anything is measured.
SETTLE_S = 2.0
#: Who watches.
USER, PASSWORD = "bench", "a-screen-on-the-wall"


def register(bench: typer.Typer) -> None:
    """Add the benchmark."""
    bench.command("viewers")(viewers)


def viewers(
    viewers: Annotated[int, typer.Option(min=2, help="Open screens.")] = 500,
    seconds: Annotated[float, typer.Option(min=1, help="Of each measurement.")] = 20.0,
    churn_minutes: Annotated[
        float, typer.Option(min=0, help="Then let viewers come and go; watch the memory.")
    ] = 0.0,
    format: FormatOption = Format.table,
) -> None:
    """Processor time a viewer by socket and by polling; delay; memory of the server.

    Example: vigie bench viewers --viewers 500 --format json
    """
    from app.measured import print_figures
    from app.open_screens import Site
    from app.scratch import scratch_database
    from app.settings import load_settings

    settings = load_settings()
    with (
        scratch_database(settings) as database,
        _server(settings.home, database.conninfo) as (pid, port, cookie),
    ):
        figures = asyncio.run(
            _measure(Site(pid, port, cookie), database.conninfo, viewers, seconds, churn_minutes)
        )
    print_figures(figures, format)


@contextmanager
def _server(home: Path, conninfo: str) -> Iterator[tuple[int, int, str]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(home, conninfo, theirs), daemon=True)
    process.start()
    try:
        port, cookie = ours.recv()
        assert process.pid is not None
        yield process.pid, port, cookie
    finally:
        process.terminate()
        process.join()


def _serve(home: Path, conninfo: str, ready: Connection) -> None:
    import logging

    from app import server, web
    from ingest.database import database_at

    logging.disable(logging.CRITICAL)
    with database_at(conninfo) as database, server.listening("127.0.0.1", 0) as socket:
        house = _house(home, database)
        cookie = _viewer(house)
        port = socket.getsockname()[1]
        server.run(web.create_app(house), socket, lambda _address: ready.send((port, cookie)))


def _house(home: Path, database: Database) -> House:
    from app.bootstrap import House, store_of
    from app.settings import Settings

    settings = Settings(home=home, secret_key="bench-" * 8, zone="UTC")
    return House(settings, database, store_of(database, settings))


def _viewer(house: House) -> str:
    """The cookie of somebody who may look."""
    from app.access.accounts import Accounts
    from app.access.sessions import Sessions
    from app.access.visitors import SESSION_COOKIE

    now = datetime.now(UTC)
    engine = house.database.engine
    user = Accounts(engine).add(USER, "viewer", PASSWORD, now)
    return f"{SESSION_COOKIE}={Sessions(engine).open(user, now)}"


async def _measure(
    site: Site, conninfo: str, viewers: int, seconds: float, churn_minutes: float
) -> dict[str, float]:
    import psutil

    from app.open_screens import polling, watching

    process = psutil.Process(site.pid)
    async with _writing(site, conninfo):
        idle = await _worked(process, seconds / 2)
        by_socket, told = await _cost(process, site, watching(site, viewers), idle, seconds)
        pollers = min(POLLERS, viewers)
        bypolling, polled = await _cost(process, site, polling(site, pollers), idle, seconds)
        churn = await _churn(process, site, viewers, churn_minutes * 60)
    socket_ms, polling_ms = by_socket / viewers * 1000, bypolling / pollers * 1000
    return {
        "viewers": viewers,
        "socket_cpu_ms": round(socket_ms, 4),
        "socket_p50_ms": round(median(told) * 1000, 1),
        "socket_p99_ms": round(quantiles(told, n=100)[98] * 1000, 1),
        "pollers": pollers,
        "polling_cpu_ms": round(polling_ms, 4),
        "polling_p99_ms": round(quantiles(polled, n=100)[98] * 1000, 1),
        "times_cheaper": round(polling_ms / socket_ms, 1),
        **churn,
    }


async def _cost(
    process: psutil.Process,
    site: Site,
    screens: AbstractAsyncContextManager[None],
    idle: float,
    seconds: float,
) -> tuple[float, list[float]]:
    """Processor seconds a second that these screens cost, and the delays they saw."""
    async with screens:
        await asyncio.sleep(SETTLE_S)
        site.delays.clear()
        worked = await _worked(process, seconds)
        return max(worked - idle, 1e-9), list(site.delays)


async def _worked(process: psutil.Process, seconds: float) -> float:
    """Processor seconds a second over the next `seconds`."""
    times, began = process.cpu_times(), monotonic()
    await asyncio.sleep(seconds)
    after = process.cpu_times()
    taken: float = after.user + after.system - times.user - times.system
    return taken / (monotonic() - began)


@asynccontextmanager
async def _writing(site: Site, conninfo: str) -> AsyncIterator[None]:
    """Calls come in, `EVENTS_S` a second, each stored by itself."""
    from app.open_screens import beside
    from ingest.connector import Source
    from ingest.database import database_at
    from ingest.events import Event

    with database_at(conninfo) as database:
        store, source = _house(Path(), database).store, Source("bench", "simulator")

        def keep(number: int) -> None:
            now = datetime.now(UTC)
            call = Event(event_id=f"{number}", occurred_at=now, kind="queued",
                         contact_id=f"{number}", channel="phone", queue="bench")  # fmt: skip
            store.write(source, [call], now=now)
            site.stored.append(monotonic())

        async def write() -> None:
            for number in count():
                await asyncio.to_thread(keep, number)
                await asyncio.sleep(1 / EVENTS_S)

        async with beside([write]):
            yield


async def _churn(
    process: psutil.Process, site: Site, viewers: int, seconds: float
) -> dict[str, float]:
    """Viewers come and go for so long: megabytes after a fifth of it, and at its end."""
    from app.open_screens import beside, come_and_go

    if not seconds:
        return {}

    seen: list[float] = []
    async with beside([partial(come_and_go, site)] * viewers):
        ends = monotonic() + seconds
        while monotonic() < ends:
            await asyncio.sleep(LOOK_S)
            seen.append(process.memory_info().rss / 2**20)
    fifth = max(1, len(seen) // 5)
    early, late = median(seen[fifth : 2 * fifth] or seen), median(seen[-fifth:])
    return {
        "churn_minutes": round(seconds / 60, 1),
        "rss_early_mb": round(early, 1),
        "rss_late_mb": round(late, 1),
        "growth": round(late / early, 3),
    }
