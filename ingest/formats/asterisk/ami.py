"""Asterisk's manager port: a line to it, and what is said on it, message by message.

A message is lines «Name: value» up to an empty one.  Values are kept as they came, names in
lower case; of a name told twice the first counts.  The password goes over a bare line only
as an answer to a challenge.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.connector import Source
from ingest.errors import Fatal, RejectedEvent, Retriable
from ingest.reading.lines import LONGEST_LINE, text_of

#: What we ask to hear: queues and their agents, call records, starts of the PBX.
EVENTS = "agent,cdr,system"
#: After so much silence we ask whether the line still stands; after three times so much it
#: does not.  An action is answered within as much.
PING_S = 10.0
_END = b"\r\n\r\n"
_RECEIVE_BYTES = 1 << 18
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its headers, and when it was told (by the PBX, else when it came)."""

    headers: Mapping[str, str]
    at: datetime

    def get(self, name: str) -> str:
        return self.headers.get(name, "")

    @property
    def event(self) -> str:
        return self.get("event").lower()


def message_of(raw: bytes) -> Message:
    """The message in these bytes, which bear a Timestamp.  Raises RejectedEvent."""
    headers: dict[str, str] = {}
    for line in text_of(raw).split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    return Message(headers, _instant(headers.get("timestamp", "")))


def stamped(raw: bytes, at: datetime) -> bytes:
    """The message with the moment of its receipt, unless the PBX has told its own."""
    if b"\r\nTimestamp: " in raw:
        return raw
    return b"%b\r\nTimestamp: %.6f" % (raw, at.timestamp())


def _instant(told: str) -> datetime:
    try:
        seconds, _, part = told.partition(".")
        return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(f"{part:0<6.6}"))
    except (ValueError, OverflowError, OSError) as error:
        raise RejectedEvent("bad_time", "the Timestamp is not in seconds since 1970") from error


@dataclass(slots=True)
class Cutter:
    """Bytes as they come, cut into whole messages; an endless one is cut short."""

    _rest: bytes = b""
    _long: bytes = b""

    def take(self, chunk: bytes) -> Iterator[bytes]:
        *whole, self._rest = (self._rest + chunk).split(_END)
        for part in whole:
            message, self._long = self._long or part, b""
            yield message[: LONGEST_LINE + 1]
        if len(self._rest) > LONGEST_LINE:
            self._long = self._long or self._rest
            self._rest = self._rest[1 - len(_END) :]


@dataclass(slots=True)
class Line:
    """A connection to a manager port; ends with its :func:`connected` block."""

    _socket: socket.socket
    _where: str
    _clock: Callable[[], datetime]
    _ping_s: float = PING_S
    _cutter: Cutter = field(default_factory=Cutter)
    _last_at: datetime = field(default_factory=lambda: datetime.min.replace(tzinfo=UTC))
    _heard: float = field(default_factory=time.monotonic)
    _asked: float = 0.0
    _kept: list[bytes] = field(default_factory=list)

    def say(self, action: str, **headers: str) -> None:
        said = {"Action": action, "ActionID": action, **headers}
        if any("\r" in value or "\n" in value for value in said.values()):
            raise Fatal(f"{self._where}: user and password are one line each")
        text = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        self._socket.sendall(f"{text}\r\n".encode())

    def heard(self, longest_s: float) -> list[bytes]:
        """The messages that come within so many seconds, stamped; none where none came.

        Raises Retriable where the line is gone, be it without a word.
        """
        if self._kept:
            kept, self._kept = self._kept, []
            return kept
        self._socket.settimeout(longest_s)
        try:
            chunk = self._socket.recv(_RECEIVE_BYTES)
        except TimeoutError:
            self._keep_alive()
            return []
        if not chunk:
            raise Retriable(f"{self._where} has ended the line")
        self._heard = time.monotonic()
        return [stamped(raw, self._now()) for raw in self._cutter.take(chunk)]

    def answer(self, action: str) -> Message:
        """The response to an action; what is said after it is heard next.  Raises Retriable."""
        until = time.monotonic() + self._ping_s
        while (left := until - time.monotonic()) > 0:
            said = self.heard(left)
            for place, raw in enumerate(said):
                with suppress(RejectedEvent):
                    message = message_of(raw)
                    if message.get("response") and message.get("actionid") in ("", action):
                        self._kept = said[place + 1 :]
                        return message
        raise Retriable(f"{self._where} does not answer as an Asterisk manager does")

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now - self._heard > 3 * self._ping_s:
            raise Retriable(f"{self._where} has said nothing for {3 * self._ping_s:.0f} s")
        if now - max(self._heard, self._asked) > self._ping_s:
            self._asked = now
            self.say("Ping")

    def _now(self) -> datetime:
        """The clock, never twice the same: messages that come together keep their order."""
        self._last_at = max(self._clock(), self._last_at + _TICK)
        return self._last_at


@contextmanager
def connected(
    source: Source,
    port: tuple[str, int],
    tls: ssl.SSLContext | None,
    clock: Callable[[], datetime],
    ping_s: float = PING_S,
) -> Iterator[Line]:
    """A line to the port; what goes wrong on it says whether trying again may help."""
    where = f"source {source.name}: manager port {port[0]}:{port[1]}"
    try:
        with socket.create_connection(port, ping_s) as bare:
            if tls is None:
                yield Line(bare, where, clock, ping_s)
            else:
                with tls.wrap_socket(bare, server_hostname=port[0]) as wrapped:
                    yield Line(wrapped, where, clock, ping_s)
    except ssl.SSLCertVerificationError as error:
        raise Fatal(f"{where} shows a certificate we do not trust; see ca_file") from error
    except OSError as error:
        raise Retriable(f"{where} does not answer: {error}") from error


def log_in(line: Line, source: Source, user: str, secret: str, *, bare: bool) -> None:
    """Raises Fatal where the PBX refuses user and password."""
    if bare:
        line.say("Challenge", AuthType="MD5")
        challenge = line.answer("Challenge").get("challenge")
        key = hashlib.md5((challenge + secret).encode(), usedforsecurity=False).hexdigest()
        line.say("Login", Username=user, AuthType="MD5", Key=key, Events=EVENTS)
    else:
        line.say("Login", Username=user, Secret=secret, Events=EVENTS)
    answer = line.answer("Login")
    if answer.get("response").lower() != "success":
        raise Fatal(f"source {source.name}: the PBX refuses the log-in: {answer.get('message')}")
