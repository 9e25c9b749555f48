"""The history of the schema leads to the schema that the code declares."""

from __future__ import annotations

import difflib
import subprocess
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from app.bootstrap import declared_metadata, prepare
from ingest.database import Database, migrate, migration_status
from ingest.embedded.account import account_for
from ingest.embedded.binaries import binaries_for
from ingest.errors import DatabaseError


def schema_of(database: Database) -> list[str]:
    """What pg_dump says of the tables, without comments and empty lines."""
    pg_dump = binaries_for(account_for()).program("pg_dump")
    wanted = ["--schema-only", "--no-owner", "--restrict-key=same", "--table=public.*"]
    done = subprocess.run(
        [pg_dump, *wanted, "--exclude-table=alembic_version", "--dbname", database.conninfo],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if line and not line.startswith("--")]


def test_migrations_and_declarations_make_the_same_tables(
    database: Database, empty_database: Database
) -> None:
    declared_metadata().create_all(empty_database.engine)
    migrated, declared = schema_of(database), schema_of(empty_database)
    assert any(line.startswith("CREATE TABLE public.contacts") for line in migrated)
    difference = difflib.unified_diff(declared, migrated, "declared", "migrated", lineterm="")
    assert migrated == declared, "\n".join(difference)


def test_a_new_database_lacks_every_revision_and_a_migrated_one_none(
    empty_database: Database,
) -> None:
    before = migration_status(empty_database)
    assert before.current is None
    assert before.pending[0] == "0001"
    migrate(empty_database)
    after = migration_status(empty_database)
    assert (after.current, after.pending) == (before.pending[-1], ())
    assert after.head == after.current


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = schema_of(database)
    prepare(database)
    assert schema_of(database) == before


def test_processes_that_migrate_at_once_migrate_once(empty_database: Database) -> None:
    failures: list[Exception] = []

    def migrate_too() -> None:
        try:
            prepare(empty_database)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate_too) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert migration_status(empty_database).pending == ()


def test_a_database_of_a_newer_vigie_is_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(DatabaseError, match="revision «9999», which this Vigie does not know"):
        migrate(database)
    with pytest.raises(DatabaseError, match="upgrade Vigie"):
        migration_status(database)


def test_migrations_run_from_any_directory(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    migrate(empty_database)
    assert migration_status(empty_database).pending == ()
    assert list(tmp_path.iterdir()) == []
