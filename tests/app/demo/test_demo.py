"""`vigie demo` as a user runs it: a process that starts, answers, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.house import Vigie

#: Seconds for what the README promises in 20 on a free machine.
PATIENCE = 60


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home that the database's account can pass through; its history is made once."""
    with tempfile.TemporaryDirectory(prefix="vigie-demo-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder) / "home"


def two_free_ports() -> int:
    """A port that is free like the one after it."""
    for _attempt in range(50):
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = int(first.getsockname()[1])
            with suppress(OSError, OverflowError), socket.create_server(("127.0.0.1", port + 1)):
                return port
    raise AssertionError("no two free ports in a row")


def start(home: Path, port: int, *words: str, cwd: str = "/") -> subprocess.Popen[str]:
    environ = {**os.environ, "VIGIE_HOME": str(home)}
    environ.pop("VIGIE_DATABASE_URL", None)
    command = [sys.executable, "-P", "-m", "app.cli", "demo", "--port", str(port), *words]
    return subprocess.Popen(
        command, cwd=cwd, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@contextmanager
def demo(home: Path, port: int, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo that has announced itself, and what it announced; it is gone afterwards."""
    process = start(home, port, *words)
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        yield process, "".join(lines)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


def of_this_home(home: Path) -> list[psutil.Process]:
    """Every process that works for this home: ours by environment, the server by its folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if process.environ().get("VIGIE_HOME") == str(home) or str(home) in process.cwd():
                found.append(process)
    return [process for process in found if process.pid != os.getpid()]


def assert_nobody_is_left(home: Path, known: list[psutil.Process]) -> None:
    _gone, alive = psutil.wait_procs(known, timeout=20)
    assert alive == []
    assert of_this_home(home) == []


def test_it_starts_answers_prints_logins_and_leaves_no_process(home: Path) -> None:
    port = two_free_ports()
    with demo(home, port) as (process, told):
        assert f"http://127.0.0.1:{port}" in told
        assert "log in as viewer" in told
        assert "log in as operator" in told
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as health:
            assert health.read() == b"ok\n"
        assert offered(port + 1)["phone"] == "open"
        running = of_this_home(home)
        assert len(running) >= 3
        process.send_signal(signal.SIGINT)
        _out, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
        assert "Traceback" not in errors
        assert_nobody_is_left(home, running)


def offered(port: int) -> dict[str, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/hub/offers", b"{}", {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return {offer["channel"]: offer["state"] for offer in json.load(answer)["offers"]}


def test_a_kill_9_takes_the_hub_along_and_the_next_start_mends_the_rest(home: Path) -> None:
    """The next start, on any two ports, is ended by SIGTERM, which stops as Ctrl-C does."""
    with demo(home, two_free_ports()) as (process, _told):
        [hub] = [child for child in psutil.Process(process.pid).children() if is_hub(child)]
        process.kill()
        process.communicate(timeout=PATIENCE)
        gone, _alive = psutil.wait_procs([hub], timeout=20)
        assert gone == [hub]
    with demo(home, 0, "--no-simulator") as (process, told):
        cockpit, hub_of_it = map(int, re.findall(r"http://127\.0\.0\.1:(\d+)\b(?!/)", told))
        assert offered(hub_of_it)["phone"] == "open"
        assert cockpit != hub_of_it
        running = of_this_home(home)
        process.terminate()
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert_nobody_is_left(home, running)


def is_hub(process: psutil.Process) -> bool:
    return "app.demo.child" in process.cmdline()


def test_interrupted_before_it_serves_it_leaves_no_process(home: Path) -> None:
    with start(home, two_free_ports()) as process:
        assert process.stderr is not None
        assert "opening the database" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _out, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        assert "Traceback" not in errors
        assert_nobody_is_left(home, [])


@pytest.mark.parametrize("taken", [0, 1], ids=["the-cockpit's", "the-hub's"])
def test_a_port_in_use_is_one_line_before_any_work(tmp_path: Path, taken: int) -> None:
    port = two_free_ports()
    with socket.create_server(("127.0.0.1", port + taken)), start(tmp_path / "none", port) as demo:
        out, errors = demo.communicate(timeout=PATIENCE)
    assert (demo.returncode, out) == (1, "")
    [line] = errors.splitlines()
    assert f"127.0.0.1:{port + taken}" in line
    assert "--port" in line
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["--speed", "0"], "1 to 100"),
        (["--speed", "nan"], "1 to 100"),
        (["--seed", "-1"], "0 to 9223372036854775807"),
        (["--seed", "9223372036854775808"], "0 to 9223372036854775807"),
        (["--port", "65535"], "0 to 65534"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    vigie: Vigie, words: list[str], remedy: str
) -> None:
    answer = vigie("demo", "--port", two_free_ports(), *words)
    assert (answer.code, answer.out) == (2, "")
    assert remedy in answer.err
    assert len(answer.err.splitlines()) == 1
