"""Open contacts: who waits now, and for how long.  Read by the partial index of the open ones.

Which of them each figure takes stands in :mod:`kpis.open_counts`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from kpis.counting import Keys, Tallies, judged
from kpis.measures import inbound, judged_by_due
from kpis.open_counts import open_counts, restarts, with_restarts
from kpis.query import KpiQuery


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
    started = restarts(keys.query.now)
    contact = judged(keys.query)
    c = contact.c
    at = c.offered_at
    counted = open_counts(c, started, keys.query.now)
    bounds = keys.within(at)[1:] if all_days else keys.within(at)
    return (
        select(
            *keys.columns(c, at),
            *[
                func.count().filter(counted[name]).label(name)
                for name in ("waiting", "past_target", "backlog")
            ],
            func.min(at).filter(counted["ages"]).label("oldest_at"),
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
            at >= keys.query.now,
            *keys.chosen(c, at),
        )
        .group_by(*keys.names())
    )
