"""One moment of the database: everything read from it belongs together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the same commits."""
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="REPEATABLE READ")
