"""Too few to tell: figures of single agents are given out among five or more alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kpis.series import KpiRow
from kpis.staff import FEWEST

AGENT = "agent"


def of_enough(rows: Sequence[KpiRow]) -> list[KpiRow]:
    """The rows by agent whose interval and group has figures of at least `FEWEST` agents; what
    no agent is told of stays."""
    named: dict[tuple[object, ...], set[object]] = defaultdict(set)
    for row in rows:
        if row.by[AGENT] is not None:
            named[_group(row)].add(row.by[AGENT])
    return [row for row in rows if row.by[AGENT] is None or len(named[_group(row)]) >= FEWEST]


def _group(row: KpiRow) -> tuple[object, ...]:
    return row.start, *(value for name, value in row.by.items() if name != AGENT)
