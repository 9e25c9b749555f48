"""Open contacts: who waits now, and for how long.  Read by the partial index of the open ones.

Which of them each figure takes stands in :mod:`kpis.open_counts`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Integer, Select, cast, func, literal, select

from ingest.asking import Later
from ingest.schema import contacts
from kpis.columns import OLDEST, Columns, histograms
from kpis.counting import Keys, Tallies, judged
from kpis.measures import inbound, judged_by_due
from kpis.open_counts import open_counts, restarts, with_restarts
from kpis.query import KpiQuery
from kpis.reading import WRITTEN
from kpis.waits import LONGEST_MS, bucket

_COUNTED = ("waiting", "past_target", "backlog", "overdue")


def add_open(tallies: Tallies, query: KpiQuery, *, all_days: bool = False) -> None:
    """Add those still open to the tallies of a query.

    `all_days` also adds those that arrived before `from_`, in interval 0.
    """
    keys = Keys.of(query)
    keys.add(tallies, keys.asked(_waiting, all_days))
    keys.add(tallies, keys.asked(_not_due))


def backlog_ages(query: KpiQuery) -> Later[Columns]:
    """The ages of the written contacts that wait for an answer, whenever they came: how many in
    each bucket of :mod:`kpis.waits`.
    """
    return Keys.of(query).asked(_ages)


def _ages(keys: Keys) -> Select[Any]:
    c, now = contacts.c, keys.time("now")
    age_ms = func.extract("epoch", now - c.offered_at) * 1000
    aged = (
        select(
            *keys.columns(c, c.offered_at),
            cast(func.least(age_ms, LONGEST_MS), Integer).label("wait_ms"),
        )
        .where(
            c.outcome == "open",
            inbound(c),
            c.modality.in_(WRITTEN),
            c.offered_at <= now,
            *keys.chosen(c, c.offered_at),
        )
        .subquery("aged")
    )
    names = keys.names()
    groups = [aged.c[name] for name in names]
    # Each by itself: they are few, and equal buckets are added up anyway.
    each = select(*groups, bucket(aged.c).label("bucket"), literal(1).label("many"))
    return histograms(each.subquery("each"), names, ("bucket", "many"))


def _waiting(keys: Keys, all_days: bool) -> Select[Any]:
    """Waiting and backlog by the interval of arrival."""
    now = partial(keys.time, "now")
    started = restarts(now)
    contact = judged(keys.query)
    c = contact.c
    at = c.offered_at
    counted = open_counts(c, started, now)
    bounds = keys.within(at)[1:] if all_days else keys.within(at)
    return (
        select(
            *keys.columns(c, at),
            *[func.count().filter(counted[name]).label(name) for name in _COUNTED],
            func.min(at).filter(counted["ages"]).label(OLDEST),
        )
        .select_from(with_restarts(contact, started))
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
            at >= keys.time("now"),
            *keys.chosen(c, at),
        )
        .group_by(*keys.names())
    )
