"""Amazon Connect's own events (EventBridge, agent stream): sooner than records, best effort.

They tell the live side of a contact whose record comes after its end: entered the queue at,
connected at.  The record tells the same moments again, so both together are one contact.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.connector import Source
from ingest.errors import RejectedEvent
from ingest.events import Event
from ingest.formats.amazon_connect.contact_record import CHANNELS, OUTBOUND, tail
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.moments import between
from ingest.reading.payload import Payload

#: Agent events that say that something changed; a heartbeat comes every 120 s.
CHANGES = ("LOGIN", "LOGOUT", "STATE_CHANGE")


def is_contact_event(record: Payload) -> bool:
    return "contactId" in record and "eventType" in record


def is_agent_event(record: Payload) -> bool:
    return "AgentARN" in record and "EventType" in record


def contact_event(source: Source, record: Payload) -> Event:
    """One step of a contact.  Raises RejectedEvent without a time."""
    contact, told = pl.needed(record, "contactId"), pl.needed(record, "eventType").upper()
    queue, agent = _table(record, "queueInfo"), _table(record, "agentInfo")
    queued = pl.instant(queue, "enqueueTimestamp")
    connected = pl.instant(agent, "connectedToAgentTimestamp")
    at = {
        "QUEUED": queued,
        "CONNECTED_TO_AGENT": connected,
        "CONNECTED_TO_SYSTEM": pl.instant(record, "connectedToSystemTimestamp"),
        "DISCONNECTED": pl.instant(record, "disconnectTimestamp"),
    }.get(told)
    at = at or pl.instant(record, "initiationTimestamp")
    if at is None:
        raise RejectedEvent("missing_field", f"no time tells when {told} was")
    kind = {"QUEUED": "queued", "CONNECTED_TO_AGENT": "answered"}.get(told)
    method = (pl.text(record, "initiationMethod") or "").upper()
    channel = (pl.text(record, "channel") or "VOICE").upper()
    placed = method in OUTBOUND or (method == "API" and channel == "VOICE")
    return Event(
        event_id=f"{contact}:{told}:{int(at.timestamp() * 1000)}",
        occurred_at=at,
        kind=kind or f"contact_{told.lower()}",
        contact_id=contact,
        channel="callback" if method == "CALLBACK" else CHANNELS.get(channel, channel.lower()),
        direction="out" if placed else "in",
        # Not told by what is never counted: it may come after the record, which has the name.
        queue=tail(_text(queue, "queueArn")) if kind else None,
        site=options.text(source, "site"),
        agent=tail(_text(agent, "agentArn")) if kind == "answered" else None,
        wait_ms=between(queued, at) if queued and kind == "answered" else None,
    )


def agent_event(record: Payload) -> Iterator[Event]:
    """The agent's new state; nothing for a heartbeat."""
    told = pl.needed(record, "EventType").upper()
    if told not in CHANGES:
        return
    agent = tail(pl.needed(record, "AgentARN")) or "unknown"
    at = pl.needed_instant(record, "EventTimestamp")
    state = pl.text(record, "CurrentAgentSnapshot", "AgentStatus", "Name")
    was = pl.text(record, "PreviousAgentSnapshot", "AgentStatus", "Name")
    yield Event(
        event_id=pl.text(record, "EventId") or f"{agent}:{told}:{int(at.timestamp() * 1000)}",
        occurred_at=at,
        kind="agent_state",
        contact_id=f"agent:{agent}",
        channel="phone",
        agent=agent,
        attributes={"state": state or told.lower(), "was": was, "event": told.lower()},
    )


def _table(record: Payload, name: str) -> Payload:
    """The object of that name: EventBridge writes it both with and without a capital."""
    return pl.table(record, name) or pl.table(record, name[0].upper() + name[1:])


def _text(record: Payload, name: str) -> str | None:
    return pl.text(record, name) or pl.text(record, name[0].upper() + name[1:])
