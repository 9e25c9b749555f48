"""CloudEvents 1.0 in JSON, our own format for systems that have no connector of their own.

A type is a struct in a connector's file (:class:`Told` with ``TYPE`` and ``KIND``); it is found
there, and adding one edits nothing else.  Its documented fields are the schema that a vendor
reads, and become the fields of an :class:`~ingest.events.Event` by their names; those that an
event does not have become attributes.  A source of any of these connectors may send all types.

One event a delivery, or a JSON array of them (batched); in files one a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Raw, Struct

from ingest.connector import Parsed, Source, connectors
from ingest.errors import RejectedEvent
from ingest.events import LONGEST_MS, Event, Identity, Rejected
from ingest.reading.lines import lines, recognised, text_of
from ingest.reading.standard_webhooks import check_pushed

#: How each is sent: one event, several, and either of them by who knows no better.
ONE, BATCH, EITHER = (
    "application/cloudevents+json", "application/cloudevents-batch+json", "application/json",
)  # fmt: skip

Key = Annotated[str, Meta(min_length=1, max_length=512)]
Text = Annotated[str, Meta(min_length=1, max_length=512)]
Milliseconds = Annotated[int, Meta(ge=0, le=LONGEST_MS)]
#: What msgspec raises for bytes that are not JSON.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
Scalar = str | int | float | bool | None
Moment = Annotated[datetime, Meta(tz=True)]


class Customer(Struct, frozen=True, kw_only=True):
    """What the customer is known by; the more, the better contacts are linked.  All are hashed
    before they are stored."""

    phone: Annotated[Text, Meta(description="E.164", examples=["+33612345678"])] | None = None
    email: Annotated[Text, Meta(examples=["ann@example.org"])] | None = None
    crm: Annotated[Text, Meta(description="number in the CRM", examples=["C-1042"])] | None = None
    cookie: Annotated[Text, Meta(description="first-party visitor id")] | None = None
    whatsapp: Text | None = None
    telegram: Text | None = None
    social: Annotated[Text, Meta(description="network/account, as mastodon/ann")] | None = None

    def identities(self) -> tuple[Identity, ...]:
        """Those that were told."""
        told = msgspec.structs.asdict(self).items()
        return tuple(Identity(kind, str(value)) for kind, value in told if value)


class Told(Struct, frozen=True, kw_only=True):
    """The data that every type has.  Durations are whole milliseconds, times RFC 3339."""

    TYPE: ClassVar[str]
    #: What it is among the kinds of :mod:`ingest.events`.
    KIND: ClassVar[str]

    contact: Annotated[Key, Meta(description="your id of the whole contact", examples=["4711"])]
    customer: Customer = Customer()
    queue: Annotated[Text, Meta(examples=["billing-team"])] | None = None
    reason: Annotated[Text, Meta(examples=["billing"])] | None = None
    segment: Annotated[Text, Meta(examples=["premium"])] | None = None
    site: Annotated[Text, Meta(examples=["paris"])] | None = None

    @property
    def kind(self) -> str:
        """The kind of this very event."""
        return self.KIND


class Reply(Told, frozen=True, kw_only=True):
    """We wrote to the customer: a person, or a machine (`automatic`), which ends nobody's wait."""

    KIND: ClassVar[str] = "message_out"

    agent: Annotated[Key, Meta(description="number, not name", examples=["a-17"])] | None = None
    automatic: bool = False

    @property
    def kind(self) -> str:
        return "bot_out" if self.automatic else self.KIND


class Envelope(Struct, frozen=True, kw_only=True):
    """A CloudEvent without what its data says; extensions that we do not know pass."""

    specversion: str
    id: Annotated[str, Meta(min_length=1)]
    source: Annotated[str, Meta(min_length=1)]
    type: str
    time: Moment
    datacontenttype: str | None = None
    data: Raw
    revision: Annotated[int, Meta(ge=0, le=2**53)] = 0


class CloudEvents:
    """Base of the connectors that declare types: FileConnector and WebhookConnector."""

    name: ClassVar[str]
    channel: ClassVar[str]
    types: ClassVar[tuple[type[Told], ...]]
    content_types: ClassVar[tuple[str, ...]] = (ONE, BATCH, EITHER)

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """The source's bearer token, or a Standard Webhooks signature with its secret."""
        check_pushed(source, headers, body)

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """Each event of a delivery, judged alone."""
        try:
            each = _elements(body)
        except _UNREADABLE as error:
            return [Rejected(reason="bad_json", detail=f"not JSON: {error}", raw=body)]
        return map(_judged, each)

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """One event a line.  Raises WrongFormat for a file of another kind."""
        return recognised(_lines(path), path, "one CloudEvent in JSON a line")


def ids_of(body: bytes) -> list[str | None]:
    """The id of each event of a delivery, in the order of `parse`; None where it has none."""
    try:
        return [_id(each) for each in _elements(body)]
    except _UNREADABLE:
        return [None]


@dataclass(frozen=True, slots=True)
class Declared:
    """A type that exists: whose it is, and what its data is."""

    connector: str
    channel: str
    data: type[Told]


@cache
def declared() -> Mapping[str, Declared]:
    """Every type that exists, by its name.  Raises ValueError where two have one name."""
    found: dict[str, Declared] = {}
    for one in [each for each in connectors().values() if isinstance(each, CloudEvents)]:
        for data in one.types:
            if data.TYPE in found:
                raise ValueError(f"{found[data.TYPE].connector} and {one.name} have {data.TYPE}")
            found[data.TYPE] = Declared(one.name, one.channel, data)
    return found


# --- reading ----------------------------------------------------------------------


def _elements(body: bytes) -> list[bytes]:
    """The events of a delivery as they came; an array's are told apart without being read."""
    if body.lstrip(b" \t\r\n").startswith(b"["):
        return [bytes(each) for each in msgspec.json.decode(body, type=list[Raw])]
    return [body]


class _Named(Struct):
    id: str | None = None


def _id(raw: bytes) -> str | None:
    try:
        return msgspec.json.decode(raw, type=_Named).id
    except _UNREADABLE:
        return None


def _lines(path: Path) -> Iterator[Parsed]:
    for line in lines(path):
        if line.strip():
            try:
                text_of(line)
            except RejectedEvent as error:
                yield Rejected.of(error, line)
            else:
                yield _judged(line)


def _judged(raw: bytes) -> Parsed:
    """The event of one CloudEvent, or why there is none."""
    try:
        return _event(_envelope(raw))
    except RejectedEvent as error:
        return Rejected.of(error, raw)


def _envelope(raw: bytes) -> Envelope:
    try:
        envelope = msgspec.json.decode(raw, type=Envelope)
    except msgspec.ValidationError as error:
        raise _misfit(error, "time") from error
    except _UNREADABLE as error:
        raise RejectedEvent("bad_json", f"not JSON: {error}") from error
    if envelope.specversion != "1.0":
        raise RejectedEvent("bad_record", f"specversion «{envelope.specversion[:20]}»: send 1.0")
    content = (envelope.datacontenttype or EITHER).partition(";")[0].strip().lower()
    if content != EITHER and not content.endswith("+json"):
        raise RejectedEvent("bad_record", f"datacontenttype «{content[:60]}»: send JSON data")
    return envelope


def _event(envelope: Envelope) -> Event:
    kind_of = _known(envelope.type)
    told = _data(envelope, kind_of.data)
    fields, attributes = _fields(told)
    event = Event(
        event_id=f"{envelope.source}#{envelope.id}",
        occurred_at=_in_utc(envelope.time),
        kind=told.kind,
        contact_id=f"{kind_of.connector}/{told.contact}",
        channel=kind_of.channel,
        direction="out" if told.kind in ("message_out", "bot_out") else "in",
        identities=told.customer.identities(),
        revision=envelope.revision,
        attributes=attributes,
    )
    return msgspec.structs.replace(event, **fields)


def _known(name: str) -> Declared:
    if found := declared().get(name):
        return found
    raise RejectedEvent("unknown_shape", f"no type «{name[:100]}»: /docs lists those that exist")


def _data(envelope: Envelope, data: type[Told]) -> Told:
    try:
        return msgspec.json.decode(envelope.data, type=data)
    except msgspec.ValidationError as error:
        raise _misfit(error, "_at") from error
    except _UNREADABLE as error:
        raise RejectedEvent("bad_json", f"the data is not JSON: {error}") from error


#: Fields of an event that a type may tell by their own names.
_NAMED = frozenset({"queue", "reason", "segment", "site", "agent"}) | {
    name for name in Event.__struct_fields__ if name.endswith("_ms")
}


def _fields(told: Told) -> tuple[dict[str, Scalar], dict[str, Scalar]]:
    """What an event has a field for, and the rest as attributes; what is not told is left out."""
    rest = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in msgspec.structs.asdict(told).items()
        if value is not None and name not in ("contact", "customer")
    }
    fields = {name: rest.pop(name) for name in list(rest) if name in _NAMED}
    return fields, rest


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise RejectedEvent("bad_time", f"time {at} is absurd") from error


def _misfit(error: msgspec.ValidationError, moment: str) -> RejectedEvent:
    """msgspec's words, under the reason that they stand for."""
    said = str(error)
    where = said.rpartition("`$")[2].rstrip("`")
    if "missing required field" in said:
        return RejectedEvent("missing_field", said)
    if where.endswith(moment):
        return RejectedEvent("bad_time", said)
    return RejectedEvent("bad_duration" if where.endswith("_ms") else "bad_record", said)
