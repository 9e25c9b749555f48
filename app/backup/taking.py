"""Taking a backup: one snapshot of the whole database while everybody goes on."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import msgspec
import psycopg
from psycopg.rows import TupleRow

from app.backup.manifest import DUMP, MANIFEST, Manifest, digest, key_mark
from app.backup.tools import run
from app.errors import AppError, WrongUse
from app.privacy.tombstones import NAME, place_of
from app.settings import Settings
from ingest.database import Database

_FACTS = """
select pg_export_snapshot(), current_setting('server_version'),
    (select version_num from alembic_version),
    (select count(*) from events), (select count(*) from contacts)
"""


def take(database: Database, settings: Settings, folder: Path, now: datetime) -> Manifest:
    """Write a backup into a folder that is not there yet; it is whole when it appears.

    Beside it go the erasures, so that a restore knows of all that were made until then.
    """
    if folder.exists():
        raise WrongUse(f"{folder} is there already: name a new folder for each backup")
    if not folder.parent.is_dir():
        raise WrongUse(f"there is no folder {folder.parent}: create it first")
    try:
        draft = Path(mkdtemp(prefix=f".{folder.name}-", suffix=".part", dir=folder.parent))
        try:
            manifest = _write(database, settings, draft, now)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        _keep_erasures(place_of(settings), folder.parent / NAME)
    except OSError as error:
        raise AppError(f"cannot write {folder}: {error.strerror}; choose another place") from error
    return manifest


def _write(database: Database, settings: Settings, draft: Path, now: datetime) -> Manifest:
    with database.connect() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot, server, revision, events, contacts = _facts(connection)
        dump = draft / DUMP
        # One file, compressed; who owns what is the target's business.
        run("pg_dump", database.conninfo, "--format=custom", "--no-owner", "--no-privileges",
            f"--snapshot={snapshot}", f"--file={dump}")  # fmt: skip
        connection.rollback()
    version = importlib.metadata.version("vigie")
    manifest = Manifest(
        now, version, server, revision, events, contacts, dump.stat().st_size, digest(dump),
        key_mark(settings.secret_key),
    )  # fmt: skip
    (draft / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    for path in (dump, draft / MANIFEST):
        _settle(path)
    return manifest


def _facts(connection: psycopg.Connection[TupleRow]) -> TupleRow:
    try:
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        row = connection.execute(_FACTS).fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise AppError("there is nothing of Vigie in this database: `vigie db status`") from error
    assert row is not None
    return row


def _keep_erasures(known: Path, beside: Path) -> None:
    """Add to the file beside the backups what it does not have yet."""
    if not known.exists() or known.absolute() == beside.absolute():
        return
    there = set(beside.read_bytes().splitlines()) if beside.exists() else set()
    new = [line for line in known.read_bytes().splitlines() if line and line not in there]
    if new:
        handle = os.open(beside, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(b"".join(line + b"\n" for line in new))
            file.flush()
            os.fsync(file.fileno())


def _settle(path: Path) -> None:
    """On the disk, for its owner only."""
    path.chmod(0o600)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
