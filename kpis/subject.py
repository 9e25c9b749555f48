"""Subject: what a KPI reads.  A KPI names its subject; from all that are named come the rollups,
what follows every change, the rebuild, the verification and the counting.

To let a KPI read something else: declare a `Subject` beside its measures (as
:mod:`kpis.repeats` does) and name it in the KPI's ``reads``.  No list is edited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Select, Table

from ingest.followers import Follower
from kpis.keys import Keys, Tallies
from kpis.rows import RowsOf

#: A relation with the columns of the rollup's `of`, and ``sign`` (+1 or -1) → the cells that
#: these rows add, in key order, without those that add nothing.
Cells = Callable[[FromClause], Select[Any]]
#: Adds what it counts under the keys of a query to the tallies.
Count = Callable[[Tallies, Connection, Keys], None]


@dataclass(frozen=True, slots=True, eq=False)
class Rollup:
    """A table of sums and the one text behind its follower, its rebuild and its check."""

    table: Table
    #: Whose rows it sums, and moves with.
    of: Table
    cells: Cells


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Something that is counted: the contacts, the links between them…"""

    key: str
    count: Count
    rollups: tuple[Rollup, ...] = ()
    #: What else must run with every batch of events.
    follows: tuple[Follower, ...] = ()
    #: Its rows one by one; None where no contact is behind its counts.
    rows: RowsOf | None = None
