"""Open contacts: who waits now, and for how long.  Read by the partial index of the open ones.

Which of them each figure takes stands in :mod:`kpis.open_counts`.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, func, literal, select

from kpis.columns import OLDEST, packed_buckets
from kpis.counting import Keys, Tallies, judged
from kpis.measures import inbound, judged_by_due
from kpis.open_counts import open_counts, restarts, with_restarts
from kpis.query import KpiQuery
from kpis.waits import LONGEST_MS, bucket_at

_COUNTED = ("waiting", "past_target", "backlog", "overdue")


def add_open(tallies: Tallies, query: KpiQuery, *, all_days: bool = False) -> None:
    """Add those still open to the tallies of a query.

    `all_days` also adds those that arrived before `from_`, in interval 0; and the ages of the
    written ones, how many in each bucket of :mod:`kpis.waits`.
    """
    keys = Keys.of(query)
    keys.add(tallies, keys.asked(_waiting, all_days))
    keys.add(tallies, keys.asked(_not_due))


def _waiting(keys: Keys, all_days: bool) -> Select[Any]:
    """Waiting and backlog by the interval of arrival."""
    now = partial(keys.time, "now")
    started = restarts(now)
    contact = judged(keys.query)
    c = contact.c
    at = c.offered_at
    counted = open_counts(c, started, now)
    bounds = keys.within(at)[1:] if all_days else keys.within(at)
    aged = and_(counted["backlog"], at <= now())
    ages = packed_buckets([bucket_at(_age_ms(at, now())), literal(1)], aged) if all_days else ()
    return (
        select(
            *keys.columns(c, at),
            *[func.count().filter(counted[name]).label(name) for name in _COUNTED],
            func.min(at).filter(counted["ages"]).label(OLDEST),
            *ages,
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
