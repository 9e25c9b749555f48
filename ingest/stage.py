"""One batch on its way to the database: checked, freed of its own repetitions, as COPY text.

Python does here what it must do for every event and nothing else, so this is where speed is
lost or won: a line is joined once, and one look at it tells whether anything in it is odd.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from ingest.errors import RejectedEvent
from ingest.events import AHEAD, EARLIEST, KEY_CHARS, LONGEST_MS, Event, Rejected, check
from ingest.identity import sealed

#: What a line of the stage holds; the keys are made from them in the database.
COLUMNS = (
    "position", "digest", "source", "revision", "event_id", "contact_id", "kind",
    "channel", "direction", "queue", "reason", "segment", "site", "agent", "wait_ms",
    "dial_wait_ms", "talk_ms", "hold_ms", "wrap_ms", "occurred_at", "identities", "attributes",
)

_TABS = len(COLUMNS) - 3
#: What COPY would misread, or the database could not keep.  NULL is the empty field.
_ODD = re.compile(r"[\\\n\r\0]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_json = msgspec.json.Encoder()


class Batch:
    """What one transaction will store: the lines to stage, and what was refused."""

    def __init__(self, source: str, now: datetime, key: bytes) -> None:
        self.source = source
        self.now = now
        self.key = key
        #: Events and refused records: what the ledger must account for.
        self.received = 0
        self.rejected: list[Rejected] = []
        self.duplicates = 0
        self.superseded = 0
        self.days: set[str] = set()
        self._before = now + AHEAD
        #: By (contact id, event id): the event, its digest, its line.
        self._kept: dict[tuple[str, str], tuple[Event, int, bytes]] = {}

    def add(self, parsed: Iterable[Event | Rejected]) -> None:
        """Take in what a connector parsed; an event that cannot be kept is refused alone."""
        for one in parsed:
            self.received += 1
            if isinstance(one, Rejected):
                self.rejected.append(one)
                continue
            try:
                self._take(one)
            except RejectedEvent as error:
                refused = Rejected(reason=error.reason, detail=error.detail, raw=raw_of(one))
                self.rejected.append(refused)

    @property
    def events(self) -> list[Event]:
        """The events to store, each id once, in the order of their lines."""
        return [event for event, _, _ in self._kept.values()]

    def last_at(self) -> datetime | None:
        """The newest time told in this batch."""
        return max((event.occurred_at for event in self.events), default=None)

    def text(self) -> bytes:
        """The lines in COPY text format: position, digest, then the event."""
        return b"".join(
            b"%d\t%d\t%b" % (position, digest, line)
            for position, (_, digest, line) in enumerate(self._kept.values())
        )

    def _take(self, told: Event) -> None:
        event, line = self._line(told)
        digest = zlib.crc32(line)
        key = (event.contact_id, event.event_id)
        known = self._kept.setdefault(key, (event, digest, line))
        if known[2] is line:
            return
        if event.revision > known[0].revision:
            self._kept[key] = (event, digest, line)
            self.superseded += 1
        elif event.revision < known[0].revision:
            self.superseded += 1
        elif digest == known[1]:
            self.duplicates += 1
        else:
            self.rejected.append(conflicting(event))

    def _line(self, event: Event) -> tuple[Event, bytes]:
        """The event in UTC and its line; the slow, precise check only where something is odd."""
        if not self._plain(event):
            event = in_utc(event)
            check(event, self.now)
        try:
            fields = self._fields(event)
            line = "\t".join(["" if field is None else str(field) for field in fields])
            if len(line) > KEY_CHARS or line.count("\t") != _TABS or _ODD.search(line):
                check(event, self.now)
                line = "\t".join(map(_escaped, fields))
            return event, line.encode() + b"\n"
        except UnicodeEncodeError as error:
            raise RejectedEvent("bad_text", "a field is not valid Unicode") from error

    def _fields(self, event: Event) -> tuple[object, ...]:
        at = event.occurred_at.isoformat()
        self.days.add(at[:10])
        return (
            self.source, event.revision, event.event_id, event.contact_id,
            event.kind, event.channel, event.direction, event.queue, event.reason, event.segment,
            event.site, event.agent, event.wait_ms, event.dial_wait_ms, event.talk_ms,
            event.hold_ms, event.wrap_ms, at, self._sealed(event),
            _json.encode(event.attributes).decode() if event.attributes else None,
        )

    def _sealed(self, event: Event) -> str | None:
        if not event.identities:
            return None
        return _json.encode([sealed(one, self.key) for one in event.identities]).decode()

    def _plain(self, event: Event) -> bool:
        return (
            event.occurred_at.tzinfo is UTC
            and EARLIEST <= event.occurred_at < self._before
            and bool(event.event_id and event.contact_id and event.kind and event.channel)
            and 0 <= (event.wait_ms or 0) <= LONGEST_MS
            and 0 <= (event.dial_wait_ms or 0) <= LONGEST_MS
            and 0 <= (event.talk_ms or 0) <= LONGEST_MS
            and 0 <= (event.hold_ms or 0) <= LONGEST_MS
            and 0 <= (event.wrap_ms or 0) <= LONGEST_MS
        )


def in_utc(event: Event) -> Event:
    """The same event with its time in UTC.  Raises RejectedEvent for a naive or absurd time."""
    if event.occurred_at.tzinfo is None:
        raise RejectedEvent("bad_time", f"occurred_at {event.occurred_at} has no time zone")
    try:
        return msgspec.structs.replace(event, occurred_at=event.occurred_at.astimezone(UTC))
    except OverflowError as error:
        raise RejectedEvent("bad_time", f"occurred_at {event.occurred_at} is absurd") from error


def conflicting(event: Event) -> Rejected:
    """The refusal of an event whose id is known with another content."""
    detail = f"event «{event.event_id}» is already stored with another content"
    return Rejected(reason="id_conflict", detail=detail, raw=raw_of(event))


def raw_of(event: Event) -> bytes:
    """The event as bytes for the quarantine, whatever is wrong with it."""
    try:
        return _json.encode(event)
    except UnicodeEncodeError:
        return repr(event).encode("utf-8", "backslashreplace")


def _escaped(field: object) -> str:
    return "" if field is None else str(field).translate(_ESCAPES)
