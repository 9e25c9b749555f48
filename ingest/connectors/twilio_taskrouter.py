"""Twilio TaskRouter, pushed by its event callbacks: calls, chats and messages in its queues.

One task is one thread.  What each event becomes:

=========================================  =================================================
task.created                               ``offered``
task-queue.entered, task-queue.moved       ``queued``: waits in that queue now
reservation.accepted                       ``answered``
reservation.rejected, .timeout             ``ring_no_answer``: still waiting
task.canceled                              ``abandoned``; ``flowed_out`` where its reason is a
                                           time-out of ours or a redirection
task.deleted while it waits                ``flowed_out``
task.wrapup, task.completed                ``closed`` (never answered: so it flowed out)
task.transfer-initiated, cold, to a queue  ``transferred``: what it waits for next is offered
                                           again; no other transfer ends anything
worker.*                                   ``agent_state``
anything else about a task                 its own name (``reservation_created``…): kept
=========================================  =================================================

What speaks of neither a task nor a worker (activities, queues, workflows being configured) is
no fact about a contact.  Times are ``TimestampMs``; waits are the differences of times, since
TaskAge is in whole seconds and counts on through a transfer.

Options: ``url`` (as typed into the console), ``channel`` (of tasks whose channel says
nothing: ``default``), ``site``, and the names of task attributes: ``reason_attribute``,
``segment_attribute``, ``crm_attribute`` (default reason, segment, customer_id).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from ingest.connector import Parsed, Source
from ingest.errors import RejectedEvent
from ingest.events import Event, Identity, Rejected
from ingest.formats.twilio import FORM, Fields, check_signature, fields_of
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.json_documents import decoded
from ingest.reading.payload import Payload

KINDS = {
    "task.created": "offered",
    "task-queue.entered": "queued",
    "task-queue.moved": "queued",
    "reservation.accepted": "answered",
    "reservation.rejected": "ring_no_answer",
    "reservation.timeout": "ring_no_answer",
    "task.wrapup": "closed",
    "task.completed": "closed",
}
#: Reasons of a cancellation that was not the customer's.
OURS = ("timeout", "timed out", "ttl", "redirect", "workflow", "leave", "overflow")
WAITING = ("pending", "reserved")
CHANNELS = {
    "voice": "phone", "chat": "chat", "web": "chat", "webchat": "chat", "sms": "messaging",
    "whatsapp": "messaging", "messenger": "social", "facebook": "social", "instagram": "social",
    "email": "email", "video": "video", "callback": "callback",
}  # fmt: skip
#: Where a task's attributes say who the customer is, by the kind of identity.
CALLED = ("outbound_to", "to", "called")
ADDRESSES = ("customerAddress", "customer_address", "from", "caller")
#: Kinds whose event is the worker's doing.
BY_A_WORKER = ("answered", "ring_no_answer", "closed", "transferred")
UNITS = {"TimestampMs": timedelta(milliseconds=1), "Timestamp": timedelta(seconds=1)}
_NOTHING = timedelta()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TwilioTaskRouter:
    """WebhookConnector."""

    name: ClassVar[str] = "twilio-taskrouter"
    content_types: ClassVar[tuple[str, ...]] = (FORM,)

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Check ``X-Twilio-Signature``."""
        check_signature(source, headers, body)

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """The one event of a delivery; none where it speaks of no task and no worker."""
        try:
            return list(_events(source, fields_of(body)))
        except RejectedEvent as error:
            return [Rejected.of(error, body)]


def _events(source: Source, fields: Fields) -> Iterator[Event]:
    told = _needed(fields, "EventType")
    if told.startswith("worker."):
        yield _worker(source, fields, told)
    elif fields.get("TaskSid"):
        yield _task(source, fields, told)


def _task(source: Source, fields: Fields, told: str) -> Event:
    about = decoded(fields.get("TaskAttributes", "").encode())
    kind = _kind(fields, told)
    return Event(
        event_id=_event_id(fields, told),
        # Entering the next queue in the same millisecond comes after having left this one.
        occurred_at=_when(fields) - (UNITS["TimestampMs"] if kind == "transferred" else _NOTHING),
        kind=kind,
        contact_id=fields["TaskSid"],
        channel=_channel(source, fields, about),
        direction="out" if (pl.text(about, "direction") or "").startswith("outbound") else "in",
        queue=fields.get("TaskQueueName") or fields.get("TaskQueueSid") or None,
        reason=_attribute(source, about, "reason", "reason"),
        segment=_attribute(source, about, "segment", "segment"),
        site=options.text(source, "site"),
        agent=(fields.get("WorkerSid") or None) if kind in BY_A_WORKER else None,
        identities=_identities(source, about),
        attributes=_kept(fields),
    )


def _kind(fields: Fields, told: str) -> str:
    if told == "task.canceled":
        reason = fields.get("TaskCanceledReason", "").lower()
        return "flowed_out" if any(word in reason for word in OURS) else "abandoned"
    if told == "task.deleted" and fields.get("TaskAssignmentStatus") in WAITING:
        return "flowed_out"
    if told == "task.transfer-initiated" and _goes_to_a_queue(fields):
        return "transferred"
    return KINDS.get(told, told.replace(".", "_").replace("-", "_"))


def _goes_to_a_queue(fields: Fields) -> bool:
    cold = fields.get("TransferMode", "").upper() == "COLD"
    return cold and (
        fields.get("TransferType", "").upper() == "QUEUE"
        or fields.get("TransferTo", "").startswith("WQ")
    )


def _worker(source: Source, fields: Fields, told: str) -> Event:
    worker = _needed(fields, "WorkerSid")
    state = fields.get("WorkerActivityName") or told.partition(".")[2]
    return Event(
        event_id=_event_id(fields, told),
        occurred_at=_when(fields),
        kind="agent_state",
        contact_id=f"agent:{worker}",
        channel=options.text(source, "channel") or "phone",
        site=options.text(source, "site"),
        agent=worker,
        attributes={
            "state": state,
            "event": told,
            "was": fields.get("WorkerPreviousActivityName") or None,
            "lasted_ms": _whole(fields.get("WorkerTimeInPreviousActivityMs")),
        },
    )


# --- what the fields tell ---------------------------------------------------------


def _when(fields: Fields) -> datetime:
    """``TimestampMs``, else ``Timestamp`` in seconds."""
    for name, unit in UNITS.items():
        if told := fields.get(name, "").strip():
            if (value := _whole(told)) is None:
                raise RejectedEvent("bad_time", f"{name} is {told!r:.40}")
            return _EPOCH + value * unit
    raise RejectedEvent("missing_field", "Timestamp is missing")


def _whole(told: str | None) -> int | None:
    """A whole number of at most 13 digits: milliseconds up to the year 2286."""
    is_number = told is not None and told.isascii() and told.isdecimal() and len(told) <= 13
    return int(told) if told is not None and is_number else None


def _event_id(fields: Fields, told: str) -> str:
    """The event's own Sid; a resource does the same thing once a moment."""
    at = fields.get("TimestampMs") or fields.get("Timestamp") or ""
    return fields.get("Sid") or f"{fields.get('ResourceSid', '')}:{told}:{at}"


def _channel(source: Source, fields: Fields, about: object) -> str:
    named = fields.get("TaskChannelUniqueName", "").lower()
    for name in (pl.text(about, "channelType"), named):
        if name and name.lower() in CHANNELS:
            return CHANNELS[name.lower()]
    unsaid = named in ("", "default")
    return (options.text(source, "channel") or "phone") if unsaid else named


def _attribute(source: Source, about: object, name: str, usual: str) -> str | None:
    return pl.text(about, options.text(source, f"{name}_attribute") or usual)


def _identities(source: Source, about: object) -> tuple[Identity, ...]:
    """The customer's number or address; of a call that we place, the number called."""
    told: Payload = pl.table(about)
    outbound = (pl.text(told, "direction") or "").startswith("outbound")
    names = CALLED if outbound else ADDRESSES
    told_there = [pl.text(told, name) for name in names]
    told_there += [pl.text(told, "customers", name) for name in ("phone", "email")]
    found = [identity for one in told_there if one for identity in _identity(one)]
    if customer := _attribute(source, about, "crm", "customer_id"):
        found.append(Identity("crm", customer))
    return tuple(dict.fromkeys(found))


def _identity(address: str) -> Iterator[Identity]:
    carrier, _, rest = address.rpartition(":")
    if carrier == "whatsapp":
        yield Identity("whatsapp", rest.removeprefix("+"))
    if carrier in ("", "whatsapp", "tel", "sms") and rest.startswith("+"):
        yield Identity("phone", rest)
    elif not carrier and "@" in rest:
        yield Identity("email", rest)


def _kept(fields: Fields) -> dict[str, str | int | float | bool | None]:
    told = {
        "ended_reason": fields.get("TaskCanceledReason") or fields.get("TaskCompletedReason"),
        "reservation": fields.get("ReservationSid"),
        "workflow": fields.get("WorkflowName"),
        "transfer_mode": fields.get("TransferMode"),
        "task_age_s": _whole(fields.get("TaskAge")),
        "priority": _whole(fields.get("TaskPriority")),
    }
    return {name: value for name, value in told.items() if value is not None and value != ""}


def _needed(fields: Fields, name: str) -> str:
    if value := fields.get(name, "").strip():
        return value
    raise RejectedEvent("missing_field", f"{name} is missing")
