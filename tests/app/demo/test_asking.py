"""The simulated customers ask a real hub over HTTP, and follow what it says."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn

from app.demo.asking import HubClient
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.hub.decision import Hub
from app.hub.server import create
from ingest.connectors.simulator import Record
from ingest.database import Database
from sample_data.simulator import Need, Simulator
from sample_data.simulator.customers import population

#: A Tuesday, 10:00 in Paris.
START = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
OPERATOR = Actor("user", "otto", ("viewer", "operator"))


class Quiet(uvicorn.Server):
    """A server in a thread, which tells when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


@contextmanager
def served(hub: Hub) -> Iterator[int]:
    """The port of a hub that answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Quiet(uvicorn.Config(create(hub), log_config=None, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert server.answers.wait(10)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def hub(database: Database) -> Hub:
    return Hub(database.conninfo)


@pytest.fixture
def asking(hub: Hub) -> Iterator[HubClient]:
    with served(hub) as port:
        assert hub.wait_for(lambda snapshot: snapshot.as_of is not None, 10)
        client = HubClient("127.0.0.1", port)
        with closing(client):
            yield client


def close_phone_for_billing(database: Database, hub: Hub) -> None:
    now = datetime.now(UTC)
    change = Change(
        channel="phone", reason="billing", state=State.CLOSED, why="overload",
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    ExposureService(database).set(change, OPERATOR, now, emergency=True)
    assert hub.wait_for(lambda snapshot: bool(snapshot.exposure.switches), 10)


def need(reason: str) -> Need:
    return Need("n-1", population(1, 5)[0], reason, "web")


def arrived(told: list[Record]) -> Counter[tuple[str | None, str]]:
    fresh = (r for r in told if r.id.endswith("-01") and r.what != "contained")
    return Counter((record.reason, record.channel) for record in fresh)


def test_the_hub_tells_the_state_of_every_channel(
    asking: HubClient, hub: Hub, database: Database
) -> None:
    assert set(asking(need("billing"), START).values()) == {"open"}
    close_phone_for_billing(database, hub)
    states = asking(need("billing"), START)
    assert (states["phone"], states["chat"]) == ("closed", "open")
    assert asking(need("delivery"), START)["phone"] == "open"


def test_closing_the_phone_moves_its_calls_to_chat_within_a_simulated_minute(
    asking: HubClient, hub: Hub, database: Database
) -> None:
    simulator = Simulator(7, START - timedelta(hours=1))
    simulator.advance(START)
    simulator.live(asking, 20)
    simulator.advance(START + timedelta(seconds=41))
    before = arrived(simulator.advance(START + timedelta(seconds=101)))
    close_phone_for_billing(database, hub)
    # Who is in the voice menu already is let through: 40 s at most.
    simulator.advance(START + timedelta(seconds=142))
    after = arrived(simulator.advance(START + timedelta(seconds=202)))
    assert before["billing", "phone"] > 5
    assert after["billing", "phone"] == 0
    assert after["billing", "chat"] > 1.5 * before["billing", "chat"]
    assert after["delivery", "phone"] > 5


def test_without_a_hub_everything_is_open(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with closing(HubClient("127.0.0.1", port)) as client:
        assert client(need("billing"), START) == {}
        assert client(need("billing"), START) == {}


def test_a_kept_connection_that_was_closed_is_made_anew(database: Database) -> None:
    hub = Hub(database.conninfo)
    with served(hub) as port:
        client = HubClient("127.0.0.1", port)
        assert client(need("billing"), START)
    with (
        closing(client),
        socket.create_server(("127.0.0.1", port)) as again,
    ):
        answered = threading.Thread(target=_answer_once, args=(again,))
        answered.start()
        assert client(need("billing"), START) == {"phone": "tucked"}
        answered.join(10)


def _answer_once(listening: socket.socket) -> None:
    connection, _address = listening.accept()
    with connection:
        connection.recv(65_536)
        body = b'{"offers": [{"channel": "phone", "state": "tucked"}]}'
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection.sendall(head + body)
