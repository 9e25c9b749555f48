"""`vigie serve`: it refuses in one line, and stops when told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from httpx2 import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.access.accounts import Accounts
from ingest.database import Database
from tests.house import PASSWORD, url_of

Serving = subprocess.Popen[str]


@pytest.fixture
def environment(database: Database, tmp_path: Path) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    return mine | {
        "VIGIE_DATABASE_URL": url_of(database),
        "VIGIE_HOME": str(tmp_path),
        "VIGIE_SECRET_KEY": "a key of the tests",
    }


def vigie_serve(environment: dict[str, str], *words: str) -> Serving:
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", *words],
        env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def serving(environment: dict[str, str]) -> Iterator[Serving]:
    """A server on a free port, killed afterwards where it has not ended by itself."""
    with vigie_serve(environment, "--port", "0") as process:
        try:
            yield process
        finally:
            process.kill()


def address_of(process: Serving) -> str:
    """Where it says that it answers."""
    assert process.stderr is not None
    for line in process.stderr:
        if "answers on" in line:
            return line.split("answers on ")[1].split(" ")[0]
    raise AssertionError("the server never said that it answers")


def hear_out(socket: ClientConnection) -> None:
    """Listen until the connection is closed."""
    while True:
        socket.recv(timeout=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_within_three_seconds_and_tells_its_viewers(
    serving: Serving, accounts: Accounts, number: signal.Signals
) -> None:
    address = address_of(serving)
    with Client(base_url=address) as browser:
        browser.post("/login", data={"name": "vera", "password": PASSWORD})
        cookie = {"cookie": f"vigie_session={browser.cookies['vigie_session']}"}
    with connect(address.replace("http", "ws") + "/live", additional_headers=cookie) as socket:
        socket.recv(timeout=5)
        told = monotonic()
        serving.send_signal(number)
        with pytest.raises(ConnectionClosed):
            hear_out(socket)
    assert serving.wait(10) == 0
    assert monotonic() - told < 3
    assert serving.stderr is not None
    assert "Traceback" not in serving.stderr.read()


def test_it_refuses_the_key_that_everybody_knows(environment: dict[str, str]) -> None:
    del environment["VIGIE_SECRET_KEY"]
    with vigie_serve(environment, "--port", "0") as process:
        _out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.startswith("vigie: set VIGIE_SECRET_KEY")
    assert err.count("\n") == 1


def test_it_says_that_the_port_is_taken(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with vigie_serve(environment, "--port", port) as process:
            _out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"127.0.0.1:{port} (Address already in use)" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("port", ["65536", "99999", "-1"])
def test_a_port_that_there_is_not_is_refused(environment: dict[str, str], port: str) -> None:
    with vigie_serve(environment, "--port", port) as process:
        _out, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err == f"vigie: no port {port}: give a --port from 0 to 65535\n"


def test_a_wrong_table_of_a_source_is_refused_before_it_serves(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "vigie.toml").write_text('[sources.site]\nqueue = "sales"\n')
    with vigie_serve(environment, "--port", "0") as process:
        _out, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err == 'vigie: [sources.site] needs a line connector = "…"\n'


def test_a_command_that_serves_nothing_loads_neither_dash_nor_fastapi() -> None:
    look = "import sys, app.cli; app.cli.build(); print({'dash', 'fastapi'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
