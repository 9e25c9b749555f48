"""Behind a proxy customers are counted by their own address, where the proxy is believed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI, Request
from httpx2 import get

from app import server
from app.access.gate import address


class Viewers:
    """Nobody looks."""

    def stop(self) -> None:
        """There is nobody to send away."""


@contextmanager
def serving() -> Iterator[str]:
    """The server of `vigie serve`, which tells who it believes asks."""
    app = FastAPI()
    app.state.broadcasts = Viewers()

    @app.get("/who")
    def who(request: Request) -> str:
        return address(request)

    ready, told = threading.Event(), [""]

    def answers(url: str) -> None:
        told[0] = url
        ready.set()

    with server.listening("127.0.0.1", 0) as socket:
        running = server.build(app, socket, answers)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            assert ready.wait(10)
            yield told[0]
        finally:
            running.should_exit = True
            thread.join(10)


@pytest.mark.parametrize(
    ("believed", "forwarded", "seen"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.1.0.0/16,127.0.0.0/8", "203.0.113.9, 10.1.2.3", "203.0.113.9"),
        # What a customer writes there before the proxy does is not believed.
        ("127.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9", "127.0.0.1"),
    ],
)
def test_the_address_is_that_which_a_believed_proxy_tells(
    monkeypatch: pytest.MonkeyPatch, believed: str, forwarded: str, seen: str
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", believed)
    with serving() as url:
        answer = get(f"{url}/who", headers={"x-forwarded-for": forwarded})
    assert answer.json() == seen
