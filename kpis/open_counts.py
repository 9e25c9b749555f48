"""Open counts: which of the open contacts the live figures take, in SQL; their ghosts apart.

A *ghost* is an open sync contact that cannot be waiting any more: its source has started again
since it arrived (calls do not survive that), or it has been open for more than four hours.
Ghosts stay «still open» in the counts, but nobody is said to be waiting.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CTE, ColumnElement, FromClause, and_, func, not_, or_, select

from ingest.schema import events
from kpis.measures import ContactColumns
from kpis.reading import WRITTEN

#: Nobody holds the line for longer.
LIVENESS = timedelta(hours=4)


def restarts(now: datetime) -> CTE:
    """When each source last started, of late."""
    at = events.c.occurred_at
    return (
        select(events.c.source.label("restarted"), func.max(at).label("started_at"))
        .where(events.c.kind == "source_started", at >= now - LIVENESS, at <= now)
        .group_by(events.c.source)
        .cte("restarts")
    )


def with_restarts(contact: FromClause, started: CTE) -> FromClause:
    """The contacts, each beside the last start of its source."""
    return contact.outerjoin(started, started.c.restarted == contact.c.source)


def open_counts(c: ContactColumns, started: CTE, now: datetime) -> dict[str, ColumnElement[bool]]:
    """Of the open contacts (`with_restarts`): who holds the line, whose target has expired
    meanwhile, who waits for a written answer, and (``ages``) who waits at all.
    """
    written = c.modality.in_(WRITTEN)
    live = _alive(c, started, now)
    waiting = and_(not_(written), live)
    return {
        "waiting": waiting,
        "past_target": and_(waiting, c.due_at < now),
        "backlog": written,
        "ages": or_(written, live),
    }


def _alive(c: ContactColumns, started: CTE, now: datetime) -> ColumnElement[bool]:
    at = started.c.started_at
    return and_(c.offered_at >= now - LIVENESS, or_(at.is_(None), at <= c.offered_at))
