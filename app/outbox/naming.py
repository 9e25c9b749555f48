"""Names to addresses, beside everything else: a slow name server holds nobody but who asked it.

A look-up cannot be broken off, and the machine's may take half a minute.  So each has a thread
of its own that nobody waits for at an end, one for a name at a time, and so many in all.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from typing import Final

#: Names that are looked up at once in this process.
MOST: Final = 32
_Key = tuple[str, int]
_going: dict[_Key, Future[list[str]]] = {}
_lock = threading.Lock()


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of the host as this machine finds them.  Raises OSError."""
    return await asyncio.wrap_future(_looked_up((host, port)))


def _looked_up(key: _Key) -> Future[list[str]]:
    """The look-up of that name: the one under way, or a new one."""
    with _lock:
        if (going := _going.get(key)) is not None:
            return going
        if len(_going) >= MOST:
            raise OSError(f"{MOST} names are being looked up already")
        found: Future[list[str]] = Future()
        found.set_running_or_notify_cancel()  # whoever gives up leaves it to the others
        _going[key] = found
    threading.Thread(target=_look, args=(key, found), name="naming", daemon=True).start()
    return found


def _look(key: _Key, found: Future[list[str]]) -> None:
    try:
        rows = socket.getaddrinfo(*key, type=socket.SOCK_STREAM)
        answer: list[str] | Exception = [str(where[0]) for *_, where in rows]
    except Exception as error:  # told to whoever asked
        answer = error
    with _lock:
        del _going[key]
    if isinstance(answer, Exception):
        found.set_exception(answer)
    else:
        found.set_result(answer)
