"""Connector ``simulator``: one JSON object a line, as the simulated contact centre writes it.

    {"id": "b2026112208-7-02", "at": "2026-11-22T08:01:12.431Z", "what": "answered",
     "contact": "b2026112208-7", "channel": "phone", "queue": "billing",
     "reason": "billing", "segment": "premium", "site": "lyon", "agent": "A017",
     "customer": {"phone": "+33639980142", "crm": "C000142"}, "wait_ms": 5120,
     "dial_wait_ms": 27310, "wanted": "phone"}

``id``, ``at``, ``what``, ``contact`` and ``channel`` are always there; ``what`` is a kind of
:class:`ingest.events.Event`.  ``customer`` holds the identities told by this fact, ``wanted``
the channel the customer would have taken had it been offered, ``to`` where a contact went;
``state`` what an agent is doing (``agent_state``: available, engaged, paused, offline) and
``contacts`` for how many contacts at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import ClassVar

import msgspec

from ingest.connector import Parsed, Source
from ingest.errors import WrongFormat
from ingest.events import Event, Identity, Rejected

#: A file none of whose first lines is a record is not ours.
PROBED_LINES = 20


class Record(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One line.  Durations are whole milliseconds."""

    id: str
    at: datetime
    what: str
    contact: str
    channel: str
    queue: str | None = None
    reason: str | None = None
    segment: str | None = None
    site: str | None = None
    agent: str | None = None
    customer: dict[str, str] = {}
    wait_ms: int | None = None
    dial_wait_ms: int | None = None
    talk_ms: int | None = None
    hold_ms: int | None = None
    wrap_ms: int | None = None
    wanted: str | None = None
    to: str | None = None
    state: str | None = None
    contacts: int | None = None


_decode = msgspec.json.Decoder(Record).decode


class Simulator:
    """Translates the simulator's lines; the file may still be growing."""

    name: ClassVar[str] = "simulator"

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """Every record of the file, in file order; a partial last line waits for its end.

        Raises:
            WrongFormat: none of the first lines is a record.
        """
        with path.open("rb") as file:
            whole = (line for line in file if line.endswith(b"\n"))
            head = list(islice(whole, PROBED_LINES))
            first = list(self.parse(head))
            if first and all(isinstance(parsed, Rejected) for parsed in first):
                raise WrongFormat(f"{path} is not a simulator file: one JSON record a line")
            yield from chain(first, self.parse(whole))

    def parse(self, lines: Iterable[bytes]) -> Iterator[Parsed]:
        """One event a line; blank lines are nothing, unusable ones are rejected one by one."""
        return (translate(line) for line in lines if line.strip())


def translate(line: bytes) -> Parsed:
    """The event of one line, or why there is none."""
    try:
        return _event(_decode(line))
    except msgspec.ValidationError as error:
        return Rejected(reason="bad_record", detail=str(error), raw=line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Rejected(reason="bad_json", detail=str(error), raw=line)


def _event(record: Record) -> Event:
    told: dict[str, str | int | None] = {"wanted": record.wanted, "to": record.to}
    if record.state is not None:
        told |= {"state": record.state, "contacts": record.contacts}
    return Event(
        event_id=record.id,
        occurred_at=record.at,
        kind=record.what,
        contact_id=record.contact,
        channel=record.channel,
        queue=record.queue,
        reason=record.reason,
        segment=record.segment,
        site=record.site,
        agent=record.agent,
        identities=tuple(Identity(kind, value) for kind, value in record.customer.items()),
        wait_ms=record.wait_ms,
        dial_wait_ms=record.dial_wait_ms,
        talk_ms=record.talk_ms,
        hold_ms=record.hold_ms,
        wrap_ms=record.wrap_ms,
        attributes={name: value for name, value in told.items() if value is not None},
    )
