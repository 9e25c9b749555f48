"""What the events of Asterisk's manager port say: a message becomes one event, or none.

Read by :mod:`ingest.connectors.asterisk_ami`, whose docstring says what becomes of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.connector import Source
from ingest.errors import RejectedEvent
from ingest.events import ANSWERING, APART, ENDING, LONGEST_MS, OPENING, Event, Identity
from ingest.formats.asterisk.ami import Message
from ingest.formats.asterisk.ami_calls import Ended
from ingest.reading import options
from ingest.reading.moments import shifted

Told = str | int | float | bool | None

_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]{2,24}")
_WHOLE = re.compile(r"[0-9]{1,10}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_STATES = ("unknown", "not_in_use", "in_use", "busy", "invalid", "unavailable", "ringing",
           "ring_in_use", "on_hold")  # fmt: skip
#: An unknown name must not become a kind that counts.
_OURS = {*OPENING, *ENDING, *ANSWERING, *APART, "held", "reopened", "ring_no_answer"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event says: the kind, and its headers by the name we keep them under.

    ``wait_s`` and ``talk_s`` are the event's own; other ``…_s`` are kept in milliseconds.
    """

    kind: str
    told: Mapping[str, str] = field(default_factory=dict)


MEANINGS: Mapping[str, Meaning] = {
    "queuecallerjoin": Meaning("queued", {"position": "position"}),
    "queueentry": Meaning("queued", {"position": "position"}),
    "queuecallerabandon": Meaning("abandoned", {
        "holdtime": "wait_s", "position": "position", "originalposition": "original_position",
    }),
    "agentcalled": Meaning("agent_called"),
    "agentconnect": Meaning("answered", {
        "holdtime": "wait_s", "ringtime": "ring_s", "destuniqueid": "member_call",
    }),
    "agentcomplete": Meaning("closed", {
        "holdtime": "wait_s", "talktime": "talk_s", "reason": "ended_by",
    }),
    "agentringnoanswer": Meaning("ring_no_answer", {"ringtime": "ring_ms"}),
    "agentdump": Meaning("agentdump"),
    "cdr": Meaning("cdr", {
        "disposition": "disposition", "duration": "duration_s", "billableseconds": "billed_s",
    }),
    "queuememberadded": Meaning("agent_state"),
    "queuememberremoved": Meaning("agent_state"),
    "queuememberpause": Meaning("agent_state", {"pausedreason": "why"}),
    "queuememberpenalty": Meaning("agent_state", {"penalty": "penalty"}),
    "queuememberringinuse": Meaning("agent_state"),
    "queuememberstatus": Meaning("agent_state"),
}  # fmt: skip
_STATE_OF = {
    "queuememberadded": "member_added",
    "queuememberremoved": "member_removed",
    "queuememberpenalty": "penalty",
    "queuememberringinuse": "ring_in_use_set",
}


def event_of(message: Message, source: Source) -> Event | None:
    """The event in a message, if there is one.  Raises RejectedEvent."""
    meaning = MEANINGS.get(message.event) or _unknown(message)
    if meaning is None:
        return None
    told = dict(_told(message, meaning))
    at = message.at
    if message.event == "queueentry":
        at = shifted(at, -(milliseconds("wait_s", named(message, "wait")) or 0))
    wait_ms, talk_ms = _duration(told, "wait_ms"), _duration(told, "talk_ms")
    return Event(
        event_id=_event_id(message, at),
        occurred_at=at,
        kind="transferred" if told.get("ended_by") == "transfer" else meaning.kind,
        contact_id=_contact_id(message, meaning, source),
        channel=options.text(source, "channel") or "phone",
        site=options.text(source, "site"),
        queue=message.get("queue") or None,
        agent=message.get("membername") or message.get("interface") or None,
        identities=_identities(message) if meaning.kind == "queued" else (),
        wait_ms=wait_ms,
        talk_ms=talk_ms,
        attributes=told,
    )


def ended_event(ended: Ended, source: Source) -> Event:
    """A caller left without a word: by timeout or key, or while nobody listened."""
    wait = None if ended.wait is None else max(0, ended.wait // timedelta(milliseconds=1))
    return Event(
        event_id=f"left:{ended.call}:{ended.queue}:{_microseconds(ended.at)}",
        occurred_at=ended.at,
        kind="flowed_out",
        contact_id=ended.call,
        channel=options.text(source, "channel") or "phone",
        site=options.text(source, "site"),
        queue=ended.queue,
        wait_ms=wait,
        attributes={"how": "unseen" if ended.unseen else "left"},
    )


def started_event(at: datetime, source: Source) -> Event:
    """The PBX began at that moment."""
    return Event(
        event_id=f"started:{int(at.timestamp())}",
        occurred_at=at,
        kind="source_started",
        contact_id=f"source:{source.name}",
        channel=options.text(source, "channel") or "phone",
        site=options.text(source, "site"),
    )


def named(message: Message, header: str) -> str:
    """A header without which there is no event.  Raises RejectedEvent."""
    if not (found := message.get(header)):
        raise RejectedEvent("missing_field", f"{message.get('event')} without {header}")
    return found


def milliseconds(name: str, value: str) -> int | None:
    """A told duration (``…_s`` or ``…_ms``).  Raises RejectedEvent for what is none."""
    if value == "":
        return None
    whole = int(value) if _WHOLE.fullmatch(value) else -1
    found = whole if name.endswith("_ms") else whole * 1000
    if not 0 <= found <= LONGEST_MS:
        raise RejectedEvent("bad_duration", f"the {name.rpartition('_')[0]} is no duration")
    return found


def _unknown(message: Message) -> Meaning | None:
    """Of queues and agents but new to us: kept under its own name.  Others are not ours."""
    if "agent" not in message.get("privilege").split(","):
        return None
    if not _NAME.fullmatch(name := message.get("event")):
        raise RejectedEvent("bad_record", "the event has no name")
    kind = _HUMP.sub("_", name).lower()
    return Meaning(f"ami_{kind}" if kind in _OURS else kind)


def _told(message: Message, meaning: Meaning) -> Iterator[tuple[str, Told]]:
    for header, name in meaning.told.items():
        value = message.get(header)
        if name.endswith(("_s", "_ms")):
            yield f"{name.rpartition('_')[0]}_ms", milliseconds(name, value)
        elif value:
            yield name, int(value) if _WHOLE.fullmatch(value) else value
    if meaning.kind == "agent_state":
        yield "state", _state(message)


def _state(message: Message) -> str:
    if message.event == "queuememberpause":
        return "unpaused" if message.get("paused") == "0" else "paused"
    if message.event == "queuememberstatus":
        number = message.get("status")
        known = _WHOLE.fullmatch(number) and int(number) < len(_STATES)
        return _STATES[int(number)] if known else "unknown"
    return _STATE_OF[message.event]


def _duration(told: dict[str, Told], name: str) -> int | None:
    found = told.pop(name, None)
    return found if isinstance(found, int) else None


def _event_id(message: Message, at: datetime) -> str:
    who = message.get("interface") or message.get("membername")
    parts = (message.event, message.get("uniqueid"), message.get("queue"), who)
    return ":".join((*parts, str(_microseconds(at))))


def _microseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _contact_id(message: Message, meaning: Meaning, source: Source) -> str:
    if meaning.kind == "agent_state":
        named(message, "queue")
        return f"agent:{message.get('membername') or named(message, 'interface')}"
    if message.event in MEANINGS:
        if message.event != "cdr":
            named(message, "queue")
        return named(message, "uniqueid")
    return message.get("uniqueid") or f"source:{source.name}"


def _identities(message: Message) -> tuple[Identity, ...]:
    """The caller's number, where it was not withheld («<unknown>», «anonymous»)."""
    caller = message.get("calleridnum")
    return (Identity("phone", caller),) if _NUMBER.fullmatch(caller) else ()

