"""A hub of its own process answers while its database is killed, stopped or slow; a change
reaches every hub.  The figures are printed: ``pytest -s``."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import msgspec
import pytest

from app.bench.hub import Asking, paced
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from ingest.database import Database, database_at
from ingest.embedded.binaries import binaries_for
from ingest.embedded.cluster import Cluster
from ingest.embedded.place import settle
from tests.app.hub.test_hub_command import hub
from tests.chaos.server import Server
from tests.folders import fast_folder
from tests.house import url_of

ANA = Actor("user", "ana", ("operator",))
PATIENCE = 60.0
CONNECTIONS = 8


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with fast_folder() as folder:
        yield folder / "home"


@pytest.fixture(scope="module")
def postgres(home: Path) -> Iterator[Server]:
    """A server of this module's own: it is ill-treated."""
    with Server(home) as server:
        yield server


@pytest.fixture
def database(postgres: Server) -> Iterator[Database]:
    with postgres.database() as conninfo, database_at(conninfo) as database:
        yield database


def close_phone(database: Database) -> int:
    """Close the phone for billing, now; the revision that made it so."""
    now = datetime.now(UTC)
    change = Change(channel="phone", reason="billing", state=State.CLOSED, why="test",
                    expires_at=now + timedelta(minutes=50))  # fmt: skip
    return ExposureService(database).set(change, ANA, now, emergency=True).version


def promote(database: Database, message: str) -> int:
    change = Change(channel="chat", state=State.PROMOTED, why="test", message_en=message)
    return ExposureService(database).set(change, ANA, datetime.now(UTC)).version


def revision(address: str) -> int:
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
        return int(msgspec.json.decode(answer.read())["revision"])


def reached(address: str, wanted: int) -> float:
    """Seconds until the hub knows that revision."""
    began, pause = perf_counter(), threading.Event()
    while revision(address) < wanted:
        assert perf_counter() - began < PATIENCE
        pause.wait(0.005)
    return perf_counter() - began


def phone(address: str) -> str:
    kind = {"Content-Type": "application/json"}
    path = f"{address}/api/v1/hub/offers"
    question = urllib.request.Request(path, b'{"reason":"billing"}', kind)
    with urllib.request.urlopen(question, timeout=10) as answer:
        offers = msgspec.json.decode(answer.read())["offers"]
    return str(next(one["state"] for one in offers if one["channel"] == "phone"))


def asked(address: str, many: int, fault: Callable[[], None]) -> tuple[list[float], int]:
    """Ask so often, 500 times a second, while the fault goes on; seconds of each, and errors."""
    port = int(address.rpartition(":")[2])
    head = "POST /api/v1/hub/offers HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    bodies = [b'{"reason":"billing","visitor":"%d"}' % number for number in range(1000)]
    wire = [f"{head}Content-Length: {len(b)}\r\n\r\n".encode() + b for b in bodies]

    async def ask() -> tuple[list[float], int]:
        loop = asyncio.get_running_loop()
        clients = [
            (await loop.create_connection(Asking, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
        ]
        taken, _ = await asyncio.gather(
            paced(clients, wire, 500, many / 500), asyncio.to_thread(fault)
        )
        for client in clients:
            client.transport.close()
        return taken, sum(client.errors for client in clients)

    return asyncio.run(ask())


def family(home: Path) -> list[int]:
    """The postmaster and its children."""
    place = settle(home)
    postmaster = Cluster(place, binaries_for(place.account)).postmaster()
    assert postmaster is not None
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


def signalled(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            continue


@contextmanager
def stopped(home: Path) -> Iterator[None]:
    pids = family(home)
    signalled(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        signalled(pids, signal.SIGCONT)


def slow(home: Path, until: threading.Event) -> None:
    """The server runs for a tenth of the time."""
    while not until.is_set():
        with stopped(home):
            until.wait(0.27)
        until.wait(0.03)


def p99_ms(taken: list[float]) -> float:
    return quantiles(taken, n=100)[98] * 1000


def test_every_answer_comes_while_the_database_is_killed_stopped_or_slow(
    postgres: Server, database: Database, home: Path, tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    many = 6_700 if request.config.getoption("--long") else 1_000
    known = close_phone(database)
    figures: dict[str, tuple[float, int]] = {}

    def told(name: str, fault: Callable[[], None]) -> None:
        taken, errors = asked(address, many, fault)
        assert len(taken) == many
        figures[name] = (p99_ms(taken), errors)
        assert phone(address) == "closed"

    with hub(tmp_path, url=url_of(database)) as (_process, address):
        reached(address, known)
        told("none", lambda: None)
        done = threading.Event()
        slowing = threading.Thread(target=slow, args=(home, done))
        slowing.start()
        try:
            told("slow", lambda: None)
        finally:
            done.set()
            slowing.join()
        with stopped(home):
            told("stopped", lambda: None)
        told("killed", postgres.kill)
        postgres.revive()
        database.engine.dispose()
        reached(address, promote(database, "back"))
    for name, (p99, errors) in figures.items():
        print(f"fault {name}: {many} answers, {errors} errors, p99 {p99:.1f} ms")
    assert {errors for _p99, errors in figures.values()} == {0}
    assert all(p99 < 1_000 for p99, _errors in figures.values())


def test_a_hub_that_starts_without_its_database_offers_what_was_kept(
    postgres: Server, database: Database, home: Path, tmp_path: Path
) -> None:
    known = close_phone(database)
    with hub(tmp_path, url=url_of(database)) as (process, address):
        reached(address, known)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    with hub(tmp_path, url="postgresql://nobody@127.0.0.1:1/nothing") as (_process, address):
        assert (phone(address), revision(address)) == ("closed", known)


def test_a_change_reaches_every_hub_within_a_second(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    many = 100 if request.config.getoption("--long") else 20
    with ExitStack() as hubs:
        addresses = [
            hubs.enter_context(hub(tmp_path / str(number), url=url_of(database)))[1]
            for number in range(2)
        ]
        for address in addresses:
            reached(address, promote(database, "first"))
        taken = []
        for number in range(many):
            wanted = promote(database, f"message {number}")
            began = perf_counter()
            for address in addresses:
                reached(address, wanted)
            taken.append(perf_counter() - began)
    p99 = p99_ms(taken)
    print(f"{many} changes at 2 hubs: p50 {median(taken) * 1000:.0f} ms, p99 {p99:.0f} ms")
    assert max(taken) < 1.0
