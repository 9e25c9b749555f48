"""Customers who are known and come again, told as sources tell them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from app.bootstrap import House, linker_of
from ingest.connector import Source
from ingest.events import Event, Identity

PBX = Source("pbx", "simulator")
ADA = (Identity("phone", "06 39 98 00 01"), Identity("email", "ada@example.org"))
SECRETS = ("39980001", "39 98 00 01", "ada@")
HOUR = timedelta(hours=1)


def contact(
    name: str,
    began: datetime,
    *known: Identity,
    channel: str = "phone",
    left: str = "answered",
    reason: str = "billing",
) -> list[Event]:
    """A contact that left its queue after 20 seconds; the agent is told."""
    arrives = "queued" if channel in ("phone", "chat") else "message_in"
    when = {arrives: began, left: began + timedelta(seconds=20)}
    return [
        Event(
            event_id=f"{name}/{kind}", occurred_at=at, kind=kind, contact_id=name,
            channel=channel, queue="billing", reason=reason, agent="agent-zoe",
            identities=known,
        )
        for kind, at in when.items()
    ]  # fmt: skip


def tell(house: House, events: Iterable[Event]) -> None:
    """Store them, and say whose they are."""
    now = datetime.now(UTC)
    house.store.write(PBX, list(events), now=now)
    linker_of(house).drain(now)


def ada_comes_thrice(house: House, now: datetime) -> None:
    """A lost call, a chat the same day, a mail two days later; nobody else is known."""
    tell(house, [
        *contact("a1", now - 72 * HOUR, ADA[0], left="abandoned"),
        *contact("a2", now - 69 * HOUR, *ADA, channel="chat"),
        *contact("a3", now - 20 * HOUR, ADA[1], channel="email", left="message_out"),
    ])  # fmt: skip


def many_come_again(house: House, now: datetime) -> None:
    """Twenty customers: each a lost call, then a call, then every second a mail."""
    events: list[Event] = []
    for number in range(20):
        who = (Identity("crm", f"C{number:06}"), Identity("email", f"c{number}@example.org"))
        began = now - timedelta(days=10, hours=number)
        first, second = (
            contact(f"{number}-1", began, *who, left="abandoned"),
            contact(f"{number}-2", began + HOUR, *who, reason="delivery"),
        )
        events += first + second
        if number % 2:
            events += contact(
                f"{number}-3", began + 5 * HOUR, *who, channel="email", left="message_out"
            )
    once = contact("once", now - timedelta(days=9), Identity("crm", "C999999"))
    tell(house, [*events, *[replace(event, segment="premium") for event in once]])
