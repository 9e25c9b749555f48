"""Asking the database beside the loop, but not for ever and not in any number.

A database that hangs neither answers nor refuses.  Who waits for it without an end ties up a
thread and a connection, long after the probe or the vendor has given up.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from app.errors import AppError
from ingest.errors import DatabaseUnavailable

T = TypeVar("T")


class Overloaded(AppError):
    """More ask than can be answered.  Status 429: come again in `after_s` seconds."""

    status = 429
    after_s = 5


class Patience:
    """Waits so many seconds, on threads of its own: nobody else stands behind its questions.

    `at_most` questions are under way or waiting at a time; one more is refused at once.
    """

    def __init__(self, name: str, seconds: float, threads: int, at_most: int = 64) -> None:
        self._name = name
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(threads, name)
        self._places = threading.BoundedSemaphore(at_most)

    async def run(self, ask: Callable[[], T]) -> T:
        """What `ask` gives; DatabaseUnavailable where it takes too long (it may end later).

        Raises Overloaded where too many wait already.
        """
        if not self._places.acquire(blocking=False):
            raise Overloaded(f"too many {self._name} at once: send again in a few seconds")
        asked = self._threads.submit(ask)
        asked.add_done_callback(self._leave)
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(asked)
        except TimeoutError as error:
            raise DatabaseUnavailable("the database does not answer; try again") from error

    def close(self) -> None:
        """No more questions; wait for the answers of those under way."""
        self._threads.shutdown(wait=True)

    def _leave(self, _asked: Future[T]) -> None:
        self._places.release()
