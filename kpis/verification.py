"""Recomputation: are contacts, links and rollups what the events say, to the bit?

Contacts are folded again from all events, links made again from the contacts and whose they
are, rollups made again from both; all compared by EXCEPT ALL in both directions
(RELIABILITY I3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, literal, select, union_all

from ingest.events import APART
from ingest.fold import CONTACT_COLUMNS, FOLD, listed
from ingest.links import DIFFERING
from kpis.catalogue import rollups
from kpis.cells import every_row, stored_cells
from kpis.subject import Rollup

_COLUMNS = ", ".join(CONTACT_COLUMNS)
_CONTACTS = f"""
with facts as (select * from events where kind not in ({listed(APART)})),
{FOLD},
stored as (select {_COLUMNS} from contacts),
recomputed as (select {_COLUMNS} from folded),
superfluous as (select * from stored except all select * from recomputed),
missing as (select * from recomputed except all select * from stored)
select 'stored' as side, * from superfluous
union all
select 'recomputed', * from missing
"""
_THREAD = ("thread_key", "turn")
#: Shown as the column where the whole row is missing on one side.
WHOLE_ROW = "(row)"

Key = tuple[object, ...]
Sides = dict[str, Mapping[str, object]]


class DifferingCell(msgspec.Struct, frozen=True):
    """One value that is not what the events say.  All as text, for people."""

    table: str
    key: str
    column: str
    stored: str
    recomputed: str


def verify(connection: Connection) -> list[DifferingCell]:
    """Every cell of contacts, links and rollups that differs from a recomputation; [] is good.

    Give it a connection in REPEATABLE READ where writers are at work: all is one snapshot then.
    """
    rows = connection.exec_driver_sql(_CONTACTS).all()
    cells = list(_differing("contacts", _THREAD, rows))
    cells += _differing("links", _THREAD, connection.exec_driver_sql(DIFFERING).all())
    for rollup in rollups():
        keys = tuple(column.name for column in rollup.table.primary_key)
        cells.extend(_differing(rollup.table.name, keys, _differing_cells(connection, rollup)))
    return cells


def _differing_cells(connection: Connection, rollup: Rollup) -> list[Row[Any]]:
    stored = stored_cells(rollup.table).cte("stored")
    made = rollup.cells(every_row(rollup.of)).order_by(None).cte("recomputed")
    superfluous = select(stored).except_all(select(made)).subquery("superfluous")
    missing = select(made).except_all(select(stored)).subquery("missing")
    both = union_all(
        select(literal("stored").label("side"), superfluous),
        select(literal("recomputed"), missing),
    )
    return list(connection.execute(both).all())


def _differing(
    table: str, keys: tuple[str, ...], rows: Sequence[Row[Any]]
) -> Iterator[DifferingCell]:
    found: dict[Key, Sides] = {}
    for row in rows:
        named = row._asdict()
        side = str(named.pop("side"))
        found.setdefault(tuple(named[key] for key in keys), {})[side] = named
    for key, sides in found.items():
        yield from _of_row(table, " ".join(str(part) or "–" for part in key), sides)


def _of_row(table: str, key: str, sides: Sides) -> Iterator[DifferingCell]:
    if len(sides) == 1:
        there = "stored" in sides
        words = ("there", "absent") if there else ("absent", "there")
        yield DifferingCell(table, key, WHOLE_ROW, *words)
        return
    for column, stored in sides["stored"].items():
        recomputed = sides["recomputed"][column]
        if stored != recomputed:
            yield DifferingCell(table, key, column, str(stored), str(recomputed))
