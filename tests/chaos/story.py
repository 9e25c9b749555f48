"""What happened in the world, from a seed; and what must stand in the database in the end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.connector import Parsed
from ingest.events import Event, Identity, Rejected

#: The story begins here and lasts three days: three partitions, one midnight at least.
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
LASTS_S = 3 * 86_400
#: Received after everything has happened.
NOW = MONDAY + timedelta(days=4)

#: A record may be told this many places too late.
DISPLACED = 40
_SCRIPTS = {
    "phone": (
        ("queued", "answered", "closed"),
        ("queued", "ring_no_answer", "answered", "transferred", "queued", "answered", "closed"),
        ("queued", "abandoned"),
        ("offered", "flowed_out"),
        ("contained",),
    ),
    "chat": (
        ("queued", "answered", "message_in", "message_out", "closed"),
        ("queued", "deflected"),
    ),
    "email": (
        ("message_in", "message_out", "message_in", "note", "message_out", "resolved"),
        ("message_in", "bot_out", "message_out", "resolved", "reopened", "message_in"),
    ),
    "messaging": (("message_in", "message_in", "bot_out", "message_out", "message_in"),),
}
_QUEUES = ("billing", "sales", "support", None)


@dataclass(frozen=True, slots=True)
class Story:
    """What one source has to tell, in the order in which it first tells it."""

    source: str
    records: list[Parsed]

    def truth(self) -> dict[tuple[str, str], Event]:
        """The event that must stand, by (contact id, event id): of all that were told the
        greatest revision, of equal revisions the first."""
        standing: dict[tuple[str, str], Event] = {}
        for event in self.records:
            if isinstance(event, Event):
                key = (event.contact_id, event.event_id)
                if key not in standing or standing[key].revision < event.revision:
                    standing[key] = event
        return standing


def story(
    seed: int, source: str, contacts: int, *, revised: bool = False, spoilt: bool = False
) -> Story:
    """`contacts` threads of all channels, told out of order by a few places.

    `revised`: one record in eight is told again with more in it.  `spoilt`: now and then a
    record that cannot be used, and later another content under a known id.
    """
    luck = random.Random(f"{seed}/{source}")
    told = [event for number in range(contacts) for event in _thread(luck, f"{source}-{number}")]
    if revised:
        told += [_again(luck, event) for event in told if luck.random() < 0.125]
    told.sort(key=lambda event: event.occurred_at)
    displaced = sorted(enumerate(told), key=lambda each: each[0] + luck.uniform(0, DISPLACED))
    records: list[Parsed] = [event for _, event in displaced]
    return Story(source, _spoil(luck, records) if spoilt else records)


def is_late(record: Parsed) -> bool:
    """Whether it only makes sense after its forerunner: it never overtakes what is beside it."""
    return isinstance(record, Event) and record.attributes.get("conflicting") is True


def _thread(luck: random.Random, contact: str) -> Iterator[Event]:
    channel = luck.choice(tuple(_SCRIPTS))
    queue, second = luck.choice(_QUEUES), luck.randrange(LASTS_S)
    for number, kind in enumerate(luck.choice(_SCRIPTS[channel])):
        yield Event(
            event_id=f"{contact}/{number}",
            occurred_at=MONDAY + timedelta(seconds=second),
            kind=kind,
            contact_id=contact,
            channel=channel,
            queue=queue,
            agent=f"agent-{luck.randrange(9)}" if kind in ("answered", "message_out") else None,
            wait_ms=luck.randrange(90_000) if kind in ("answered", "abandoned") else None,
            talk_ms=luck.randrange(600_000) if kind == "closed" else None,
            identities=(Identity("phone", f"+3319900{luck.randrange(9999):04}"),) * (number == 0),
            attributes={"step": number, "tab\there": "back\\slash"} if number == 1 else {},
        )
        # Often in the same second: then their order is the fold's to decide.
        second += luck.choice((0, 1, 30, 300, 4_000))


def _again(luck: random.Random, event: Event) -> Event:
    """The next revision: the source now knows more, and the time a little better."""
    return msgspec.structs.replace(
        event,
        revision=1,
        occurred_at=event.occurred_at + timedelta(seconds=luck.choice((0, 0, 7))),
        queue=luck.choice(_QUEUES),
        hold_ms=luck.randrange(30_000),
    )


def _spoil(luck: random.Random, records: list[Parsed]) -> list[Parsed]:
    spoilt = list(records)
    for number in range(len(records) // 40):
        place = luck.randrange(len(spoilt))
        rubbish = f"line {number}: \x00\xff rubbish".encode("latin-1")
        spoilt.insert(place, Rejected(reason="bad_record", detail="no JSON", raw=rubbish))
    for _ in range(len(records) // 60):
        place = luck.randrange(len(spoilt))
        known = spoilt[place]
        if isinstance(known, Event) and not is_late(known):
            other = msgspec.structs.replace(known, kind="note", attributes={"conflicting": True})
            spoilt.insert(luck.randrange(place + 1, len(spoilt) + 1), other)
    return spoilt
