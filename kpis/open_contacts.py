"""Open contacts: who waits now, and for how long.  Read by the partial index of the open ones.

Which of them each figure takes stands in :mod:`kpis.open_counts`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, func, literal, select

from kpis.columns import OLDEST, Columns, packed_buckets
from kpis.counting import Keys, Tallies, judged
from kpis.measures import ContactColumns, inbound, judged_by_due
from kpis.open_counts import LIVENESS, open_counts, restarts, with_restarts
from kpis.query import KpiQuery
from kpis.waits import LONGEST_MS, bucket_at

_COUNTED = ("waiting", "past_target", "backlog", "overdue")
_NOT_DUE = "not_due"


def add_open(tallies: Tallies, query: KpiQuery, *, all_days: bool = False) -> None:
    """Add those still open to the tallies of a query.

    `all_days`, for a query of one interval: also those that arrived before `from_`, in interval
    0; and the ages of the written ones, how many in each bucket of :mod:`kpis.waits`.
    """
    keys = Keys.of(query)
    waiting = keys.asked(_waiting, all_days)
    if all_days:
        # One walk over the open ones tells both.
        keys.add(tallies, waiting.then(_by_arrival))
        keys.add(tallies, waiting.then(_by_due))
    else:
        keys.add(tallies, waiting)
        keys.add(tallies, keys.asked(_not_due))


def _by_arrival(found: Columns) -> Columns:
    counts = {name: found.counts[name] for name in found.counts if name != _NOT_DUE}
    return replace(found, counts=counts)


def _by_due(found: Columns) -> Columns:
    """Due within the query, whenever they arrived."""
    counts = {name: found.counts[name] for name in found.counts if name == _NOT_DUE}
    return Columns([(1, *group[1:]) for group in found.groups], found.modalities, counts)


def _waiting(keys: Keys, all_days: bool) -> Select[Any]:
    """Waiting and backlog by the interval of arrival."""
    now = partial(keys.time, "now")
    started = restarts(now(-LIVENESS), now())
    contact = judged(keys.query)
    c = contact.c
    at = c.offered_at
    counted = open_counts(c, started, now)
    bounds = keys.within(at)[1:] if all_days else keys.within(at)
    aged = and_(counted["backlog"], at <= now())
    more: list[ColumnElement[Any]] = []
    if all_days:
        more += packed_buckets(bucket_at(_age_ms(at, now())), [literal(1)], aged)
        more.append(func.count().filter(*_due_later(keys, c)).label(_NOT_DUE))
    return (
        select(
            *keys.columns(c, at),
            *[func.count().filter(counted[name]).label(name) for name in _COUNTED],
            func.min(at).filter(counted["ages"]).label(OLDEST),
            *more,
        )
        .select_from(with_restarts(contact, started))
        .where(c.outcome == "open", inbound(c), *bounds, *keys.chosen(c, at))
        .group_by(*keys.names())
    )


def _age_ms(since: ColumnElement[datetime], now: ColumnElement[datetime]) -> ColumnElement[int]:
    age_ms = func.date_part("epoch", now - since) * 1000
    return cast(func.least(age_ms, LONGEST_MS), Integer)


def _not_due(keys: Keys) -> Select[Any]:
    """Open ones whose answer is due within the query, but not yet."""
    c = judged(keys.query).c
    at = c.due_at
    return (
        select(*keys.columns(c, at), func.count().label(_NOT_DUE))
        .where(c.outcome == "open", *_due_later(keys, c), *keys.chosen(c, at))
        .group_by(*keys.names())
    )


def _due_later(keys: Keys, c: ContactColumns) -> list[ColumnElement[bool]]:
    at = c.due_at
    return [judged_by_due(c), *keys.within(at), at >= keys.time("now")]
