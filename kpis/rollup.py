"""The rollups: followed contact by contact, made anew, checked.

The followers ride inside the ingest statement (:mod:`ingest.followers`), so a rollup is never
behind its contacts.  `align` runs at every start: it creates what is missing and makes anew
what was made by another statement (a new measure, a changed one).
"""

from __future__ import annotations

import hashlib
from functools import cache

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    SmallInteger,
    Table,
    delete,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.schema import CreateColumn
from sqlalchemy.sql.dml import Insert

from ingest.followers import Follower
from ingest.schema import contacts
from kpis.cells import ROLLUPS, every_contact
from kpis.schema import rollup_shapes
from kpis.verification import DifferingCell, verify

__all__ = ["DifferingCell", "align", "followers", "rebuild", "verify"]

#: Two processes that start at once align one after the other.
_ALIGNING = 7_301_842_650_113

_moved = Table(
    "moved",
    MetaData(),
    *[Column(column.name, column.type) for column in contacts.c],
    Column("sign", SmallInteger),
)


@cache
def followers() -> tuple[Follower, ...]:
    """What the store must run with every batch, in this order."""
    return tuple(Follower(f"{table.name}_follows", _sql(_upsert(table))) for table in ROLLUPS)


def align(connection: Connection) -> None:
    """Bring the rollups to what this code expects; quick when they are.  Commits nothing."""
    if _aligned(connection):
        return
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _ALIGNING})
    _create(connection)
    stale = [table for table, digest in _digests().items() if _shape(connection, table) != digest]
    if stale:
        _make_anew(connection, stale)


def rebuild(connection: Connection) -> None:
    """Make every rollup anew from the contacts; writers wait meanwhile.  Commits nothing."""
    _make_anew(connection, list(ROLLUPS))


def _upsert(table: Table) -> Insert:
    """Add the cells that `moved` adds."""
    cells = ROLLUPS[table](_moved)
    statement = insert(table).from_select([column.name for column in cells.selected_columns], cells)
    keys = {column.name for column in table.primary_key}
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={
            column.name: column + statement.excluded[column.name]
            for column in table.c
            if column.name not in keys
        },
    )


def _sql(statement: Insert) -> str:
    compiled = statement.compile(
        dialect=postgresql.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    return str(compiled)


def _digests() -> dict[Table, str]:
    return {
        table: hashlib.sha256(follower.sql.encode()).hexdigest()
        for table, follower in zip(ROLLUPS, followers(), strict=True)
    }


def _aligned(connection: Connection) -> bool:
    if not inspect(connection).has_table(rollup_shapes.name):
        return False
    return all(_shape(connection, table) == digest for table, digest in _digests().items())


def _shape(connection: Connection, table: Table) -> str | None:
    return connection.scalar(
        select(rollup_shapes.c.digest).where(rollup_shapes.c.rollup == table.name)
    )


def _create(connection: Connection) -> None:
    """The tables, and the columns of measures that are new."""
    for table in (*ROLLUPS, rollup_shapes):
        table.create(connection, checkfirst=True)
    for table in ROLLUPS:
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.c:
            if column.name not in there:
                words = CreateColumn(column).compile(connection)
                connection.execute(text(f"alter table {table.name} add column {words}"))


def _make_anew(connection: Connection, tables: list[Table]) -> None:
    names = ", ".join(table.name for table in tables)
    # All locks at once and before the first read: no writer slips between reading and writing.
    connection.execute(text(f"lock table contacts, {names} in exclusive mode"))
    for table in tables:
        # Not truncate: who reads meanwhile still sees the old cells.
        connection.execute(delete(table))
        cells = ROLLUPS[table](every_contact())
        names_of = [column.name for column in cells.selected_columns]
        connection.execute(insert(table).from_select(names_of, cells))
        _remember(connection, table)
        connection.execute(text(f"analyze {table.name}"))


def _remember(connection: Connection, table: Table) -> None:
    digest = _digests()[table]
    connection.execute(
        insert(rollup_shapes)
        .values(rollup=table.name, digest=digest)
        .on_conflict_do_update(index_elements=["rollup"], set_={"digest": digest})
    )
