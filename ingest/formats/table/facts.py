"""A row that is one event → that event.  Rows alike in every cell are one fact, told twice."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.errors import RejectedEvent
from ingest.events import APART, Event
from ingest.formats.table.delimited import Row
from ingest.formats.table.fields import Fields


def fact_events(row: Row, fields: Fields) -> Iterator[Event]:
    """The event of the row; a kind that nobody knows is kept, and counts as nothing.

    Raises RejectedEvent.
    """
    fields.check(row)
    cells = row.cells
    told, kind = fields.time(cells, "at"), fields.word(cells, "kind")
    if told is None or not kind:
        raise RejectedEvent("missing_field", f"{'kind' if told else 'at'} is empty")
    words, said = fields.words(cells), fields.attributes(cells)
    if told.clock:
        said["local_clock"] = told.clock
    wait, talk, hold, wrap = (
        fields.duration(cells, field) for field in ("wait", "talk", "hold", "wrap")
    )
    yield Event(
        event_id=fields.key(row, once=True),
        occurred_at=told.at,
        kind=kind,
        contact_id=_contact(fields.text(cells, "contact"), kind, words.agent),
        channel=words.channel,
        direction=words.direction,
        queue=words.queue,
        reason=words.reason,
        segment=words.segment,
        site=words.site,
        agent=words.agent,
        identities=fields.identities(cells),
        wait_ms=wait,
        talk_ms=talk,
        hold_ms=hold,
        wrap_ms=wrap,
        revision=words.revision,
        attributes=said,
    )


def _contact(told: str | None, kind: str, agent: str | None) -> str:
    if told:
        return told
    if kind in APART and agent:
        return f"agent:{agent}"
    raise RejectedEvent("missing_field", "the contact is empty")
