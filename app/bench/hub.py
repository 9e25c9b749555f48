"""``vigie bench hub``: decisions a second, beside an empty handler on the same server.

The server is the one of ``vigie hub`` in a process of its own, started from a kept snapshot of
200 switches over 12 channels, 40 reasons and 6 segments, 20 of them for half of the visitors,
with opening hours.  Every question is another visitor's.  The empty handler is a route of that
server that does nothing; the question itself goes past the routes, as in the product.  The
client is one Python process too: only the ratio of the two figures means anything, and the
latency at a rate below both.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, cast

import typer

from app.printing import Format, FormatOption

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from app.hub.known import Snapshot

CHANNELS, REASONS, SEGMENTS, SWITCHES = 12, 40, 6, 200
SURFACES = ("web", "app", "client_area", "ivr")
CONNECTIONS = 16
#: Nobody listens there: the hub answers from its snapshot alone.
_NOWHERE = "host=127.0.0.1 port=1 dbname=nothing connect_timeout=1"
_SEED = 20261122


def register(bench: typer.Typer) -> None:
    """Add the benchmark."""
    bench.command("hub")(hub)


def hub(
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each round.")] = 0.5,
    rounds: Annotated[int, typer.Option(min=1, help="Of each; the median counts.")] = 15,
    rate: Annotated[int, typer.Option(min=10, help="Requests a second for p99.")] = 1000,
    format: FormatOption = Format.table,
) -> None:
    """Requests a second with the full decision and with an empty handler; p99 at a set rate.

    Example: vigie bench hub --rounds 15 --format json
    """
    from uvicorn.loops.auto import auto_loop_factory

    from app.measured import print_figures

    with (
        TemporaryDirectory(prefix="vigie-bench-") as folder,
        _server(Path(folder)) as port,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
    ):
        result = runner.run(_measure(port, seconds, rounds, rate))
    print_figures(result, format)


def example(now: datetime) -> Snapshot:
    """A large exposure, the same each time."""
    import msgspec

    from app.exposure.model import State, Switch
    from app.exposure.modes import Mode, Word
    from app.exposure.reading import Exposure
    from app.exposure.surroundings import Link, Rows, Wait, WeekRow
    from app.hub.known import Snapshot

    told = random.Random(_SEED)
    channels = [f"channel-{number}" for number in range(CHANNELS)]
    modes = tuple(Mode(name, number < 8, name, name) for number, name in enumerate(channels))
    words = tuple(
        Word(kind, word, word, word)
        for kind, many in (("reason", _reasons()), ("segment", _segments()), ("surface", SURFACES))
        for word in many
    )
    scopes: dict[tuple[str, str, str, str], None] = {}
    while len(scopes) < SWITCHES:
        scopes[told.choice(channels), told.choice(_reasons()), told.choice(["*", *_segments()]),
               told.choice(["*", *SURFACES])] = None  # fmt: skip
    switches = tuple(
        msgspec.convert(
            {
                "channel": channel, "reason": reason, "segment": segment, "surface": surface,
                "state": told.choice(list(State)), "share": 50 if number <= 20 else 100,
                "why": "bench", "owner": "bench", "id": number, "version": number,
                "message_fr": "Attente longue", "message_en": "Long wait",
                "updated_at": now, "expires_at": now + timedelta(days=1),
            },
            Switch,
        )
        for number, (channel, reason, segment, surface) in enumerate(scopes, 1)
    )  # fmt: skip
    weeks = (WeekRow("*", "*", "*", date(2020, 1, 1), "mon-sun 00:00-24:00", "Europe/Paris",
                     "FR", None, "00:00-24:00"),)  # fmt: skip
    waits = tuple(Wait(channel, "", 60.0, now) for channel in channels)
    links = tuple(Link(channel, "*", f"/contact/{channel}") for channel in channels)
    rows = Rows(weeks, (), tuple(channels[:8]), waits, links)
    return Snapshot(Exposure(SWITCHES, modes, words, switches), now, rows)


def _reasons() -> list[str]:
    return [f"reason-{number}" for number in range(REASONS)]


def _segments() -> list[str]:
    return [f"segment-{number}" for number in range(SEGMENTS)]


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    from app.hub.known import Kept

    Kept(folder).save(example(datetime.now(UTC)))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(folder, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(folder: Path, ready: Connection) -> None:
    import logging

    import uvicorn
    from starlette.routing import Route

    from app import server
    from app.hub.decision import Hub
    from app.hub.known import Kept
    from app.hub.server import create

    logging.disable(logging.CRITICAL)
    application = create(Hub(_NOWHERE, kept=Kept(folder)))
    application.routes.append(Route("/api/v1/hub/nothing", Empty(), methods=["POST"]))
    config = uvicorn.Config(application, http="httptools", ws="none", access_log=False,
                            server_header=False, log_config=None)  # fmt: skip
    with server.listening("127.0.0.1", 0) as socket:
        ready.send(socket.getsockname()[1])
        uvicorn.Server(config).run(sockets=[socket])


class Empty:
    """What no handler can do without."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        assert callable(send)
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def questions(path: str, many: int) -> list[bytes]:
    """So many requests as they go over the wire, each of another visitor."""
    import msgspec

    told = random.Random(_SEED)
    found = []
    for number in range(many):
        body = msgspec.json.encode({
            "surface": told.choice(SURFACES), "reason": told.choice(_reasons()),
            "segment": told.choice(_segments()), "visitor": f"visitor-{number}",
            "language": told.choice(["fr", "en"]), "page": f"/page/{number % 100}",
            "basket_value": number % 500,
        })  # fmt: skip
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        found.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return found


class Asking(asyncio.Protocol):
    """One connection: a request, its whole answer, the next; counts what was no 200."""

    def __init__(self) -> None:
        self.errors = 0
        self.transport: asyncio.Transport
        self._seen = b""
        self._answered: asyncio.Future[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    async def ask(self, request: bytes) -> None:
        """Send it and wait for the answer."""
        self._answered = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self._answered

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, found, body = self._seen.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r", 1)[0])
        if len(body) >= length:
            self.errors += not head.startswith(b"HTTP/1.1 200")
            self._seen = b""
            self._answered.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(error or ConnectionError("the server hung up"))


async def _measure(port: int, seconds: float, rounds: int, rate: int) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(Asking, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    asked = questions("/api/v1/hub/offers", 5000)
    nothing = questions("/api/v1/hub/nothing", 5000)
    await _each(clients, asked)
    # Turn by turn: what else the machine does meets both.
    pairs = [
        (await _flat_out(clients, asked, seconds), await _flat_out(clients, nothing, seconds))
        for _round in range(rounds)
    ]
    taken = await paced(clients, asked, rate, max(seconds, 3.0))
    for client in clients:
        client.transport.close()
    return {
        "decisions_per_s": round(median(full for full, _ in pairs)),
        "empty_per_s": round(median(empty for _, empty in pairs)),
        "ratio": round(median(full / empty for full, empty in pairs), 3),
        "rate": rate,
        "p50_ms": round(median(taken) * 1000, 3),
        "p99_ms": round(quantiles(taken, n=100)[98] * 1000, 3),
        "errors": sum(client.errors for client in clients),
    }


async def _flat_out(
    clients: Sequence[Asking], requests: Sequence[bytes], seconds: float
) -> float:
    """Requests a second, as fast as the connections go."""
    clock = perf_counter
    began = clock()
    done = 0

    async def one(client: Asking, offset: int) -> None:
        nonlocal done
        at = offset
        while clock() - began < seconds:
            await client.ask(requests[at % len(requests)])
            at += len(clients)
            done += 1

    await asyncio.gather(*(one(client, at) for at, client in enumerate(clients)))
    return done / (clock() - began)


async def _each(clients: Sequence[Asking], requests: Sequence[bytes]) -> None:
    """Every request once, so that what is measured is not the first minute's first second."""

    async def one(client: Asking, requests: Sequence[bytes]) -> None:
        for request in requests:
            await client.ask(request)

    many = len(clients)
    await asyncio.gather(*(one(client, requests[at::many]) for at, client in enumerate(clients)))


async def paced(
    clients: Sequence[Asking], requests: Sequence[bytes], rate: float, seconds: float
) -> list[float]:
    """Seconds that each answer took, from when its request was due: a stall is not forgiven."""
    clock = perf_counter
    began = clock()
    taken: list[float] = []

    async def one(client: Asking, offset: int) -> None:
        at = offset
        while (due := began + at / rate) < began + seconds:
            await asyncio.sleep(max(0.0, due - clock()))
            await client.ask(requests[at % len(requests)])
            taken.append(clock() - due)
            at += len(clients)

    await asyncio.gather(*(one(client, at) for at, client in enumerate(clients)))
    return taken
