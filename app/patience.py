"""Asking the database beside the loop, but not for ever.

A database that hangs neither answers nor refuses.  Who waits for it without an end ties up a
thread and a connection, long after the probe or the vendor has given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ingest.errors import DatabaseUnavailable

T = TypeVar("T")


class Patience:
    """Waits so many seconds, on threads of its own: nobody else stands behind its questions."""

    def __init__(self, name: str, seconds: float, threads: int) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(threads, name)

    async def run(self, ask: Callable[[], T]) -> T:
        """What `ask` gives; DatabaseUnavailable where it takes too long (it may end later)."""
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except TimeoutError as error:
            raise DatabaseUnavailable("the database does not answer; try again") from error

    def close(self) -> None:
        """No more questions; wait for the answers of those under way."""
        self._threads.shutdown(wait=True)
