"""A database of its own on the configured server, dropped when the benchmark ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.errors import AppError

if TYPE_CHECKING:
    from app.settings import Settings
    from ingest.database import Database


@contextmanager
def scratch_database(settings: Settings) -> Iterator[Database]:
    """A prepared, empty database.  Raises AppError where the account may not create one."""
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import make_conninfo

    from app.bootstrap import prepare
    from ingest.database import database_at, open_database

    name = f"vigie_bench_{os.getpid()}"
    quoted = sql.Identifier(name)
    with (
        open_database(settings.home, settings.database_url) as server,
        server.connect(autocommit=True) as admin,
    ):
        try:
            admin.execute(sql.SQL("create database {}").format(quoted))
        except psycopg.errors.InsufficientPrivilege as error:
            raise AppError(
                "the database account may not create databases: a benchmark needs one of its "
                "own; grant CREATEDB or unset VIGIE_DATABASE_URL"
            ) from error
        try:
            with database_at(make_conninfo(server.conninfo, dbname=name)) as database:
                prepare(database)
                yield database
        finally:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(quoted))
