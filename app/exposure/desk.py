"""Where exposure is written: one transaction, alone with the switches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Connection

from app.exposure.errors import Busy
from ingest.database import AWAY, Database
from ingest.errors import DatabaseUnavailable

#: How long a change waits for the one before it.
PATIENCE_MS = 5000


@dataclass(frozen=True, slots=True)
class Desk:
    """One transaction seen twice: `rows` for our own statements, `tables` for those of kpis."""

    rows: psycopg.Connection[TupleRow]
    tables: Connection


@contextmanager
def reading(database: Database) -> Iterator[Desk]:
    """A transaction on a pooled connection; committed on leaving, undone by any error."""
    try:
        with database.engine.begin() as tables:
            rows: psycopg.Connection[TupleRow] = tables.connection.driver_connection  # type: ignore[assignment]
            yield Desk(rows, tables)
    except AWAY as error:
        raise DatabaseUnavailable(
            "the database went away: look at the exposure's history, then try again"
        ) from error


@contextmanager
def writing(database: Database) -> Iterator[Desk]:
    """As `reading`, alone with the switches.  Raises Busy where another change takes too long."""
    with reading(database) as desk:
        try:
            desk.rows.execute(f"set local lock_timeout = {PATIENCE_MS}".encode())
            desk.rows.execute("lock table exposure_audit in share row exclusive mode")
        except psycopg.errors.LockNotAvailable as error:
            raise Busy("another change is being written: try again") from error
        yield desk
