"""What happened, told in events as sources tell it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest.events import Event

#: A Monday in Paris, 10:00 there.
MONDAY = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)


def contact(
    name: str,
    at: datetime = MONDAY,
    left: str | None = "answered",
    wait_s: float = 10,
    talk_s: float | None = None,
    channel: str = "phone",
    queue: str | None = "billing",
    reason: str | None = None,
    arrives: str | None = None,
) -> list[Event]:
    """A contact that arrives at `at` and, after its wait, is answered, abandoned… or (None) not."""
    arrives = arrives or ("queued" if channel in ("phone", "chat") else "message_in")
    events = [_event(name, "1", at, arrives, channel, queue, reason)]
    if left:
        leaves = at + timedelta(seconds=wait_s)
        events.append(_event(name, "2", leaves, left, channel, queue, reason))
    if talk_s is not None:
        ends = at + timedelta(seconds=wait_s + talk_s)
        closed = _event(name, "3", ends, "closed", channel, queue, reason, int(talk_s * 1000))
        events.append(closed)
    return events


def _event(
    name: str,
    number: str,
    at: datetime,
    kind: str,
    channel: str,
    queue: str | None,
    reason: str | None,
    talk_ms: int | None = None,
) -> Event:
    return Event(
        event_id=f"{name}-{number}",
        occurred_at=at,
        kind=kind,
        contact_id=name,
        channel=channel,
        queue=queue,
        reason=reason,
        talk_ms=talk_ms,
    )
