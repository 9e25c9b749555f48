"""The live feed over a real socket: numbers follow the database, and silence shows."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from socket import SHUT_RDWR
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from httpx2 import Client
from msgspec.structs import replace
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app import server as web_server
from app.access.accounts import Accounts
from app.bootstrap import House
from app.broadcast import Broadcast
from app.cells import changed
from ingest.connector import Source
from ingest.events import Event
from tests.house import PASSWORD

Message = dict[str, Any]
PHONE = Source("pbx", "simulator")
OTHER = Source("other pbx", "simulator")


@pytest.fixture
def address(web: FastAPI) -> Iterator[str]:
    """Where the application answers, served by uvicorn as in production."""
    ready: queue.Queue[str] = queue.Queue()
    with web_server.listening("127.0.0.1", 0) as socket:
        serving = web_server.build(web, socket, ready.put)
        thread = threading.Thread(target=serving.run, args=([socket],))
        thread.start()
        try:
            yield ready.get(timeout=20)
        finally:
            serving.should_exit = True
            thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def cookie(address: str) -> str:
    """The session of «vera»."""
    with Client(base_url=address) as browser:
        browser.post("/login", data={"name": "vera", "password": PASSWORD})
        return f"vigie_session={browser.cookies['vigie_session']}"


@pytest.fixture
def watch(address: str, cookie: str) -> Iterator[ClientConnection]:
    """The socket of an open overview."""
    with watching(address, cookie) as socket:
        yield socket


@contextmanager
def watching(address: str, cookie: str) -> Iterator[ClientConnection]:
    url = address.replace("http", "ws") + "/live?page=overview"
    with connect(url, additional_headers={"cookie": cookie, "origin": address}) as socket:
        yield socket


def until(
    socket: ClientConnection, seen: Callable[[Message], bool], within_s: float = 20.0
) -> list[Message]:
    """The messages up to the one that is waited for.  Fails after so many seconds."""
    messages: list[Message] = []
    end = datetime.now(UTC) + timedelta(seconds=within_s)
    while not messages or not seen(messages[-1]):
        left = (end - datetime.now(UTC)).total_seconds()
        messages.append(json.loads(socket.recv(timeout=max(left, 0))))
    return messages


def call(name: str, at: datetime) -> Event:
    return Event(event_id=name, occurred_at=at, kind="queued", contact_id=name, channel="phone",
                 queue="billing")  # fmt: skip


def test_a_contact_stored_is_told_to_the_screens_unasked(
    watch: ClientConnection, house: House
) -> None:
    until(watch, lambda message: message["as_of"] is not None)
    stored = datetime.now(UTC)
    house.store.write(PHONE, [call("call-1", stored)], now=stored)
    told = until(watch, lambda message: message.get("data", {}).get("total.waiting") == 1)
    cells = told[-1]["data"]
    assert cells["channel.phone.waiting"] == cells["queue.phone/billing.waiting"] == 1
    assert [row["queue"] for row in cells["queues"]] == ["billing"]
    assert cells["queues"][0]["offered"] == 1


def test_a_screen_gets_everything_once_and_then_what_changes_in_sequence(
    address: str, cookie: str, house: House
) -> None:
    now = datetime.now(UTC)
    house.store.write(PHONE, [call("call-1", now)], now=now)
    with watching(address, cookie) as early:
        before = until(early, lambda message: "total.waiting" in message.get("data", {}))
        house.store.write(PHONE, [call("call-2", now)], now=now)
        before += until(early, lambda message: message.get("data", {}).get("total.waiting") == 2)
        assert before[0]["type"] == "full"
        steps = [message["seq"] for message in before if message["type"] == "delta"]
        assert steps == list(range(before[0]["seq"] + 1, before[0]["seq"] + 1 + len(steps)))
        with watching(address, cookie) as late:
            full = json.loads(late.recv(timeout=5))
    assert full["type"] == "full"
    assert full["data"]["total.waiting"] == 2


def test_time_alone_changes_the_screen(watch: ClientConnection, house: House) -> None:
    now = datetime.now(UTC)
    house.store.write(PHONE, [call("call-1", now - timedelta(seconds=60))], now=now)
    told = until(watch, lambda message: message.get("data", {}).get("total.waiting") == 1)
    waited = told[-1]["data"]["total.longest_wait_s"]
    assert 60 <= waited < 65
    until(watch, lambda m: m.get("data", {}).get("total.longest_wait_s", waited) > waited)


def test_every_second_says_that_the_numbers_are_still_true(watch: ClientConnection) -> None:
    beats = until(watch, lambda message: message["type"] == "beat" and message["as_of"] is not None)
    later = until(watch, lambda message: message["as_of"] > beats[-1]["as_of"], 10.0)
    assert later[-1]["seq"] >= beats[-1]["seq"]


def test_a_session_that_ends_closes_the_screen(
    web: FastAPI, address: str, cookie: str, accounts: Accounts
) -> None:
    web.state.recheck_s = 0.05
    with watching(address, cookie) as socket:
        socket.recv(timeout=5)
        accounts.disable("vera", datetime.now(UTC))
        with pytest.raises(ConnectionClosed) as closed:
            until(socket, lambda _message: False)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_a_token_that_ends_ends_the_stream_of_its_program(
    web: FastAPI, address: str, accounts: Accounts
) -> None:
    web.state.recheck_s = 0.05
    token = accounts.new_token("vera", datetime.now(UTC), timedelta(days=1))
    with (
        Client(base_url=address, headers={"authorization": f"Bearer {token}"}) as machine,
        machine.stream("GET", "/api/v1/stream") as answer,
    ):
        lines = answer.iter_lines()
        assert next(lines).startswith("data: ")
        accounts.disable("vera", datetime.now(UTC))
        rest = list(islice(lines, 20))
    assert len(rest) < 20


def test_who_leaves_is_forgotten_however_that_was(
    web: FastAPI, watch: ClientConnection, address: str, cookie: str
) -> None:
    with (
        watching(address, cookie) as politely,
        watching(address, cookie) as abruptly,
        Client(base_url=address, headers={"cookie": cookie}) as machine,
        machine.stream("GET", "/api/v1/stream") as answer,
    ):
        for socket in (watch, politely, abruptly):
            socket.recv(timeout=5)
        lines = answer.iter_lines()  # dropped at once, it would close the stream
        assert next(lines)
        assert web.state.broadcast.viewers == 4
        abruptly.socket.shutdown(SHUT_RDWR)
    until(watch, lambda _message: web.state.broadcast.viewers == 1)


def test_machines_get_the_same_as_events(address: str, cookie: str) -> None:
    with (
        Client(base_url=address, headers={"cookie": cookie}) as machine,
        machine.stream("GET", "/api/v1/stream") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        first = next(line for line in answer.iter_lines() if line)
        assert json.loads(first.removeprefix("data: "))["type"] == "full"


def test_a_server_that_goes_says_so(web: FastAPI, watch: ClientConnection) -> None:
    watch.recv(timeout=5)
    web.state.broadcast.stop()
    with pytest.raises(ConnectionClosed) as closed:
        until(watch, lambda _message: False)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


def test_a_port_that_is_taken_is_one_clear_line(address: str) -> None:
    port = int(address.rpartition(":")[2])
    with (
        pytest.raises(web_server.PortTaken, match=f"cannot listen on 127.0.0.1:{port}"),
        web_server.listening("127.0.0.1", port),
    ):
        pass


def test_what_is_gone_is_told_as_none() -> None:
    assert changed({"a": 1, "b": 2, "c": None}, {"a": 1, "d": None}) == {"b": None, "d": None}


def test_without_a_database_the_time_of_the_numbers_stands_still(
    watch: ClientConnection, house: House, server: str
) -> None:
    until(watch, lambda message: message["as_of"] is not None)
    with unreachable(str(conninfo_to_dict(house.database.conninfo)["dbname"]), server):
        # One read may have been under way; after two beats there is none.
        last = until(watch, still(beats=3), 30.0)[-1]
        told = [json.loads(watch.recv(timeout=10)) for _beat in range(2)]
        assert {message["as_of"] for message in told} == {last["as_of"]}
    until(watch, lambda message: message["as_of"] > last["as_of"], 30.0)


@contextmanager
def unreachable(name: str, server: str) -> Iterator[None]:
    """The database refuses everybody and throws out who was connected."""
    with psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True) as admin:
        allow = sql.SQL("alter database {} with allow_connections {}")
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                      [name])  # fmt: skip
        try:
            yield
        finally:
            admin.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


def still(beats: int) -> Callable[[Message], bool]:
    """True once so many messages in a row told the same time."""
    last: list[str] = []

    def seen(message: Message) -> bool:
        last.append(message["as_of"])
        return len(last) >= beats and len(set(last[-beats:])) == 1

    return seen


def test_a_slow_viewer_gets_one_whole_picture_instead_of_the_backlog(house: House) -> None:
    broadcast = Broadcast(house)
    now = datetime.now(UTC)
    with broadcast.watching() as viewer:
        for count in range(100):
            broadcast.show({"total.waiting": count}, now)
        told = []
        while not viewer._told.empty():
            told.append(json.loads(viewer._told.get_nowait() or ""))
    assert len(told) < 40
    assert told[0]["type"] == "full"
    assert [message["seq"] for message in told] == list(range(told[0]["seq"], 101))


def test_a_slow_viewer_hears_the_farewell_whatever_is_shown_after_it(house: House) -> None:
    broadcast = Broadcast(house)
    now = datetime.now(UTC)
    with broadcast.watching() as viewer:
        broadcast.stop()
        for count in range(100):
            broadcast.show({"total.waiting": count}, now)
        told = [viewer._told.get_nowait() for _message in range(viewer._told.qsize())]
    assert told[-1] is None


def test_who_commits_last_is_not_skipped_for_having_begun_first(
    watch: ClientConnection, house: House
) -> None:
    """I6: a reader that remembered how far it had read would miss the slow one."""
    now = datetime.now(UTC)
    house.store.write(PHONE, [call("slow", now)], now=now)
    until(watch, lambda message: message.get("data", {}).get("total.waiting") == 1)
    left = replace(call("slow", now + timedelta(seconds=1)), event_id="left", kind="abandoned")
    with house.database.connect() as blocking, ThreadPoolExecutor() as writers:
        blocking.execute("select from threads for update")
        slow = writers.submit(house.store.write, PHONE, [left], now=now)
        house.store.write(OTHER, [call("fast", now)], now=now)
        until(watch, lambda message: message.get("data", {}).get("total.waiting") == 2)
        assert not slow.done()
        blocking.rollback()
        assert slow.result(10).new == 1
    until(watch, lambda message: message.get("data", {}).get("total.waiting") == 1)
