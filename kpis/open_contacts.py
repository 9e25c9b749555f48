"""Open contacts: who waits now, and for how long.  Read by the partial index of the open ones.

A *ghost* is an open sync contact that cannot be waiting any more: its source has started again
since it arrived (calls do not survive that), or it has been open for more than four hours.
Ghosts stay «still open» in the counts, but nobody is said to be waiting.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    func,
    not_,
    or_,
    select,
)

from ingest.schema import events
from kpis.counting import Keys, Tallies, judged
from kpis.measures import ContactColumns, inbound, judged_by_due
from kpis.query import KpiQuery
from kpis.reading import WRITTEN

#: Nobody holds the line for longer.
LIVENESS = timedelta(hours=4)


def add_open(
    tallies: Tallies, connection: Connection, query: KpiQuery, *, all_days: bool = False
) -> None:
    """Add those still open to the tallies of a query.

    `all_days` also adds those that arrived before `from_`, in interval 0.
    """
    keys = Keys(query, query.boundaries())
    for row in connection.execute(_waiting(keys, all_days)):
        tally, modality = keys.tally(tallies, row)
        part, named = tally.of(modality), row._mapping
        for name in ("waiting", "past_target", "backlog"):
            part.counts[name] += named[name]
        part.waits_since(named["oldest_at"])
    for row in connection.execute(_not_due(keys)):
        tally, modality = keys.tally(tallies, row)
        tally.of(modality).counts["not_due"] += row._mapping["not_due"]


def _waiting(keys: Keys, all_days: bool) -> Select[Any]:
    """Waiting and backlog by the interval of arrival."""
    restarts = _restarts(keys.query.now)
    contact = judged(keys.query)
    c = contact.c
    at = c.offered_at
    written = c.modality.in_(WRITTEN)
    live = _alive(c, restarts, keys.query.now)
    waiting = and_(not_(written), live)
    late = c.due_at < keys.query.now
    bounds = keys.within(at)[1:] if all_days else keys.within(at)
    return (
        select(
            *keys.columns(c, at),
            func.count().filter(waiting).label("waiting"),
            func.count().filter(and_(waiting, late)).label("past_target"),
            func.count().filter(written).label("backlog"),
            func.min(at).filter(or_(written, live)).label("oldest_at"),
        )
        .select_from(_with_restarts(contact, restarts))
        .where(c.outcome == "open", inbound(c), *bounds, *keys.chosen(c, at))
        .group_by(*keys.names())
    )


def _not_due(keys: Keys) -> Select[Any]:
    """Open ones whose answer is due within the query, but not yet."""
    c = judged(keys.query).c
    at = c.due_at
    return (
        select(*keys.columns(c, at), func.count().label("not_due"))
        .where(
            c.outcome == "open",
            judged_by_due(c),
            *keys.within(at),
            at >= keys.query.now,
            *keys.chosen(c, at),
        )
        .group_by(*keys.names())
    )


def _restarts(now: datetime) -> CTE:
    """When each source last started, of late."""
    at = events.c.occurred_at
    return (
        select(events.c.source.label("restarted"), func.max(at).label("started_at"))
        .where(events.c.kind == "source_started", at >= now - LIVENESS, at <= now)
        .group_by(events.c.source)
        .cte("restarts")
    )


def _with_restarts(contact: FromClause, restarts: CTE) -> FromClause:
    return contact.outerjoin(restarts, restarts.c.restarted == contact.c.source)


def _alive(c: ContactColumns, restarts: CTE, now: datetime) -> ColumnElement[bool]:
    started = restarts.c.started_at
    return and_(c.offered_at >= now - LIVENESS, or_(started.is_(None), started <= c.offered_at))
