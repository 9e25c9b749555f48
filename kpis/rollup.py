"""The rollups: followed contact by contact, made anew, checked.

The followers ride inside the ingest statement (:mod:`ingest.followers`), so a rollup is never
behind its contacts.  `align` runs at every start: it creates what is missing and makes anew
what was made by another statement (a new measure, a changed one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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

from ingest.events import EARLIEST
from ingest.followers import Follower
from ingest.horizon import horizon
from ingest.link_schema import links
from ingest.links import Cursor, relink_all
from ingest.links import relink as link_again
from ingest.schema import contacts
from kpis.catalogue import rollups, subjects
from kpis.cells import every_row
from kpis.schema import rollup_shapes
from kpis.subject import Rollup
from kpis.verification import DifferingCell, verify

__all__ = ["DifferingCell", "align", "followers", "rebuild", "relink", "verify"]

#: Two processes that start at once align one after the other.
_ALIGNING = 7_301_842_650_113


@cache
def followers(of: Table = contacts) -> tuple[Follower, ...]:
    """What must run with every change of the contacts (or of another table), in this order."""
    others = [each for subject in subjects() for each in subject.follows if of is contacts]
    return (*(_follower(rollup) for rollup in rollups() if rollup.of is of), *others)


def relink(cursor: Cursor, customers: Sequence[int]) -> None:
    """What the linker does of customers whose threads changed: their links, and what follows."""
    link_again(cursor, customers, followers(links))


def align(connection: Connection) -> None:
    """Bring the rollups to what this code expects; quick when they are.  Commits nothing."""
    if _aligned(connection):
        return
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _ALIGNING})
    _create(connection)
    if stale := [each for each in rollups() if not _fresh(connection, each)]:
        _make_anew(connection, stale)


def rebuild(connection: Connection) -> None:
    """Make links and rollups anew from the contacts; writers wait meanwhile.  Commits nothing."""
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor:
        relink_all(cursor, followers(links))
    _make_anew(connection, list(rollups()))


@cache
def _follower(rollup: Rollup) -> Follower:
    return Follower(f"{rollup.table.name}_follows", _sql(_upsert(rollup)))


def _upsert(rollup: Rollup) -> Insert:
    """Add the cells that `moved` adds."""
    columns = [Column(column.name, column.type) for column in rollup.of.c]
    moved = Table("moved", MetaData(), *columns, Column("sign", SmallInteger))
    cells, table = rollup.cells(moved), rollup.table
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


def _digest(rollup: Rollup) -> str:
    return hashlib.sha256(_follower(rollup).sql.encode()).hexdigest()


def _aligned(connection: Connection) -> bool:
    if not inspect(connection).has_table(rollup_shapes.name):
        return False
    return all(_fresh(connection, rollup) for rollup in rollups())


def _fresh(connection: Connection, rollup: Rollup) -> bool:
    """Was it made by the statement that makes it now?"""
    made_by = select(rollup_shapes.c.digest).where(rollup_shapes.c.rollup == rollup.table.name)
    return connection.scalar(made_by) == _digest(rollup)


def _create(connection: Connection) -> None:
    """The tables, and the columns of measures that are new."""
    tables = [rollup.table for rollup in rollups()]
    for table in (*tables, rollup_shapes):
        table.create(connection, checkfirst=True)
    for table in tables:
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.c:
            if column.name not in there:
                words = CreateColumn(column).compile(connection)
                connection.execute(text(f"alter table {table.name} add column {words}"))


def _make_anew(connection: Connection, stale: list[Rollup]) -> None:
    locked = dict.fromkeys(table.name for each in stale for table in (each.of, each.table))
    # All locks at once and before the first read: no writer slips between reading and writing.
    connection.execute(text(f"lock table {', '.join(locked)} in exclusive mode"))
    # What was forgotten by its age cannot be summed again: those sums stay as they are.
    since = horizon(connection) or EARLIEST
    for rollup in stale:
        # Not truncate: who reads meanwhile still sees the old cells.
        connection.execute(delete(rollup.table).where(rollup.table.c.quarter >= since))
        cells = rollup.cells(every_row(rollup.of)).order_by(None).subquery("cells")
        names_of = [column.name for column in cells.c]
        # A day's cells lie together, as when they are written while they happen.
        kept = select(cells).where(cells.c.quarter >= since).order_by(cells.c.quarter)
        connection.execute(insert(rollup.table).from_select(names_of, kept))
        _remember(connection, rollup)
        connection.execute(text(f"analyze {rollup.table.name}"))


def _remember(connection: Connection, rollup: Rollup) -> None:
    digest = _digest(rollup)
    connection.execute(
        insert(rollup_shapes)
        .values(rollup=rollup.table.name, digest=digest)
        .on_conflict_do_update(index_elements=["rollup"], set_={"digest": digest})
    )
