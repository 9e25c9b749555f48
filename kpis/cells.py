"""From rows to rollup cells, as SELECTs: the one text behind follower, rebuild and check.

Each takes a relation with the columns of what it sums (contacts, links…) and ``sign`` (+1 or
-1) and gives the cells that these rows add, in key order, without those that add nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    SmallInteger,
    Table,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import INTERVAL

from kpis.measures import Condition, ContactColumns, Measure, Moment


def quarter_of(at: ColumnElement[Any]) -> ColumnElement[Any]:
    """The start of its quarter hour, in UTC (all zones since 1990 share its quarters)."""
    width = literal_column("interval '15 minutes'", INTERVAL)
    return func.date_bin(width, at, literal_column("timestamptz 'epoch'"))


def dimensions(c: ContactColumns) -> list[ColumnElement[Any]]:
    """What a rollup tells apart besides the quarter."""
    return [c.channel, func.coalesce(c.queue, "").label("queue"), c.modality]


def every_row(of: Table) -> FromClause:
    """All rows of a table as if they had just come: what a rebuild reads."""
    one = cast(literal(1), SmallInteger).label("sign")
    return select(*of.c, one).subquery("moved")


def measured(
    table: Table,
    moved: FromClause,
    measures: Sequence[Measure],
    population: Mapping[Moment, Condition],
) -> Select[Any]:
    """The cells of a table whose counts are measures, each in the quarter of its moment."""
    parts = [_attributed(moved.c, measures, moment, who) for moment, who in population.items()]
    return summed(table, union_all(*parts).subquery("cells"))


def summed(table: Table, cells: FromClause) -> Select[Any]:
    """Rows of a table's columns become its cells."""
    keys = [cells.c[column.name] for column in table.primary_key]
    sums = {name: func.sum(cells.c[name]) for name in _counts(table)}
    typed = [cast(total, table.c[name].type).label(name) for name, total in sums.items()]
    nonzero = or_(*[total != 0 for total in sums.values()])
    return select(*keys, *typed).group_by(*keys).having(nonzero).order_by(*keys)


def stored_cells(table: Table) -> Select[Any]:
    """The cells that the table holds, without those of zeros only."""
    counts = _counts(table)
    return select(*table.c).where(or_(*[table.c[name] != 0 for name in counts]))


def _attributed(
    c: ContactColumns, measures: Sequence[Measure], moment: Moment, who: Condition
) -> Select[Any]:
    """Every measure of the rows that count at that moment; zero for the others'."""
    values = [
        (c.sign * measure.expression(c) if measure.attributed_at == moment else literal(0)).label(
            measure.key
        )
        for measure in measures
    ]
    return select(quarter_of(c[moment]).label("quarter"), *dimensions(c), *values).where(who(c))


def _counts(table: Table) -> list[str]:
    keys = {column.name for column in table.primary_key}
    return [column.name for column in table.c if column.name not in keys]
