"""Counting: a query becomes tallies, from the rollups where they know, else from the rows.

Both ways add the same measures over the same rows and give identical numbers; the rollups
give them in a few ms whatever the history.
"""

from __future__ import annotations

from sqlalchemy import Connection

from kpis.catalogue import subjects
from kpis.judged import judged
from kpis.keys import Group, Keys, Tallies
from kpis.query import KpiQuery

__all__ = ["Group", "Keys", "Tallies", "count", "judged"]


def count(connection: Connection, query: KpiQuery) -> Tallies:
    """All that the KPIs read of what lies in the query, by group."""
    tallies: Tallies = {}
    for subject in subjects():
        subject.count(tallies, connection, query)
    # A cell of zeros only is no cell.
    return {group: tally for group, tally in tallies.items() if not tally.empty()}
