"""Open counts: which of the open contacts the live figures take, in SQL; their ghosts apart.

A *ghost* is an open sync contact that cannot be waiting any more: its source has started again
since it arrived (calls do not survive that), it has been open for more than four hours, or for
more than one hour in which its source said nothing at all.
Ghosts stay «still open» in the counts, but nobody is said to be waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    FromClause,
    and_,
    func,
    literal_column,
    or_,
    select,
)

from ingest.schema import events, sources
from kpis.measures import ContactColumns
from kpis.prepared import in_days
from kpis.reading import BOT, WRITTEN

#: The moment that counts as now, so much later (``partial(keys.time, "now")``).
Now = Callable[..., BindParameter[datetime]]

#: Nobody holds the line for longer; nor for so long before a source that has fallen silent.
LIVENESS, UNHEARD = timedelta(hours=4), timedelta(hours=1)
#: Not a parameter: only then does the partial index serve.
_STARTED: ColumnElement[str] = literal_column("'source_started'")


def restarts(since: BindParameter[datetime], now: BindParameter[datetime]) -> CTE:
    """When each source last started, of late."""
    at = events.c.occurred_at
    return (
        select(events.c.source.label("restarted"), func.max(at).label("started_at"))
        .where(events.c.kind == _STARTED, at >= since, at <= now, *in_days(at, since, now))
        .group_by(events.c.source)
        .cte("restarts")
    )


def with_restarts(contact: FromClause, started: CTE) -> FromClause:
    """The contacts, each beside the last start and the last word of its source."""
    return contact.outerjoin(started, started.c.restarted == contact.c.source).outerjoin(
        sources, sources.c.source == contact.c.source
    )


def open_counts(c: ContactColumns, started: CTE, now: Now) -> dict[str, ColumnElement[bool]]:
    """Of the open contacts (`with_restarts`): who holds the line, whose target has expired
    meanwhile, who waits for a written answer, whose target of either kind has expired, and
    (``ages``) who waits at all.  In a bot nobody waits.
    """
    written = c.modality.in_(WRITTEN)
    live = and_(c.modality.not_in((*WRITTEN, *BOT)), _alive(c, started, now))
    return {
        "waiting": live,
        "past_target": and_(live, c.due_at < now()),
        "backlog": written,
        "overdue": and_(or_(written, live), c.due_at < now()),
        "ages": or_(written, live),
    }


def _alive(c: ContactColumns, started: CTE, now: Now) -> ColumnElement[bool]:
    at, arrived = started.c.started_at, c.offered_at
    heard = func.greatest(sources.c.last_seen_at, sources.c.last_event_at)
    return and_(
        arrived >= now(-LIVENESS),
        or_(at.is_(None), at <= arrived),
        # Of a source that tells of others too, who is limited to a scope does not know the word:
        # it counts as heard, for who waits is waiting unless it is known to be otherwise.
        or_(arrived >= now(-UNHEARD), heard.is_(None), heard >= now(-UNHEARD)),
    )
