"""A TCP relay on loopback: what stands between us and a server, and what can break."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from ingest.closing import Closing


class Relay(Closing):
    """Passes bytes on to a port; lines can be cut, and a word of the server be hidden."""

    def __init__(self, to: int, hides: bytes = b"") -> None:
        self._to, self._hides = to, hides
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._asked = bytearray()

    def __enter__(self) -> Relay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def close(self) -> None:
        # A thread that accepts is not woken by close alone.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """End every line there is; new ones may come."""
        while self._ends:
            end = self._ends.pop()
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def asked(self, word: bytes) -> bool:
        """Whether a client has said the word."""
        return word in bytes(self._asked).split()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [client, server]
                for pair in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, ours: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(65_536):
                if ours:
                    self._asked += chunk
                elif self._hides:
                    chunk = chunk.replace(self._hides, b"X" * len(self._hides))
                target.sendall(chunk)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
