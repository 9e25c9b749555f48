"""A real manager port of the test's own, on loopback: it speaks AMI as Asterisk does.

It greets, checks user and password (in clear or by challenge), answers actions under their
ActionID, lists who waits, and tells events to whoever has logged in, as long as nobody tells
it to be silent, to hang up, or to break off in the middle of a word.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from contextlib import suppress

from ingest.closing import Closing

USER, SECRET = "vigie", "correct-horse"
CHALLENGE = "840415273"


class ManagerPort(Closing):
    """``with ManagerPort() as pbx: … pbx.tell("QueueCallerJoin", Uniqueid="1.1", …)``"""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, banner: str = "Asterisk Call Manager/8.0.2"
    ) -> None:
        self._tls, self._banner = tls, banner
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._changed = threading.Condition()
        #: What QueueStatus lists: the headers of each QueueEntry.
        self.waiting: list[dict[str, str]] = []
        #: What a log-in is greeted with, in the same packet as its response.
        self.greeting = b""
        #: Actions that get an error, or no answer at all.
        self.refused: dict[str, str] = {}
        self.silent = False
        #: What is said instead of every answer.
        self.instead: bytes | None = None
        #: The actions that came, with their headers.
        self.heard: list[dict[str, str]] = []

    def __enter__(self) -> ManagerPort:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()

    def tell(self, event: str, privilege: str = "agent,all", **headers: str) -> None:
        self.tell_raw(message(Event=event, Privilege=privilege, **headers))

    def tell_raw(self, raw: bytes) -> None:
        for line in list(self._lines):
            with suppress(OSError):
                line.sendall(raw)

    def hang_up(self) -> None:
        while self._lines:
            line = self._lines.pop()
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def wait_for(self, action: str, times: int = 1) -> None:
        """Until an action has come so often."""
        with self._changed:
            came = self._changed.wait_for(lambda: self.times(action) >= times, timeout=30)
        assert came, f"no {action} within 30 s"

    def times(self, action: str) -> int:
        return sum(each["Action"] == action for each in self.heard)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                line = self._tls.wrap_socket(line, server_side=True)
            line.sendall(f"{self._banner}\r\n".encode())
            rest = b""
            while chunk := line.recv(4096):
                *actions, rest = (rest + chunk).split(b"\r\n\r\n")
                for action in actions:
                    self._answer(line, _headers(action))
        with suppress(ValueError):
            self._lines.remove(line)
        line.close()

    def _answer(self, line: socket.socket, action: dict[str, str]) -> None:
        name, reference = action["Action"], action.get("ActionID", "")
        if self.instead is not None:
            line.sendall(self.instead)
        elif not self.silent:
            line.sendall(self._said(line, action, name, reference))
        with self._changed:
            self.heard.append(action)
            self._changed.notify_all()

    def _said(
        self, line: socket.socket, action: dict[str, str], name: str, reference: str
    ) -> bytes:
        if name in self.refused:
            return message(Response="Error", ActionID=reference, Message=self.refused[name])
        if name == "Challenge":
            return message(Response="Success", ActionID=reference, Challenge=CHALLENGE)
        if name == "Login":
            if not _known(action):
                failed = "Authentication failed"
                return message(Response="Error", ActionID=reference, Message=failed)
            self._lines.append(line)
            accepted = "Authentication accepted"
            done = message(Response="Success", ActionID=reference, Message=accepted)
            return done + self.greeting
        if name == "QueueStatus":
            return self._status(reference)
        return message(Response="Success", ActionID=reference, Ping="Pong")

    def _status(self, reference: str) -> bytes:
        entries = [message(Event="QueueEntry", ActionID=reference, **each) for each in self.waiting]
        return b"".join(
            [
                message(Response="Success", ActionID=reference, EventList="start"),
                message(Event="QueueParams", ActionID=reference, Queue="sales", Calls="1"),
                message(Event="QueueMember", ActionID=reference, Queue="sales", Name="Ann"),
                *entries,
                message(Event="QueueStatusComplete", ActionID=reference, EventList="Complete"),
            ]
        )


def message(**headers: str) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"


def _headers(raw: bytes) -> dict[str, str]:
    lines = [line.split(": ", 1) for line in raw.decode().split("\r\n")]
    return {name: value for name, value, *_ in lines}


def _known(action: dict[str, str]) -> bool:
    key = hashlib.md5(f"{CHALLENGE}{SECRET}".encode(), usedforsecurity=False).hexdigest()
    return action.get("Username") == USER and (
        action.get("Secret") == SECRET or action.get("Key") == key
    )
