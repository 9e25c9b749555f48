"""Series: the KPIs of a stretch of time, by any dimensions and intervals.  One computation
serves screens, exports and the API.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection

from ingest.asking import ask
from kpis.catalogue import catalogue
from kpis.counting import Group, Tallies, count
from kpis.dimensions import Value, shown
from kpis.kpi import Number
from kpis.open_contacts import add_open
from kpis.parts import reads_waits
from kpis.query import KpiQuery
from kpis.together import LineReadings
from kpis.values import values

__all__ = ["KpiQuery", "KpiRow", "compute"]


class KpiRow(msgspec.Struct, frozen=True, gc=False):
    """The KPIs of one group in [start, end).  `by`: dimension → value; `kpis`: key → value.

    Rows of the same values share their `by`.
    """

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


def compute(
    connection: Connection, query: KpiQuery, keys: Collection[str] | None = None
) -> list[KpiRow]:
    """The rows of a query in order of time and dimensions; with the KPIs of these `keys`, or all.

    Without dimensions every interval has its row, an empty one too; with dimensions only
    groups that hold a contact have one.
    """
    known = catalogue()
    wanted = known if keys is None else {key: known[key] for key in known if key in keys}
    subjects = None if keys is None else dict.fromkeys(kpi.reads for kpi in wanted.values())
    tallies = count(connection, query, subjects, waits=any(map(reads_waits, wanted.values())))
    add_open(tallies, query)
    ask(connection, tallies.questions)
    groups = _groups(tallies, query)
    lines = {group: (number,) for number, group in enumerate(groups)}
    readings = LineReadings(
        len(groups), tallies.placed(lines), query.now, query.service_level_formula
    )
    told = values(readings)
    columns = [told[key] for key in wanted]
    kpis = _filled(wanted, zip(*columns, strict=True))
    return [KpiRow(*place, told) for place, told in zip(_places(groups, query), kpis, strict=True)]


def _filled(
    keys: Iterable[str], rows: Iterable[Sequence[Number | None]]
) -> Iterator[dict[str, Number | None]]:
    """Each row by key; a dict that is copied is not grown step by step."""
    empty: dict[str, Number | None] = dict.fromkeys(keys)
    for row in rows:
        filled = empty.copy()
        filled.update(zip(empty, row, strict=True))
        yield filled


def _groups(tallies: Tallies, query: KpiQuery) -> list[Group]:
    found = tallies.groups()
    if not query.by:
        found |= {(interval,): None for interval in range(1, len(query.boundaries()))}
    return sorted(found)


def _places(
    groups: Sequence[Group], query: KpiQuery
) -> Iterator[tuple[datetime, datetime, dict[str, Value]]]:
    """Start and end of each group's interval, and its dimensions."""
    starts = [at.astimezone(query.zone) for at in query.boundaries()]
    names = [dimension.key for dimension in query.dimensions()]
    known: dict[Group, dict[str, Value]] = {}
    for group in groups:
        number, told = group[0], group[1:]
        if (by := known.get(told)) is None:
            by = known[told] = dict(zip(names, map(shown, told), strict=True))
        yield starts[number - 1], starts[number], by
