"""Series: the KPIs of a stretch of time, by any dimensions and intervals.  One computation
serves screens, exports and the API.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection

from kpis.counting import Group, count
from kpis.dimensions import Value, shown
from kpis.kpi import Number
from kpis.open_contacts import add_open
from kpis.query import KpiQuery
from kpis.reading import Readings, Tally
from kpis.values import values

__all__ = ["KpiQuery", "KpiRow", "compute"]


class KpiRow(msgspec.Struct, frozen=True):
    """The KPIs of one group in [start, end).  `by`: dimension → value; `kpis`: key → value."""

    start: datetime
    end: datetime
    by: dict[str, Value]
    kpis: dict[str, Number | None]

    @property
    def place(self) -> tuple[object, ...]:
        """Its interval and group, to find it by; in UTC: in their zone the two hours that a
        clock shows twice are equal."""
        return self.start.astimezone(UTC), *self.by.values()

    def flat(self) -> dict[str, object]:
        """One flat row for tables and files: from, to, the dimensions, the KPIs."""
        return {"from": self.start, "to": self.end, **self.by, **self.kpis}


def compute(connection: Connection, query: KpiQuery) -> list[KpiRow]:
    """The rows of a query in order of time and dimensions.

    Without dimensions every interval has its row, an empty one too; with dimensions only
    groups that hold a contact have one.
    """
    tallies = count(connection, query)
    add_open(tallies, connection, query)
    if not query.by:
        for interval in range(1, len(query.boundaries())):
            tallies.setdefault((interval,), Tally())
    starts = [at.astimezone(query.zone) for at in query.boundaries()]
    names = [dimension.key for dimension in query.dimensions()]
    rows = []
    for group in sorted(tallies, key=_order):
        number, *told = group
        assert isinstance(number, int)
        by = {name: shown(value) for name, value in zip(names, told, strict=True)}
        readings = Readings(tallies[group], query.now, query.service_level_formula)
        rows.append(KpiRow(starts[number - 1], starts[number], by, values(readings)))
    return rows


def _order(group: Group) -> tuple[tuple[int, object], ...]:
    """Numbers as numbers, the rest as text."""
    return tuple((0, part) if isinstance(part, int) else (1, str(part)) for part in group)
