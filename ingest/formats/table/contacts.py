"""A row that is a whole contact → the events it tells of.

=============================  ==========================================================
answered                       ``offered``, ``answered``, and ``closed`` where an end is told
abandoned, flowed_out,         ``offered`` and that, after the wait
deflected, contained
transferred, resolved, closed  ``offered``, ``answered`` where an answer is told, and that
open                           ``offered``, and ``answered`` where an answer is told
not_offered                    ``not_offered``: kept, never counted
=============================  ==========================================================

Where no outcome is told, an answer's time or a talk means answered, the time of an abandon
abandoned, an end closed, and else the contact is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ingest.errors import RejectedEvent
from ingest.events import Event
from ingest.formats.table.clocks import Instant
from ingest.formats.table.delimited import Row
from ingest.formats.table.fields import Fields, Words
from ingest.formats.table.mapping import OUTCOMES
from ingest.reading.moments import shifted

_SERVED = ("answered", "transferred")
_LEFT = ("abandoned", "flowed_out", "deflected", "contained")
_ENDED = ("transferred", "resolved", "closed")


@dataclass(frozen=True, slots=True)
class Stages:
    """What a row tells of the way: durations in milliseconds, None where it does not."""

    offered: Instant
    answered: datetime | None
    abandoned: datetime | None
    ended: datetime | None
    wait: int | None
    talk: int | None
    hold: int | None
    wrap: int | None


def contact_events(row: Row, fields: Fields) -> Iterator[Event]:
    """The events of the row.  Raises RejectedEvent before the first one, or tells them all."""
    fields.check(row)
    cells = row.cells
    stages = _stages(cells, fields)
    outcome = _outcome(cells, fields, stages)
    steps = list(_steps(stages, outcome))
    identities = fields.identities(cells)
    key, words = fields.key(row, once=bool(identities)), fields.words(cells)
    said = fields.attributes(cells)
    if stages.offered.clock:
        said["local_clock"] = stages.offered.clock
    first = "not_offered" if outcome == "not_offered" else "offered"
    yield Event(
        event_id=f"{key}/{first}",
        occurred_at=stages.offered.at,
        kind=first,
        contact_id=key,
        channel=words.channel,
        direction=words.direction,
        queue=words.queue,
        reason=words.reason,
        segment=words.segment,
        site=words.site,
        identities=identities,
        revision=words.revision,
        attributes=said,
    )
    for kind, at in steps:
        yield _step(kind, at, key, words, stages)


def _step(kind: str, at: datetime, key: str, words: Words, stages: Stages) -> Event:
    waited, ended = kind in ("answered", *_LEFT), kind in _ENDED
    return Event(
        event_id=f"{key}/{kind}",
        occurred_at=at,
        kind=kind,
        contact_id=key,
        channel=words.channel,
        direction=words.direction,
        queue=words.queue,
        agent=words.agent,
        revision=words.revision,
        wait_ms=stages.wait if waited else None,
        talk_ms=stages.talk if ended else None,
        hold_ms=stages.hold if ended else None,
        wrap_ms=stages.wrap if ended else None,
    )


def _stages(cells: list[str], fields: Fields) -> Stages:
    offered = fields.time(cells, "offered_at")
    if offered is None:
        raise RejectedEvent("missing_field", "offered_at is empty")

    def told(field: str) -> datetime | None:
        instant = fields.time(cells, field, offered.at)
        if instant is not None and instant.at < offered.at:
            raise RejectedEvent("bad_time", f"{field} is before offered_at")
        return instant.at if instant else None

    return Stages(
        offered,
        told("answered_at"),
        told("abandoned_at"),
        told("ended_at"),
        fields.duration(cells, "wait"),
        fields.duration(cells, "talk"),
        fields.duration(cells, "hold"),
        fields.duration(cells, "wrap"),
    )


def _outcome(cells: list[str], fields: Fields, stages: Stages) -> str:
    told = fields.word(cells, "outcome")
    if told in OUTCOMES:
        return told
    if told:
        raise RejectedEvent(
            "unknown_shape", f"the outcome «{told[:40]}» is not in [values.outcome] of the mapping"
        )
    if stages.answered is not None or stages.talk:
        return "answered"
    if stages.abandoned is not None:
        return "abandoned"
    return "closed" if stages.ended is not None else "open"


def _steps(stages: Stages, outcome: str) -> Iterator[tuple[str, datetime]]:
    """What followed the offer, and when."""
    if outcome == "not_offered":
        return
    if outcome in _LEFT:
        yield outcome, _left(stages, outcome)
        return
    answered = _answered(stages, outcome)
    if answered is not None:
        yield "answered", answered
    elif outcome in _SERVED:
        raise RejectedEvent("missing_field", f"{outcome}, but no time of the answer and no wait")
    if outcome != "open" and (ended := _ended(stages, answered, outcome)) is not None:
        yield "closed" if outcome == "answered" else outcome, ended


def _left(stages: Stages, outcome: str) -> datetime:
    at = stages.abandoned or _after(stages.offered.at, stages.wait) or stages.ended
    if at is None:
        raise RejectedEvent("missing_field", f"{outcome}, but no wait and no ended_at")
    return at


def _answered(stages: Stages, outcome: str) -> datetime | None:
    if stages.answered is not None:
        return stages.answered
    if stages.wait is not None and (outcome in _SERVED or stages.talk):
        return _after(stages.offered.at, stages.wait)
    if stages.ended is not None and stages.talk and outcome in _SERVED:
        talked = stages.talk + (stages.hold or 0)
        return max(stages.offered.at, shifted(stages.ended, -talked))
    return None


def _ended(stages: Stages, answered: datetime | None, outcome: str) -> datetime | None:
    """The end told, else that of the talk.  A contact does not end before it is answered."""
    served = any(each is not None for each in (stages.talk, stages.hold, stages.wrap))
    if stages.ended is not None:
        return max(stages.ended, answered or stages.ended)
    if answered is not None and (served or outcome == "transferred"):
        return _after(answered, (stages.talk or 0) + (stages.hold or 0))
    if outcome in ("resolved", "closed"):
        raise RejectedEvent("missing_field", f"{outcome}, but no ended_at")
    return None


def _after(at: datetime, duration: int | None) -> datetime | None:
    return None if duration is None else shifted(at, duration)
