"""The contacts as a query judges them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    and_,
    case,
    cast,
    literal,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import INTERVAL

from ingest.schema import contacts
from kpis.promises import ANY
from kpis.query import KpiQuery
from kpis.versions import Target

_MILLISECOND = literal_column("interval '1 millisecond'", INTERVAL)
_JUDGING = ("target_ms", "short_ms", "due_at")
_FOREVER = datetime(9000, 1, 1, tzinfo=UTC)


def judged(query: KpiQuery) -> FromClause:
    """The contacts, each under the target that the query wants."""
    if query.target_ms is not None:
        return _under_one(query.target_ms)
    return contacts if query.targets is None else _under(query.targets)


def _under_one(target_ms: int) -> FromClause:
    others = [c for c in contacts.c if c.name not in ("target_ms", "due_at")]
    due_at = contacts.c.offered_at + timedelta(milliseconds=target_ms)
    target = literal(target_ms)
    return select(*others, target.label("target_ms"), due_at.label("due_at")).subquery("judged")


def _under(targets: Sequence[Target]) -> FromClause:
    """Each under the target of these that was in force when it arrived, as the fold judges:
    that of its queue, else of its channel, else of any."""
    others = [c for c in contacts.c if c.name not in _JUDGING]
    periods = _periods(targets)
    nothing = cast(null(), Integer)
    target_ms, short_ms = (
        case(*[(when, getattr(each, name)) for each, when in periods], else_=nothing)
        if periods
        else nothing
        for name in ("target_ms", "short_ms")
    )
    due_at = contacts.c.offered_at + target_ms * _MILLISECOND
    judging = zip(_JUDGING, (target_ms, short_ms, due_at), strict=True)
    return select(*others, *[value.label(name) for name, value in judging]).subquery("judged")


def _periods(targets: Sequence[Target]) -> list[tuple[Target, ColumnElement[Any]]]:
    """Each target and the contacts that arrive while it is in force, the most specific first."""
    c, periods = contacts.c, []
    ordered = sorted(
        targets, key=lambda t: (t.queue == ANY, t.channel == ANY, t.place, t.valid_from)
    )
    for _place, group in groupby(ordered, key=lambda t: t.place):
        same = list(group)
        ends = [*(each.valid_from for each in same[1:]), _FOREVER]
        for each, end in zip(same, ends, strict=True):
            words = [] if each.channel == ANY else [c.channel == each.channel]
            words += [] if each.queue == ANY else [c.queue == each.queue]
            in_force = (c.offered_at >= _constant(each.valid_from), c.offered_at < _constant(end))
            then = and_(*words, *in_force)
            periods.append((each, then))
    return periods


def _constant(at: datetime) -> ColumnElement[datetime]:
    """The moment as part of the statement's text, which is written once for these targets."""
    return literal_column(f"timestamptz '{at.astimezone(UTC).isoformat()}'")
