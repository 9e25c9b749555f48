"""One batch on its way to the database: checked, freed of its own repetitions, as COPY text.

Python does here what it must do for every event and nothing else, so this is where speed is
lost or won: a line is joined once, and one look at it tells whether anything in it is odd.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from ingest.errors import RejectedEvent
from ingest.events import AHEAD, EARLIEST, KEY_CHARS, LONGEST_MS, Event, Rejected, check
from ingest.identity import REGION, sealed

#: What a line of the stage holds; the keys are made from them in the database.
COLUMNS = (
    "position", "digest", "source", "revision", "event_id", "contact_id", "kind",
    "channel", "direction", "queue", "reason", "segment", "site", "agent", "wait_ms",
    "dial_wait_ms", "talk_ms", "hold_ms", "wrap_ms", "occurred_at", "identities", "attributes",
)

_TABS = len(COLUMNS) - 3
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_encoder = msgspec.json.Encoder()


class Batch:
    """What one transaction will store: the lines to stage, and what was refused."""

    def __init__(
        self,
        source: str,
        now: datetime,
        key: bytes,
        region: str = REGION,
        since: datetime = EARLIEST,
    ) -> None:
        self.source = source
        self.now = now
        self.key = key
        #: The country of telephone numbers that are told without one.
        self.region = region
        #: What is older has been forgotten and is not taken in again.
        self.since = since
        self._source = source.translate(_ESCAPES)
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
                raw = b"" if error.reason == "past_retention" else raw_of(one)
                self.rejected.append(Rejected.of(error, raw))

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
            b"%d\t%d\t%b\n" % (position, digest, line)
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
            self._check_age(event)
        try:
            at = event.occurred_at.isoformat()
            line = self._joined(event, at)
            if len(line) > KEY_CHARS or line.count("\t") != _TABS or _odd(line):
                check(event, self.now)
                line = self._joined(_escaped(event), at)
            self.days.add(at[:10])
            return event, line.encode()
        except UnicodeEncodeError as error:
            raise RejectedEvent("bad_text", "a field is not valid Unicode") from error

    def _joined(self, e: Event, at: str) -> str:
        """The fields of COLUMNS after position and digest; what is not told is empty."""
        return (
            f"{self._source}\t{e.revision}\t{e.event_id}\t{e.contact_id}\t{e.kind}\t{e.channel}\t"
            f"{e.direction}\t{e.queue or ''}\t{e.reason or ''}\t{e.segment or ''}\t{e.site or ''}\t"
            f"{e.agent or ''}\t"
            f"{'' if e.wait_ms is None else e.wait_ms}\t"
            f"{'' if e.dial_wait_ms is None else e.dial_wait_ms}\t"
            f"{'' if e.talk_ms is None else e.talk_ms}\t"
            f"{'' if e.hold_ms is None else e.hold_ms}\t"
            f"{'' if e.wrap_ms is None else e.wrap_ms}\t"
            f"{at}\t{self._sealed(e) if e.identities else ''}\t"
            f"{_json(e.attributes) if e.attributes else ''}"
        )

    def _sealed(self, event: Event) -> str:
        told = [sealed(one, self.key, self.region) for one in event.identities]
        return _json(known) if (known := [one for one in told if one]) else ""

    def _check_age(self, event: Event) -> None:
        if event.occurred_at < self.since:
            raise RejectedEvent("past_retention", f"it is of before {self.since:%Y-%m-%d}")

    def _plain(self, event: Event) -> bool:
        return (
            event.occurred_at.tzinfo is UTC
            and self.since <= event.occurred_at < self._before
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
        return _encoder.encode(event)
    except UnicodeEncodeError:
        return repr(event).encode("utf-8", "backslashreplace")


def _odd(line: str) -> bool:
    """Whether COPY would misread it, or the database could not keep it."""
    return "\\" in line or "\n" in line or "\r" in line or "\0" in line


def _json(value: object) -> str:
    """As JSON, with its backslashes as COPY wants them."""
    return _encoder.encode(value).decode().replace("\\", "\\\\")


def _escaped(event: Event) -> Event:
    """The same event with its texts as COPY wants them."""
    texts = {
        name: value.translate(_ESCAPES)
        for name in event.__struct_fields__
        if isinstance(value := getattr(event, name), str)
    }
    return msgspec.structs.replace(event, **texts)
