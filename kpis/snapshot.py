"""One moment of the database: everything read from it belongs together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the same commits.

    It ends by a commit: at a rollback the driver forgets every statement that the server has
    prepared, and each read would be planned anew.
    """
    with engine.connect() as fresh:
        connection = fresh.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection
