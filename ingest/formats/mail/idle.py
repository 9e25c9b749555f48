"""Waiting for mail in the folder that is open: told by the server (IDLE), or patiently."""

from __future__ import annotations

import selectors
import time
from collections.abc import Iterator
from threading import Event as Stop

from imap_tools import BaseMailBox
from imap_tools.errors import MailboxTaggedResponseError

#: While nothing comes a beat says that the line is held.
BEAT_S = 2.0


def beats(server: BaseMailBox, longest_s: float, stop: Stop) -> Iterator[None]:
    """A beat at a time, until the server has something to say, `longest_s` is over, or stop.

    A server without IDLE has nothing to say: all of `longest_s` is waited.
    """
    until = time.monotonic() + longest_s
    if not _knows_idle(server):
        yield from _patience(until, stop)
    elif _begun(server):
        try:
            yield from _silence(server, until, stop)
        finally:
            server.idle.stop()  # type: ignore[no-untyped-call]


def _knows_idle(server: BaseMailBox) -> bool:
    """Asked after the log-in, where many servers say it first."""
    _, told = server.client.capability()
    return b"IDLE" in b" ".join(each for each in told if each).upper().split()


def _patience(until: float, stop: Stop) -> Iterator[None]:
    while (left := until - time.monotonic()) > 0 and not stop.wait(min(left, BEAT_S)):
        yield


def _begun(server: BaseMailBox) -> bool:
    """Whether there is to be waited: what came in the same moment is told before the go-ahead."""
    try:
        server.idle.start()  # type: ignore[no-untyped-call]
    except MailboxTaggedResponseError:
        server.idle.stop()  # type: ignore[no-untyped-call]
        return False
    return True


def _silence(server: BaseMailBox, until: float, stop: Stop) -> Iterator[None]:
    """Until a byte comes, be it the last one: who reads next sees what it was."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(server.client.sock, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0 and not stop.is_set():
            if waiting.select(min(left, BEAT_S)):
                return
            yield
