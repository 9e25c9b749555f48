"""Event: the one vocabulary into which every source is translated.

An event is one immutable fact that a source tells about a contact.  It is identified
by (source, event id); the fold in :mod:`ingest.store` turns the events of one thread
into contacts.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.errors import RejectedEvent

#: Kinds that ask for service: they open a contact when none is open.
OPENING = ("offered", "queued", "message_in")
#: Kinds that end a contact: the next opening starts another one.
ENDING = ("abandoned", "flowed_out", "transferred", "resolved", "closed", "deflected", "contained")

#: Kinds by which a person of ours answers.
ANSWERING = ("answered", "message_out")
#: Kinds by which a customer tried and asked for nobody: alone they make a contact that was
#: never offered.
PASSING = ("left_ivr", "phantom")
#: Kinds that concern no contact (a shift, a restart): kept as events, never folded.
APART = ("agent_state", "source_started")

#: Times outside of this are no contact-centre fact but a broken clock (and some
#: cannot be read back from the database: one such row would break every SELECT).
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)

#: One day in milliseconds times 3,650: no wait, talk or hold lasts ten years.
LONGEST_MS = 2_147_483_647
KEY_CHARS = 512
ATTRIBUTE_CHARS = 4_096


class Identity(msgspec.Struct, frozen=True, gc=False):
    """A deterministic key of a customer as the source wrote it: `kind` is one of phone,
    email, whatsapp, crm, cookie…; `value` is raw and is hashed before it is stored."""

    kind: str
    value: str


class Event(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One fact about a contact.

    Times are aware; durations are whole milliseconds *told by the source* (``None`` where
    it does not tell: the fold then takes differences of times).  ``contact_id`` names the
    source's own thread: a call, a conversation, a mail thread.  One thread may hold several
    contacts (a call that queues again, a conversation that reopens): the fold cuts them.
    """

    event_id: str
    occurred_at: datetime
    #: queued, answered, abandoned… (DESIGN): an unknown kind is kept, not lost.
    kind: str
    contact_id: str
    #: phone, chat, email, messaging…: an open list.
    channel: str
    direction: str = "in"
    queue: str | None = None
    reason: str | None = None
    segment: str | None = None
    site: str | None = None
    agent: str | None = None
    identities: tuple[Identity, ...] = ()
    #: Waited in the queue until this event.
    wait_ms: int | None = None
    #: Waited since the customer dialled, where the source knows.
    dial_wait_ms: int | None = None
    talk_ms: int | None = None
    hold_ms: int | None = None
    wrap_ms: int | None = None
    #: Of two events with one id the greater revision wins; equal ones must be equal.
    revision: int = 0
    attributes: dict[str, str | int | float | bool | None] = {}


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """One record that could not be used: why, and the bytes as they came."""

    reason: str
    detail: str
    raw: bytes

    @classmethod
    def of(cls, error: RejectedEvent, raw: bytes) -> Rejected:
        """The record that raised this error."""
        return cls(reason=error.reason, detail=error.detail, raw=raw)


def stable_key(*parts: str) -> int:
    """A signed 64-bit key, the same on every machine and for ever (BLAKE2b of the parts)."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def check(event: Event, now: datetime) -> None:
    """Refuse what the database could not keep or could not give back.

    Raises:
        RejectedEvent: with a reason of the closed list and what is wrong.
    """
    _check_time(event.occurred_at, now)
    for name in ("event_id", "contact_id", "kind", "channel"):
        _check_key(name, getattr(event, name))
    for name in ("direction", "queue", "reason", "segment", "site", "agent"):
        _check_text(name, getattr(event, name))
    for name in ("wait_ms", "dial_wait_ms", "talk_ms", "hold_ms", "wrap_ms"):
        _check_duration(name, getattr(event, name))
    for identity in event.identities:
        _check_key(f"identity {identity.kind}", identity.value)
    for name, value in event.attributes.items():
        _check_text(f"attribute {name}", f"{name}{value}", ATTRIBUTE_CHARS)


def _check_time(at: datetime, now: datetime) -> None:
    if at.tzinfo is None:
        raise RejectedEvent("bad_time", f"occurred_at {at.isoformat()} has no time zone")
    if not EARLIEST <= at < now + AHEAD:
        raise RejectedEvent(
            "bad_time", f"occurred_at {at.isoformat()} is not between 1990 and tomorrow"
        )


def _check_key(name: str, value: str) -> None:
    if not value:
        raise RejectedEvent("missing_field", f"{name} is empty")
    _check_text(name, value)


def _check_text(name: str, value: str | None, most: int = KEY_CHARS) -> None:
    if value is None:
        return
    if len(value) > most:
        raise RejectedEvent("too_long", f"{name} has {len(value)} characters, at most {most}")
    if "\x00" in value:
        raise RejectedEvent("bad_text", f"{name} holds a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RejectedEvent("bad_text", f"{name} is not valid Unicode") from error


def _check_duration(name: str, value: int | None) -> None:
    if value is not None and not 0 <= value <= LONGEST_MS:
        raise RejectedEvent("bad_duration", f"{name} is {value} ms")
