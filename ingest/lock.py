"""Locks: of all the processes that could do a thing, one does.

A lock is a PostgreSQL advisory lock on a connection of its own, so it ends with the process
that holds it, however that ends, and nobody has to clean up.  A process that is stopped or
hangs keeps it: what others must then take over is shared by :mod:`ingest.lease`.
"""

from __future__ import annotations

import threading

import psycopg
from psycopg.rows import TupleRow

from ingest.closing import Closing
from ingest.database import Database
from ingest.errors import DatabaseUnavailable
from ingest.events import stable_key


class Locks(Closing):
    """The locks that this process holds; any of its threads may ask."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._guard = threading.Lock()
        self._connection: psycopg.Connection[TupleRow] | None = None
        self._held: set[str] = set()

    def hold(self, name: str) -> bool:
        """Whether the lock is ours now: taken if it was free, kept if we had it.

        Raises DatabaseUnavailable; every lock is lost then.
        """
        with self._guard:
            try:
                return self._hold(name)
            except psycopg.OperationalError as error:
                self._drop()
                raise DatabaseUnavailable("the connection that held the locks broke") from error

    def close(self) -> None:
        """Give all of them up."""
        with self._guard:
            self._drop()

    def _hold(self, name: str) -> bool:
        if self._connection is None:
            self._connection = self._database.connect(autocommit=True)
        if name in self._held:
            self._connection.execute("select 1")
            return True
        key = stable_key("lease", name)
        row = self._connection.execute("select pg_try_advisory_lock(%s)", (key,)).fetchone()
        if row is not None and row[0]:
            self._held.add(name)
        return name in self._held

    def _drop(self) -> None:
        self._held.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
