"""Recomputation: are contacts, links and rollups what the events say, to the bit?

Contacts are folded again from all events, links made again from the contacts and whose they
are, rollups made again from both; all compared by EXCEPT ALL in both directions
(RELIABILITY I3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, literal, select, true, union_all

from ingest.database import AT_LENGTH
from ingest.events import APART
from ingest.fold import CONTACT_COLUMNS, FOLD, listed
from ingest.horizon import horizon
from ingest.links import DIFFERING
from kpis.catalogue import rollups
from kpis.cells import every_row, stored_cells
from kpis.subject import Rollup

_COLUMNS = ", ".join(CONTACT_COLUMNS)
#: Of threads that were forgotten by their age, events may lie there for some minutes more.
_REMEMBERED = """
and exists (
    select from threads t
    where t.thread_key = events.thread_key and t.first_at <= events.occurred_at
)
"""
_CONTACTS = f"""
with facts as (select * from events where kind not in ({listed(APART)}) {{remembered}}),
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

    Where contacts were forgotten by their age, the sums of that time are not looked at.
    Give it a connection in REPEATABLE READ where writers are at work: all is one snapshot then.
    """
    connection.exec_driver_sql(AT_LENGTH)
    since = horizon(connection)
    contacts = _CONTACTS.format(remembered=_REMEMBERED if since else "")
    rows = connection.exec_driver_sql(contacts).all()
    cells = list(_differing("contacts", _THREAD, rows))
    cells += _differing("links", _THREAD, connection.exec_driver_sql(DIFFERING).all())
    for rollup in rollups():
        keys = tuple(column.name for column in rollup.table.primary_key)
        rows = _differing_cells(connection, rollup, since)
        cells.extend(_differing(rollup.table.name, keys, rows))
    return cells


def _differing_cells(
    connection: Connection, rollup: Rollup, since: datetime | None
) -> list[Row[Any]]:
    """`since`: what is older sums contacts that have been forgotten, and stays as it is."""
    stored = stored_cells(rollup.table).cte("stored")
    made = rollup.cells(every_row(rollup.of)).order_by(None).cte("recomputed")
    known, again = (
        select(each).where(true() if since is None else each.c.quarter >= since)
        for each in (stored, made)
    )
    superfluous = known.except_all(again).subquery("superfluous")
    missing = again.except_all(known).subquery("missing")
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
