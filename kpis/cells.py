"""From contacts to rollup cells, as SELECTs: the one text behind follower, rebuild and check.

Each takes a relation with the columns of ``contacts`` and ``sign`` (+1 or -1) and gives the
cells that these contacts add, in key order, without those that add nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
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

from ingest.schema import contacts
from kpis.measures import MEASURES, POPULATION, ContactColumns, Moment, inbound
from kpis.schema import rollup_quarter, rollup_wait
from kpis.waits import OUTCOMES, bucket

Cells = Callable[[FromClause], Select[Any]]


def quarter_of(at: ColumnElement[Any]) -> ColumnElement[Any]:
    """The start of its quarter hour, in UTC (all zones since 1990 share its quarters)."""
    width = literal_column("interval '15 minutes'", INTERVAL)
    return func.date_bin(width, at, literal_column("timestamptz 'epoch'"))


def every_contact() -> FromClause:
    """All contacts as if they had just come: what a rebuild reads."""
    one = cast(literal(1), SmallInteger).label("sign")
    return select(*contacts.c, one).subquery("moved")


def quarter_cells(moved: FromClause) -> Select[Any]:
    """The cells of ``rollup_quarter``."""
    parts = [_attributed(moved.c, moment) for moment in POPULATION]
    return _summed(rollup_quarter, union_all(*parts).subquery("cells"))


def wait_cells(moved: FromClause) -> Select[Any]:
    """The cells of ``rollup_wait``."""
    c = moved.c
    waited = (
        select(
            quarter_of(c.offered_at).label("quarter"),
            *_dimensions(c),
            bucket(c).label("bucket"),
            *[
                (c.sign * cast(c.outcome == outcome, Integer)).label(outcome)
                for outcome in OUTCOMES
            ],
        )
        .where(inbound(c), c.wait_ms.is_not(None), c.outcome.in_(OUTCOMES))
        .subquery("cells")
    )
    return _summed(rollup_wait, waited)


def stored_cells(table: Table) -> Select[Any]:
    """The cells that the table holds, without those of zeros only."""
    counts = _counts(table)
    return select(*table.c).where(or_(*[table.c[name] != 0 for name in counts]))


#: How each rollup is made.
ROLLUPS: dict[Table, Cells] = {rollup_quarter: quarter_cells, rollup_wait: wait_cells}


def _dimensions(c: ContactColumns) -> list[ColumnElement[Any]]:
    return [c.channel, func.coalesce(c.queue, "").label("queue"), c.modality]


def _attributed(c: ContactColumns, moment: Moment) -> Select[Any]:
    """Every measure of the contacts that count at that moment; zero for the others'."""
    values = [
        (c.sign * measure.expression(c) if measure.attributed_at == moment else literal(0)).label(
            measure.key
        )
        for measure in MEASURES
    ]
    quarter = quarter_of(c[moment]).label("quarter")
    return select(quarter, *_dimensions(c), *values).where(POPULATION[moment](c))


def _summed(table: Table, cells: FromClause) -> Select[Any]:
    keys = [cells.c[column.name] for column in table.primary_key]
    sums = {name: func.sum(cells.c[name]) for name in _counts(table)}
    typed = [cast(total, table.c[name].type).label(name) for name, total in sums.items()]
    nonzero = or_(*[total != 0 for total in sums.values()])
    return select(*keys, *typed).group_by(*keys).having(nonzero).order_by(*keys)


def _counts(table: Table) -> list[str]:
    keys = {column.name for column in table.primary_key}
    return [column.name for column in table.c if column.name not in keys]
