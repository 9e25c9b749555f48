"""Uvicorn in this process: a port that is ours before anything starts, a stop within 3 s."""

from __future__ import annotations

import os
import signal
import socket as sockets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from app.errors import AppError, WrongUse

_BACKLOG = 2048
LAST_PORT = 65_535
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class PortTaken(AppError):
    """Somebody else listens there, or we may not."""


@contextmanager
def listening(host: str, port: int) -> Iterator[sockets.socket]:
    """A listening socket; port 0 takes any free one.  Raises WrongUse, PortTaken."""
    if not 0 <= port <= LAST_PORT:  # getaddrinfo would take the remainder
        raise WrongUse(f"no port {port}: give a --port from 0 to {LAST_PORT}")
    try:
        found = sockets.getaddrinfo(host, port, type=sockets.SOCK_STREAM)[0]
        socket = sockets.create_server(found[4][:2], family=found[0], backlog=_BACKLOG)
    except OSError as error:
        raise PortTaken(_why(host, port, error)) from error
    with socket:
        yield socket


def address_of(socket: sockets.socket) -> str:
    """The address a browser takes: «http://127.0.0.1:8050»."""
    host, port = socket.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def let_sigterm_unwind() -> None:
    """From here on SIGTERM ends this process as Ctrl-C does: what is open gets closed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def run(app: FastAPI, socket: sockets.socket, ready: Callable[[str], None] | None = None) -> None:
    """Serve on the socket until SIGINT or SIGTERM, then return: the caller closes the house."""
    build(app, socket, ready).run(sockets=[socket])


def build(
    app: FastAPI, socket: sockets.socket, ready: Callable[[str], None] | None = None
) -> Server:
    """The server, not yet running; setting its `should_exit` stops it from any thread."""
    config = uvicorn.Config(
        app, http="httptools", ws_per_message_deflate=False, timeout_graceful_shutdown=2,
        log_config=None, access_log=False, server_header=False, lifespan="on",
    )  # fmt: skip
    return Server(config, app, socket, ready)


class Server(uvicorn.Server):
    """Uvicorn, which says when it answers and sends the live viewers away before it stops."""

    def __init__(
        self,
        config: uvicorn.Config,
        app: FastAPI,
        socket: sockets.socket,
        ready: Callable[[str], None] | None,
    ) -> None:
        super().__init__(config)
        self._app = app
        self._socket = socket
        self._ready = ready

    async def startup(self, sockets: list[sockets.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._ready is not None:
            self._ready(address_of(self._socket))

    async def shutdown(self, sockets: list[sockets.socket] | None = None) -> None:
        self._app.state.broadcasts.stop()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but the signal is not raised again: it would end the process before
        the embedded database is stopped."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before: dict[signal.Signals, Any] = {
            number: signal.signal(number, self._leave) for number in _SIGNALS
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _leave(self, _number: int, _frame: FrameType | None) -> None:
        self.should_exit = True


def _why(host: str, port: int, error: Exception) -> str:
    if isinstance(error, sockets.gaierror):
        return f"no address «{host}»: give another --host"
    if isinstance(error, PermissionError):
        return f"port {port} needs more rights: give another --port, for instance 8050"
    number = getattr(error, "errno", None)
    reason = os.strerror(number) if number else str(error)
    return f"cannot listen on {host}:{port} ({reason}): stop what uses it, or give another --port"
