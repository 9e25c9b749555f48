"""`vigie hub`, a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.embedded import EmbeddedPostgres
from tests.folders import fast_folder

PATIENCE = 60.0


def command(home: Path, *words: str, url: str | None = None) -> subprocess.Popen[str]:
    environ = {**os.environ, "VIGIE_HOME": str(home)}
    environ.pop("VIGIE_DATABASE_URL", None)
    if url is not None:
        environ["VIGIE_DATABASE_URL"] = url
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "app.cli", "hub", *words],
        cwd="/", env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@contextmanager
def hub(home: Path, url: str | None = None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A hub that has said where it answers; ended afterwards."""
    process = command(home, "--port", "0", url=url)
    assert process.stderr is not None
    try:
        lines = iter(process.stderr.readline, "")
        address = next(filter(None, (re.search(r"http://\S+", line) for line in lines)))
        yield process, address.group()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE)


def asked(address: str) -> dict[str, object]:
    question = urllib.request.Request(
        f"{address}/api/v1/hub/offers", b"{}", {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(question, timeout=10) as answer:
        found = json.load(answer)
    assert isinstance(found, dict)
    return found


def test_it_answers_without_any_database_that_it_could_reach(tmp_path: Path) -> None:
    with hub(tmp_path, url="postgresql://nobody@127.0.0.1:1/nothing") as (process, address):
        answer = asked(address)
        assert answer["as_of"] is None
        assert [one["state"] for one in answer["offers"]] == ["open"] * 10  # type: ignore[attr-defined]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_a_port_that_is_taken_is_one_line_and_exit_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = command(tmp_path, "--port", str(port))
        _out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert f"127.0.0.1:{port}" in err
    assert len(err.splitlines()) == 1


def test_it_shares_the_embedded_server_and_leaves_it_to_who_stays() -> None:
    with fast_folder() as folder, EmbeddedPostgres(folder / "home") as server:
        with hub(folder / "home") as (process, address):
            assert asked(address)["offers"]
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
        assert server.start()
