"""One real server per test session, one fresh migrated database per test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from app.bootstrap import prepare
from ingest.database import Database, database_at
from ingest.embedded import EmbeddedPostgres
from tests.folders import fast_folder

REPOSITORY = Path(__file__).parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
TEMPLATE = "vigie_template"
#: Tests only: nothing here outlives the session, so nothing has to survive a power cut.
#: A commit is still acknowledged only once it is in the log.
FAST_AND_FORGETFUL = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "shared_buffers": "256MB",
}

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the long suites")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="a long suite: run it with --long"))


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """Where the session's server lives; gone after the session."""
    with fast_folder() as folder:
        yield folder / "home"


@pytest.fixture(scope="session")
def server(server_home: Path) -> Iterator[str]:
    """The conninfo of the session's own PostgreSQL server."""
    with EmbeddedPostgres(server_home, FAST_AND_FORGETFUL) as embedded:
        yield embedded.start()


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a migrated database, made once, that tests are cloned from."""
    _execute(server, sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    with database_at(make_conninfo(server, dbname=TEMPLATE)) as database:
        prepare(database)
    return TEMPLATE


@pytest.fixture
def empty_database(server: str) -> Iterator[Database]:
    """A database without any table, dropped afterwards."""
    yield from _clone(server, "template0")


@pytest.fixture
def database(server: str, template: str) -> Iterator[Database]:
    """A migrated, empty database of the test's own, dropped afterwards."""
    yield from _clone(server, template)


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Finds a sample below ``../shared/data``; skips the test where there are none."""

    def find(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"the samples are not on this machine: no {path}")
        return path

    return find


def _clone(server: str, template: str) -> Iterator[Database]:
    name = f"vigie_{os.getpid()}_{next(_numbers)}"
    # Copying the files is twice as fast as the default, which writes them to the WAL.
    create = sql.SQL("create database {} template {} strategy file_copy")
    _execute(server, create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        with database_at(make_conninfo(server, dbname=name)) as database:
            yield database
    finally:
        _execute(server, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _execute(server: str, statement: sql.Composed) -> None:
    with psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True) as connection:
        connection.execute(statement)
