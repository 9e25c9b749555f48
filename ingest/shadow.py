"""The database as it was: temporary relations under the names of the tables hide them.

What every reader asks (`contacts`, `links`, the rollups, the switches…) is then answered as of a
moment, by the same statements that read the present.  A floor declares what hides its tables in
a module whose name ends in ``shadows.py``: a `Shadow` each.  Nothing can be changed through such
a database: its sessions only read.

The truth of a moment is what the facts up to it say, by the time at which they happened: a fact
that came late counts from when it happened, not from when it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from ingest.database import Database

#: What is worked out and what reads it see the same commits.
_READING = "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment that is looked at, and the end of its local day: nothing later is shown."""

    then: datetime
    day_end: datetime


@dataclass(frozen=True, slots=True)
class Shadow:
    """A relation that hides the table of its name, or that others are made of.

    `select`: what it shows, in terms of ``{then}`` and ``{day_end}``; what stands in it are the
    relations declared before it, and the real tables that nothing hides yet.  With `columns` it is
    worked out once a transaction, into a table of these, else at each reading; `into`: the names
    of what `select` gives, where the table may have them in another order.
    """

    name: str
    select: str
    columns: str = ""
    into: str = ""


def as_it_was(database: Database, at: Moment, shadows: Sequence[Shadow]) -> Database:
    """The database at that moment, through connections of their own: dispose of its engine.

    Raises psycopg.Error where it is read and cannot be.
    """
    return hidden(database, [at_moment(shadow, at) for shadow in shadows])


def hidden(database: Database, shadows: Sequence[Shadow]) -> Database:
    """The database with these before its tables, to be read only: dispose of its engine."""
    given = conninfo_to_dict(database.conninfo)
    read_only = make_conninfo(database.conninfo, options=f"{given.get('options') or ''} {_READING}")
    # A plan that was prepared before the shadows would read the tables behind them.
    arguments = {**conninfo_to_dict(read_only), "prepare_threshold": None}
    engine = create_engine("postgresql+psycopg://", connect_args=arguments, poolclass=NullPool)
    _hide(engine, [_Written.of(shadow) for shadow in shadows])
    return Database(read_only, engine)


@dataclass(frozen=True, slots=True)
class _Written:
    """A shadow as statements: once a session, and at the beginning of each transaction."""

    make: tuple[bytes, ...]
    fill: bytes | None = None

    @classmethod
    def of(cls, shadow: Shadow) -> _Written:
        """Its statements."""
        name, select = shadow.name, shadow.select
        if not shadow.columns:
            return cls((f"create temp view {name} as {select}".encode(),))
        # As a view it reads what stands behind the names now, also once they are hidden.
        into = f" ({shadow.into})" if shadow.into else ""
        worked_out = f"create temp view {name}_worked_out{into} as {select}"
        table = f"create temp table {name} ({shadow.columns}) on commit delete rows"
        fill = f"insert into {name}{into} select * from {name}_worked_out"
        return cls((worked_out.encode(), table.encode()), fill.encode())


def at_moment(shadow: Shadow, at: Moment) -> Shadow:
    """What it shows at that moment."""
    select = shadow.select
    for part in ("then", "day_end"):
        select = select.replace(f"{{{part}}}", sql.Literal(getattr(at, part)).as_string())
    return replace(shadow, select=select)


def _hide(engine: Engine, shadows: Sequence[_Written]) -> None:
    statements = b";".join(statement for shadow in shadows for statement in shadow.make)

    @event.listens_for(engine, "connect")
    def make(connection: DBAPIConnection, _record: object) -> None:
        driver: psycopg.Connection[TupleRow] = connection  # type: ignore[assignment]
        driver.execute("set transaction read write")
        driver.execute(statements)
        driver.commit()

    @event.listens_for(engine, "begin")
    def fill(connection: Connection) -> None:
        for shadow in shadows:
            if shadow.fill is not None:
                connection.connection.driver_connection.execute(shadow.fill)  # type: ignore[union-attr]
