"""Restoring a backup: into a database of its own, brought up to date, then in the old one's place.

Until the last step nothing of what was there is touched.  Whoever was erased since the backup
is erased again before anybody can read it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from app.backup.manifest import Manifest, read, require_whole
from app.backup.tools import run
from app.bootstrap import House, prepare, store_of
from app.errors import AppError, Conflict
from app.privacy.erasure import erase_again
from app.privacy.tombstones import NAME, Tombstones, place_of, remembered
from app.settings import Settings
from ingest.database import Database, database_at
from ingest.migrations import known_revision

_TABLES = b"select count(*) from pg_tables where schemaname = 'public'"
_COUNTS = b"select (select count(*) from events), (select count(*) from contacts)"
_BURIED = """
select erased_at,
    coalesce(array_agg(kind order by tombstone) filter (where kind is not null), '{}'),
    coalesce(array_agg(tombstone order by tombstone) filter (where kind is not null), '{}'),
    coalesce(array_agg(thread_key order by thread_key) filter (where thread_key is not null), '{}')
from (
    select erased_at, kind, tombstone, null::bigint as thread_key from erased_identities
    union all
    select erased_at, null, null, thread_key from erased_threads
) buried
group by erased_at
"""


class Restored(msgspec.Struct, frozen=True):
    """What came back; `erased`: contacts that lost their name again."""

    made_at: datetime
    revision: str
    events: int
    contacts: int
    erased: int


def restore(
    database: Database,
    settings: Settings,
    folder: Path,
    now: datetime,
    *,
    replace: bool = False,
    erasures: Sequence[Path] = (),
) -> Restored:
    """Put the backup in the place of the database, which must be empty unless `replace`.

    Closes `database`.  Raises WrongUse, AppError; then everything is as it was.
    """
    manifest = read(folder)
    known_revision(manifest.revision)
    dump = require_whole(folder, manifest)
    told = [*_buried_in(database), *_told(settings, folder, erasures)]
    empty = _asked(database, _TABLES) == (0,)
    if not (empty or replace):
        raise Conflict(
            f"database «{_name(database)}» is not empty: --replace puts the backup in the place "
            "of all that is in it"
        )
    with _drafted(database) as draft:
        _fill(draft, dump, manifest)
        erased = _bring_up(draft, settings, told, now)
        draft.engine.dispose()
        _swap(database, _name(draft))
    return Restored(manifest.made_at, manifest.revision, manifest.events, manifest.contacts, erased)


def _told(settings: Settings, folder: Path, more: Iterable[Path]) -> list[Tombstones]:
    """All erasures that are remembered outside of any database."""
    return remembered([place_of(settings), folder.absolute().parent / NAME, *more])


def _buried_in(database: Database) -> list[Tombstones]:
    """The erasures that the database knows of which is to be replaced."""
    try:
        with database.connect() as connection:
            return [Tombstones(*row) for row in connection.execute(_BURIED)]
    except psycopg.errors.UndefinedTable:
        return []  # It is empty, or older than erasures are.


@contextmanager
def _drafted(database: Database) -> Iterator[Database]:
    """A new database beside the other; gone again unless it took its place."""
    name = f"{_name(database)}_restoring_{os.getpid()}"
    with database.connect(autocommit=True) as admin:
        create = "create database {} template template0 encoding 'UTF8'"
        try:
            admin.execute(sql.SQL(create).format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise AppError(
                "the database account may not create databases, and a backup is restored beside "
                f"what is there: alter role {admin.info.user} createdb, then try again"
            ) from error
    try:
        with database_at(make_conninfo(database.conninfo, dbname=name)) as draft:
            yield draft
    finally:
        with _beside(database) as admin:
            gone = sql.SQL("drop database if exists {} with (force)")
            admin.execute(gone.format(sql.Identifier(name)))


def _fill(draft: Database, dump: Path, manifest: Manifest) -> None:
    run("pg_restore", draft.conninfo, "--no-owner", "--no-privileges", "--exit-on-error",
        "--jobs=2", str(dump))  # fmt: skip
    counted = _asked(draft, _COUNTS)
    if counted != (manifest.events, manifest.contacts):
        raise AppError(f"{dump} gave other rows than were saved: take another backup")
    with draft.connect(autocommit=True) as connection:
        connection.execute("analyze")


def _bring_up(
    draft: Database, settings: Settings, told: Sequence[Tombstones], now: datetime
) -> int:
    """To this code's schema, and without whom was erased; how many contacts lost their name."""
    prepare(draft)
    if not told:
        return 0
    return erase_again(House(settings, draft, store_of(draft, settings)), told, now).contacts


def _swap(database: Database, draft: str) -> None:
    """The draft takes the name of the other, which is gone then."""
    name, old = _name(database), f"{_name(database)}_replaced_{os.getpid()}"
    database.engine.dispose()
    rename = sql.SQL("alter database {} rename to {}")
    with _beside(database) as admin:
        for each in (name, draft):
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (each,)
            )
        admin.execute(rename.format(sql.Identifier(name), sql.Identifier(old)))
        try:
            admin.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
        except psycopg.Error:
            admin.execute(rename.format(sql.Identifier(old), sql.Identifier(name)))
            raise
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(old)))


@contextmanager
def _beside(database: Database) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection to the same server, not to that database."""
    conninfo = make_conninfo(database.conninfo, dbname="postgres")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        yield connection


def _asked(database: Database, query: bytes) -> TupleRow | None:
    with database.connect() as connection:
        return connection.execute(query).fetchone()


def _name(database: Database) -> str:
    return str(conninfo_to_dict(database.conninfo)["dbname"])
