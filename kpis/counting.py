"""Counting: a query becomes tallies, from the rollups where they know, else from the rows.

Both ways add the same measures over the same rows and give identical numbers; the rollups
give them in a few ms whatever the history.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from kpis.catalogue import subjects
from kpis.judged import judged
from kpis.keys import Group, Keys, Tallies
from kpis.query import KpiQuery
from kpis.subject import Subject

__all__ = ["Group", "Keys", "Tallies", "count", "judged"]


def count(
    connection: Connection, query: KpiQuery, wanted: Iterable[Subject] | None = None, *,
    waits: bool = True,
) -> Tallies:  # fmt: skip
    """All that the KPIs read of what lies in the query, or what those subjects count of it; to
    be asked.  `waits`: the histograms too.
    """
    tallies, keys = Tallies(waits=waits), Keys.of(query)
    for subject in subjects() if wanted is None else wanted:
        subject.count(tallies, connection, keys)
    return tallies
