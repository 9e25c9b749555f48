"""Amazon Connect's contact record: one record, one contact in one queue, told as one event.

A record is delivered again whenever something in it changes, and may then tell another story
(a call that was thought abandoned was answered).  So it always makes exactly one event, whose
id is the ContactId and whose revision is LastUpdateTimestamp: the newest story takes the place
of the older one.  The event's time is such that the wait begins when the queue was entered:
DisconnectTimestamp is the customer's leg only, and no end of anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ingest.connector import Source
from ingest.errors import RejectedEvent
from ingest.events import LONGEST_MS, Event, Identity
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.moments import between, shifted
from ingest.reading.payload import Payload

CHANNELS = {"VOICE": "phone", "CHAT": "chat", "EMAIL": "email", "TASK": "task"}
#: Chats that are messages.
MESSAGING = ("connect:SMS", "connect:WhatsApp", "connect:Apple")
#: The contact was ours to begin.
OUTBOUND = ("OUTBOUND", "EXTERNAL_OUTBOUND", "AGENT_REPLY", "CAMPAIGN_PREVIEW")
#: A wait that these ended was not given up by the customer.
ENDED_BY_US = ("CONTACT_FLOW_DISCONNECT", "EXPIRED", "API")
ENDPOINTS = {"TELEPHONE_NUMBER": "phone", "EMAIL_ADDRESS": "email"}
KEPT = {
    "InitiationMethod": "initiation_method",
    "DisconnectReason": "disconnect_reason",
    "InitialContactId": "initial_contact_id",
    "PreviousContactId": "previous_contact_id",
    "NextContactId": "next_contact_id",
    "RelatedContactId": "related_contact_id",
}


@dataclass(frozen=True, slots=True)
class Story:
    """What became of the contact; durations in milliseconds."""

    kind: str
    since: datetime
    wait_ms: int | None = None
    talk_ms: int | None = None
    hold_ms: int | None = None
    wrap_ms: int | None = None

    @property
    def at(self) -> datetime:
        """When it ended for the agent: the wait, the talk and the holds after it began."""
        told = (self.wait_ms or 0) + (self.talk_ms or 0) + (self.hold_ms or 0)
        return shifted(self.since, told)


def is_contact_record(record: Payload) -> bool:
    return "ContactId" in record or "AWSContactTraceRecordFormatVersion" in record


def event_of(source: Source, record: Payload) -> Event:
    """The one event of a record.  Raises RejectedEvent for one that tells no contact."""
    contact = pl.needed(record, "ContactId")
    method = (pl.text(record, "InitiationMethod") or "").upper()
    story = _story(record, method)
    wait_began = pl.instant(record, "InitiationTimestamp") if method == "INBOUND" else None
    return Event(
        event_id=contact,
        occurred_at=story.at,
        kind=story.kind,
        contact_id=contact,
        channel=_channel(record, method),
        direction=_direction(record, method),
        queue=_queue(record),
        reason=_attribute(source, record, "reason"),
        segment=_attribute(source, record, "segment"),
        site=options.text(source, "site"),
        agent=tail(pl.text(record, "Agent", "ARN")) or pl.text(record, "Agent", "Username"),
        identities=_identities(source, record),
        wait_ms=story.wait_ms,
        dial_wait_ms=_dialled(wait_began, story),
        talk_ms=story.talk_ms,
        hold_ms=story.hold_ms,
        wrap_ms=story.wrap_ms,
        revision=_revision(record),
        attributes={name: told for key, name in KEPT.items() if (told := pl.text(record, key))},
    )


def tail(arn: str | None) -> str | None:
    """The last part of an ARN: the id by which agents and nameless queues are known."""
    return arn.rpartition("/")[2] or None if arn else None


# --- what became of it ------------------------------------------------------------


def _story(record: Payload, method: str) -> Story:
    connected = pl.instant(record, "Agent", "ConnectedToAgentTimestamp")
    queued = _queued_at(record)
    if method == "MONITOR":
        return Story("monitored", _begun(record))
    if connected is not None or seconds(record, "Agent", "AgentInteractionDuration"):
        return _handled(record, connected, queued)
    if queued is not None:
        return _left(record, queued)
    return Story("left_ivr", pl.instant(record, "DisconnectTimestamp") or _begun(record))


def _handled(record: Payload, connected: datetime | None, queued: datetime | None) -> Story:
    """Answered: by an agent out of a queue, or reached directly."""
    since = queued or _begun(record)
    wait = seconds(record, "Queue", "Duration") if queued else None
    if wait is None:
        wait = between(since, connected) if connected else 0
    talk = seconds(record, "Agent", "AgentInteractionDuration")
    left = pl.instant(record, "DisconnectTimestamp")
    if talk is None and left is None:
        return Story("answered", since, wait)
    hold = seconds(record, "Agent", "CustomerHoldDuration")
    if talk is None:
        talk = max(0, (between(connected, left) if connected and left else 0) - (hold or 0))
    wrap = seconds(record, "Agent", "AfterContactWorkDuration")
    return Story("transferred" if _went_on(record) else "closed", since, wait, talk, hold, wrap)


def _left(record: Payload, queued: datetime) -> Story:
    """Never answered: still waiting, gone on to elsewhere, sent away, or given up."""
    left = pl.instant(record, "Queue", "DequeueTimestamp")
    left = left or pl.instant(record, "DisconnectTimestamp")
    wait = seconds(record, "Queue", "Duration")
    if left is None and wait is None:
        return Story("queued", queued)
    by_us = pl.text(record, "DisconnectReason") in ENDED_BY_US
    kind = "flowed_out" if by_us or _went_on(record) else "abandoned"
    if wait is None:
        wait = between(queued, left) if left else 0
    return Story(kind, queued, wait)


def _queued_at(record: Payload) -> datetime | None:
    """When the queue was entered; None where it never was."""
    if not pl.table(record, "Queue"):
        return None
    left = pl.instant(record, "Queue", "DequeueTimestamp")
    if (entered := pl.instant(record, "Queue", "EnqueueTimestamp")) is not None:
        return entered
    waited = seconds(record, "Queue", "Duration")
    if left is not None and waited is not None:
        return shifted(left, -waited)
    return _begun(record)


def _begun(record: Payload) -> datetime:
    if (at := pl.instant(record, "InitiationTimestamp")) is None:
        raise RejectedEvent("missing_field", "neither a queue nor InitiationTimestamp tells when")
    return at


def _went_on(record: Payload) -> bool:
    """Whether another contact (or a number outside) took over."""
    return bool(pl.text(record, "NextContactId") or pl.table(record, "TransferredToEndpoint"))


def _dialled(began: datetime | None, story: Story) -> int | None:
    """Waited since the customer dialled, in the flow and in the queue."""
    if began is None or story.wait_ms is None:
        return None
    return between(began, story.since) + story.wait_ms


def seconds(record: Payload, *path: str) -> int | None:
    """A told duration in ms; None where none is told.  Raises RejectedEvent where it is absurd."""
    found = pl.table(record, *path[:-1]).get(path[-1])
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not found >= 0:
        raise RejectedEvent("bad_duration", f"{'.'.join(path)} is {found!r:.40}")
    if found * 1000 > LONGEST_MS:
        raise RejectedEvent("bad_duration", f"{'.'.join(path)} is over 24 days")
    return round(found * 1000)


# --- what is known of it ----------------------------------------------------------


def _channel(record: Payload, method: str) -> str:
    told = (pl.text(record, "Channel") or "VOICE").upper()
    subtype = pl.text(record, "SegmentAttributes", "connect:Subtype", "ValueString")
    if told == "CHAT" and subtype in MESSAGING:
        return "messaging"
    return "callback" if method == "CALLBACK" else CHANNELS.get(told, told.lower())


def _direction(record: Payload, method: str) -> str:
    """A call begun by the API is one that we place; a chat begun so is the customer's."""
    placed = method == "API" and (pl.text(record, "Channel") or "").upper() == "VOICE"
    return "out" if placed or method in OUTBOUND else "in"


def _queue(record: Payload) -> str | None:
    """By name; an agent's own queue has none."""
    return pl.text(record, "Queue", "Name") or tail(pl.text(record, "Queue", "ARN"))


def _identities(source: Source, record: Payload) -> tuple[Identity, ...]:
    kind = ENDPOINTS.get(pl.text(record, "CustomerEndpoint", "Type") or "TELEPHONE_NUMBER")
    address = pl.text(record, "CustomerEndpoint", "Address")
    found = [Identity(kind, address)] if kind and address else []
    customer = _attribute(source, record, "crm") or pl.text(record, "CustomerId")
    return (*found, Identity("crm", customer)) if customer else tuple(found)


def _attribute(source: Source, record: Payload, name: str) -> str | None:
    """The flow's attribute of that exact name: others may differ from it by case only."""
    return pl.text(record, "Attributes", options.text(source, f"{name}_attribute") or name)



def _revision(record: Payload) -> int:
    """LastUpdateTimestamp in ms since 1970."""
    updated = pl.instant(record, "LastUpdateTimestamp")
    return int(updated.timestamp() * 1000) if updated else 0
