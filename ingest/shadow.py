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
from math import inf
from time import monotonic

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from ingest.database import AWAY, Database, know_ended_sessions
from ingest.still import NAME

Driver = psycopg.Connection[TupleRow]

#: When a connection's transaction was given what is worked out, among what its pool knows of it.
_FILLED = "filled_at"

#: What is worked out and what reads it see the same commits; a session that nobody uses any more
#: ends by itself.
_READING = (
    "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
    " -c idle_in_transaction_session_timeout=20s -c idle_session_timeout=60s"
)
#: Seconds for which what was worked out of a moment serves the next reader.
_SERVES_S = 15.0


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
    return hidden(database, [at_moment(shadow, at) for shadow in shadows], still=True)


def hidden(database: Database, shadows: Sequence[Shadow], *, still: bool = False) -> Database:
    """The database with these before its tables, to be read only: dispose of its engine.

    `still`: what is looked at stands still, so that a snapshot of some seconds ago serves too.
    """
    given = conninfo_to_dict(database.conninfo)
    read_only = make_conninfo(database.conninfo, options=f"{given.get('options') or ''} {_READING}")
    # A plan that was prepared before the shadows would read the tables behind them.
    arguments = {**conninfo_to_dict(read_only), "prepare_threshold": None}
    engine = create_engine(
        f"{NAME if still else 'postgresql+psycopg'}://", connect_args=arguments,
        pool_size=2 if still else 1, max_overflow=8, pool_pre_ping=not still,
    )  # fmt: skip
    know_ended_sessions(engine)
    written = [_Written.of(shadow) for shadow in shadows]
    _make(engine, written)
    _fill(engine, [shadow.fill for shadow in written if shadow.fill is not None])
    if still:
        event.listen(engine, "checkout", _still_there)
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


def _make(engine: Engine, shadows: Sequence[_Written]) -> None:
    """In each session, once."""
    statements = b";".join(statement for shadow in shadows for statement in shadow.make)

    @event.listens_for(engine, "connect")
    def make(connection: DBAPIConnection, _record: object) -> None:
        driver: Driver = connection  # type: ignore[assignment]
        driver.rollback()
        driver.execute("set transaction read write")
        driver.execute(statements)
        driver.commit()


def _fill(engine: Engine, statements: Sequence[bytes]) -> None:
    """In each transaction, once; of what stands still it serves the next reader too."""

    @event.listens_for(engine, "begin")
    def fill(connection: Connection) -> None:
        driver: Driver = connection.connection.driver_connection  # type: ignore[assignment]
        if monotonic() - connection.info.get(_FILLED, -inf) < _SERVES_S and _goes_on(driver):
            return
        driver.rollback()
        connection.info[_FILLED] = monotonic()
        for statement in statements:
            driver.execute(statement)


def _goes_on(driver: Driver) -> bool:
    """Is it within a transaction that can be read in?"""
    return driver.info.transaction_status == TransactionStatus.INTRANS


def _still_there(connection: DBAPIConnection, record: ConnectionPoolEntry, _fairy: object) -> None:
    """Raises DisconnectionError where the server has ended the session: the pool makes another."""
    driver: Driver = connection  # type: ignore[assignment]
    if not _goes_on(driver):
        record.info.pop(_FILLED, None)
    try:
        driver.execute("select")
    except AWAY as error:
        raise DisconnectionError from error
