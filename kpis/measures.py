"""Measures: what one contact adds to the counts.

A measure is an integer expression over the columns of one contact, so measures add up over
any group of contacts.  From this list come the rollup's columns, the follower, the rebuild
and the verification (:mod:`kpis.rollup`), and the slower path over the contacts themselves
(:mod:`kpis.contact_counts`).  Adding one: one entry here; the rollup backfills itself.

Only inbound contacts that asked for an agent (``offered_at``) are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, func, literal, or_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

#: The columns of a contact, wherever they come from: the table, or the relation ``moved``.
ContactColumns = ReadOnlyColumnCollection[str, Any]
Expression = Callable[[ContactColumns], ColumnElement[int]]
Condition = Callable[[ContactColumns], ColumnElement[bool]]
Moment = Literal["offered_at", "due_at", "arrived_at"]


@dataclass(frozen=True, slots=True)
class Measure:
    """`key` is the rollup's column; `attributed_at` says in which interval it counts."""

    key: str
    doc: str
    expression: Expression
    attributed_at: Moment = "offered_at"
    #: Sums of milliseconds outgrow four bytes; counts do not, and add up faster.
    wide: bool = False


def inbound(c: ContactColumns) -> ColumnElement[bool]:
    """Is it a contact that counts?"""
    return and_(c.direction == "in", c.offered_at.is_not(None))


def judged_by_due(c: ContactColumns) -> ColumnElement[bool]:
    """Is it one whose answer is due at a time (near-sync, async) and was left to us?"""
    return and_(
        inbound(c),
        c.due_at.is_not(None),
        c.modality.in_(("near-sync", "async")),
        c.outcome != "deflected",
    )


#: Which contacts count at each moment.
POPULATION: dict[Moment, Condition] = {"offered_at": inbound, "due_at": judged_by_due}


def _one(c: ContactColumns) -> ColumnElement[int]:
    return literal(1)


def _when(condition: Condition) -> Expression:
    """1 where it holds, else 0."""
    return lambda c: case((condition(c), 1), else_=0)


def _sum(value: Expression, condition: Condition) -> Expression:
    """The milliseconds where it holds, else 0."""
    return lambda c: case((condition(c), func.coalesce(value(c), 0)), else_=0)


def _outcome(outcome: str) -> Condition:
    return lambda c: c.outcome == outcome


def _within(outcome: str, limit: str) -> Condition:
    """Left that way, having waited no longer than the limit (null counts as longer)."""
    return lambda c: and_(c.outcome == outcome, c.wait_ms <= c[limit])


def _handled(c: ContactColumns) -> ColumnElement[bool]:
    told = or_(c.talk_ms.is_not(None), c.hold_ms.is_not(None), c.wrap_ms.is_not(None))
    return and_(c.outcome == "answered", told)


def _handle_ms(c: ContactColumns) -> ColumnElement[int]:
    parts = [func.coalesce(c[name], 0) for name in ("talk_ms", "hold_ms", "wrap_ms")]
    # Each may be near the greatest integer: they are added as wide ones.
    return sum((func.int8(part) for part in parts[1:]), start=func.int8(parts[0]))


MEASURES: tuple[Measure, ...] = (
    Measure("offered", "asked for an agent", _one),
    Measure("answered", "an agent answered", _when(_outcome("answered"))),
    Measure(
        "answered_in_target",
        "answered, having waited at most the target",
        _when(_within("answered", "target_ms")),
    ),
    Measure("abandoned", "the customer left while waiting", _when(_outcome("abandoned"))),
    Measure(
        "abandoned_in_target",
        "abandoned within the target",
        _when(_within("abandoned", "target_ms")),
    ),
    Measure(
        "short_abandoned",
        "abandoned within the short-abandon limit",
        _when(_within("abandoned", "short_ms")),
    ),
    Measure(
        "flowed_out",
        "left the queue otherwise: overflow, callback taken, timeout, key, closed unanswered",
        _when(_outcome("flowed_out")),
    ),
    Measure(
        "flowed_out_in_target",
        "flowed out within the target",
        _when(_within("flowed_out", "target_ms")),
    ),
    Measure("deflected", "moved by us to another channel", _when(_outcome("deflected"))),
    Measure("still_open", "none of these yet", _when(_outcome("open"))),
    Measure(
        "wait_answered_ms",
        "waited by those answered",
        _sum(lambda c: c.wait_ms, _outcome("answered")),
        wide=True,
    ),
    Measure("handled", "answered, and the source tells how long it took", _when(_handled)),
    Measure(
        "handle_ms",
        "talk, hold and wrap of those handled",
        _sum(_handle_ms, _handled),
        wide=True,
    ),
    Measure(
        "responses",
        "had a first human reply to written words",
        _when(lambda c: c.response_ms.is_not(None)),
    ),
    Measure(
        "response_ms",
        "from the customer's first unanswered message to the first human reply",
        lambda c: func.coalesce(c.response_ms, 0),
        wide=True,
    ),
    Measure("resolutions", "resolved or closed", _when(lambda c: c.resolution_ms.is_not(None))),
    Measure(
        "resolution_ms",
        "from arrival to the resolution",
        lambda c: func.coalesce(c.resolution_ms, 0),
        wide=True,
    ),
    Measure("transfers", "handed on to another queue or person", lambda c: c.transfers),
    Measure("messages", "messages in and out", lambda c: c.messages_in + c.messages_out),
    Measure(
        "due",
        "written contacts whose answer was due then (deflected ones left out)",
        _one,
        attributed_at="due_at",
    ),
    Measure(
        "due_in_target",
        "of those due then, answered in time",
        _when(_within("answered", "target_ms")),
        attributed_at="due_at",
    ),
)
