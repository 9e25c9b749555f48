"""Looking names up: whoever is slow holds nobody else, and nobody waits for it at the end."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.outbox import naming
from app.outbox.addresses import Reach
from app.outbox.posting import Letter, Post

LETTER = Letter("https://slow.example.org/hook", "msg_1", b"{}", ["whsec_c2VjcmV0"])
Asked = list[str]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """A name server that answers for nobody before the test is over; the names it was asked."""
    asked: Asked = []
    over = threading.Event()

    def getaddrinfo(host: str, port: int, **_more: object) -> list[object]:
        asked.append(host)
        assert over.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]

    monkeypatch.setattr(naming.socket, "getaddrinfo", getaddrinfo)
    yield asked
    over.set()
    for thread in threading.enumerate():
        if thread.name == "naming":
            thread.join(20)
    assert naming._going == {}


def test_an_attempt_ends_in_time_while_its_name_is_still_looked_up(slow: Asked) -> None:
    began = time.monotonic()
    outcome = asyncio.run(Post(Reach(), attempt_s=0.1).send(LETTER, datetime.now(UTC)))
    assert outcome.error == "no answer within 0.1 s"
    assert time.monotonic() - began < 5


def test_a_name_is_looked_up_once_at_a_time_and_only_so_many_names(slow: Asked) -> None:
    post = Post(Reach(), attempt_s=0.05)

    async def asking(names: list[str]) -> list[str | None]:
        letters = [Letter(f"https://{name}/", "m", b"{}", LETTER.secrets) for name in names]
        told = await asyncio.gather(*(post.send(each, datetime.now(UTC)) for each in letters))
        return [each.error for each in told]

    asyncio.run(asking(["same.example.org"] * 5))
    assert slow == ["same.example.org"]
    told = asyncio.run(asking([f"n{n}.example.org" for n in range(naming.MOST)]))
    assert len(slow) == naming.MOST
    assert told[-1] == (
        f"no address for n{naming.MOST - 1}.example.org: "
        f"{naming.MOST} names are being looked up already"
    )
