"""One batch on its way to the database: checked, keyed, and as COPY text.

Python does here what it must do per event and nothing else, so this is where speed is
lost or won: one JSON encoding serves the digest, the size and the text checks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from ingest.errors import RejectedEvent
from ingest.events import (
    AHEAD,
    APART,
    EARLIEST,
    KEY_CHARS,
    LONGEST_MS,
    Event,
    Rejected,
    check,
    stable_key,
)
from ingest.identity import sealed

#: The columns of the stage after `position`: those of ``events`` in COPY order.
COLUMNS = (
    "thread_key", "event_key", "occurred_at", "digest", "revision", "source", "event_id",
    "contact_id", "kind", "channel", "direction", "queue", "reason", "segment", "site", "agent",
    "wait_ms", "dial_wait_ms", "talk_ms", "hold_ms", "wrap_ms", "identities", "attributes",
)

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_encoder = msgspec.json.Encoder()


class Batch:
    """What one transaction will store: COPY text, and what was refused."""

    def __init__(self, source: str, now: datetime, key: bytes) -> None:
        self.source = source
        self.now = now
        self.key = key
        self.events: list[Event] = []
        self.rows: list[str] = []
        self.rejected: list[Rejected] = []
        self.days: set[str] = set()
        self._threads: dict[str, int] = {}

    def add(self, parsed: Iterable[Event | Rejected]) -> None:
        """Take in what a connector parsed; an event that cannot be kept is refused alone."""
        for one in parsed:
            if isinstance(one, Rejected):
                self.rejected.append(one)
                continue
            try:
                event = in_utc(one)
                self.rows.append(self._row(event))
            except RejectedEvent as error:
                self.rejected.append(
                    Rejected(reason=error.reason, detail=error.detail, raw=raw_of(one))
                )
            else:
                self.events.append(event)

    @property
    def received(self) -> int:
        """Events and refused records: what the ledger must account for."""
        return len(self.events) + len(self.rejected)

    def last_at(self) -> datetime | None:
        """The newest time told in this batch."""
        return max((event.occurred_at for event in self.events), default=None)

    def text(self) -> bytes:
        """The rows in COPY text format."""
        return "".join(self.rows).encode()

    def conflict(self, position: int) -> Rejected:
        """The refusal of the row at `position`: its id is known with another content."""
        event = self.events[position]
        detail = f"event «{event.event_id}» is already stored with another content"
        return Rejected(reason="id_conflict", detail=detail, raw=raw_of(event))

    def _row(self, event: Event) -> str:
        encoded = self._encoded(event)
        at = event.occurred_at.isoformat()
        self.days.add(at[:10])
        identities = [sealed(identity, self.key) for identity in event.identities]
        fields = (
            len(self.events), self._thread(event, at), stable_key(event.event_id), at,
            _digest(encoded, self.key), event.revision, self.source, event.event_id,
            event.contact_id, event.kind, event.channel, event.direction, event.queue,
            event.reason, event.segment, event.site, event.agent, event.wait_ms,
            event.dial_wait_ms, event.talk_ms, event.hold_ms, event.wrap_ms,
            _encoder.encode(identities).decode() if identities else None,
            _encoder.encode(event.attributes).decode() if event.attributes else None,
        )
        if b"\\" in encoded:
            return "\t".join(map(_escaped, fields)) + "\n"
        return "\t".join(["\\N" if field is None else str(field) for field in fields]) + "\n"

    def _encoded(self, event: Event) -> bytes:
        """The event as JSON, once; the slow, precise check only where something is odd."""
        try:
            encoded = _encoder.encode(event)
        except UnicodeEncodeError as error:
            raise RejectedEvent("bad_text", "a field is not valid Unicode") from error
        if len(encoded) > KEY_CHARS or b"\\u0000" in encoded or not self._plain(event):
            check(event, self.now)
        return encoded

    def _plain(self, event: Event) -> bool:
        return (
            event.occurred_at.tzinfo is UTC
            and EARLIEST <= event.occurred_at < self.now + AHEAD
            and bool(event.event_id and event.contact_id and event.kind and event.channel)
            and 0 <= (event.wait_ms or 0) <= LONGEST_MS
            and 0 <= (event.dial_wait_ms or 0) <= LONGEST_MS
            and 0 <= (event.talk_ms or 0) <= LONGEST_MS
            and 0 <= (event.hold_ms or 0) <= LONGEST_MS
            and 0 <= (event.wrap_ms or 0) <= LONGEST_MS
        )

    def _thread(self, event: Event, at: str) -> int:
        """The thread's key; what concerns no contact is kept a day a thread, so none grows."""
        name = event.contact_id
        if event.kind in APART:
            name = f"{name}\x1e{at[:10]}"
        if (key := self._threads.get(name)) is None:
            key = self._threads[name] = stable_key(self.source, name)
        return key


def in_utc(event: Event) -> Event:
    """The same event with its time in UTC.  Raises RejectedEvent for a naive or absurd time."""
    if event.occurred_at.tzinfo is UTC:
        return event
    if event.occurred_at.tzinfo is None:
        raise RejectedEvent("bad_time", f"occurred_at {event.occurred_at} has no time zone")
    try:
        return msgspec.structs.replace(event, occurred_at=event.occurred_at.astimezone(UTC))
    except OverflowError as error:
        raise RejectedEvent("bad_time", f"occurred_at {event.occurred_at} is absurd") from error


def raw_of(event: Event) -> bytes:
    """The event as bytes for the quarantine, whatever is wrong with it."""
    try:
        return _encoder.encode(event)
    except UnicodeEncodeError:
        return repr(event).encode("utf-8", "backslashreplace")


def _digest(encoded: bytes, key: bytes) -> int:
    """Tells two contents apart; keyed, since the content holds identities."""
    digest = hashlib.blake2b(encoded, key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _escaped(field: object) -> str:
    return "\\N" if field is None else str(field).translate(_ESCAPES)
