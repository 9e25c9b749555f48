"""What happens to a callback, as events of the kinds that every callback tool tells.

A wish is one thread and one contact; the same step has the same event id however often it is
told.  It becomes a contact when its slot begins, or when it is tried before: nobody waits for
what is promised for tomorrow.  Who is reached within the slot, or before it, has not waited;
later the wait is what the call was late by.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from app.callback_desk.capacity import CHANNEL
from ingest.connector import Source
from ingest.events import LONGEST_MS, Event, Identity

#: The source that the events are told by.
SOURCE = Source("callback-desk", "callback")
_MILLISECOND = timedelta(milliseconds=1)


class Outcome(StrEnum):
    """What came of an attempt."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    CANCELLED = "cancelled"


class Told(msgspec.Struct, frozen=True):
    """A callback as far as its events tell of it; `open`: it is a contact already."""

    id: str
    start: datetime
    end: datetime
    reason: str
    open: bool = False


def promised(
    told: Told, at: datetime, surface: str | None, identities: tuple[Identity, ...]
) -> Event:
    """A customer has booked it."""
    event = _event(told, "promised", "promised", at, {**_slot(told), "surface": surface})
    return msgspec.structs.replace(event, identities=identities)


def opened(told: Told, at: datetime) -> list[Event]:
    """The wish waits for us from now on: nothing, where it does already."""
    if told.open:
        return []
    return [_event(told, "offered", "offered", min(at, told.start), _slot(told))]


def attempted(
    told: Told, number: int, outcome: Outcome, at: datetime, *, last: bool
) -> list[Event]:
    """The events of the attempt of that number, which may be the `last`."""
    return [*opened(told, at), *_outcome(told, number, outcome, at, last)]


def given_up(told: Told, at: datetime, why: str) -> list[Event]:
    """Nobody will call any more."""
    return [*opened(told, at), _failed(told, at, why)]


def _outcome(told: Told, number: int, outcome: Outcome, at: datetime, last: bool) -> list[Event]:
    name = f"attempt:{number}"
    match outcome:
        case Outcome.REACHED:
            late_ms = min(LONGEST_MS, max(0, (at - told.end) // _MILLISECOND))
            answered = _event(told, name, "answered", at, {})
            return [
                msgspec.structs.replace(answered, wait_ms=late_ms),
                _event(told, "completed", "closed", at, {}),
            ]
        case Outcome.CANCELLED:
            return [_event(told, "cancelled", "abandoned", at, {})]
    tried = _event(told, name, "attempted", at, {"result": outcome.value})
    why = "wrong number" if outcome is Outcome.WRONG_NUMBER else f"{number} attempts"
    return [tried, _failed(told, at, why)] if last else [tried]


def _slot(told: Told) -> dict[str, str | None]:
    return {"promised_at": told.start.isoformat(), "promised_until": told.end.isoformat()}


def _failed(told: Told, at: datetime, why: str) -> Event:
    return _event(told, "failed", "flowed_out", at, {"why": why})


def _event(
    told: Told, step: str, kind: str, at: datetime, attributes: dict[str, str | None]
) -> Event:
    return Event(
        event_id=f"{told.id}:{step}",
        occurred_at=at,
        kind=kind,
        contact_id=f"{CHANNEL}/{told.id}",
        channel=CHANNEL,
        reason=told.reason or None,
        attributes={name: value for name, value in attributes.items() if value is not None},
    )
