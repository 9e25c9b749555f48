"""The history of the schema: numbered, hand-written files in ``versions/``, applied by Alembic.

`ingest.database.migrate` brings a database to the newest revision; any number of processes
may call it at once.  To change the schema: one new file in ``versions/`` and the same change in
:mod:`ingest.schema`; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from ingest.errors import DatabaseError

#: Any number, the same in every process: who migrates holds this advisory lock.
_LOCK = 0x7669676965


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """Where a database stands; `pending` lists the missing revisions, oldest first."""

    current: str | None
    head: str | None
    pending: tuple[str, ...]


def upgrade(engine: Engine) -> None:
    """Apply every missing revision, all or none.  Raises DatabaseError on a newer database."""
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if _require_known(connection) == _scripts().get_current_head():
            return
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def status(engine: Engine) -> MigrationStatus:
    """Which revision the database is at and which ones it lacks."""
    with engine.connect() as connection:
        current = _require_known(connection)
    script = _scripts()
    head = script.get_current_head()
    missing = script.iterate_revisions(head, current) if head else ()
    return MigrationStatus(current, head, tuple(r.revision for r in missing)[::-1])


def known_revision(revision: str) -> None:
    """Raises DatabaseError where a newer Vigie made it."""
    try:
        _scripts().get_revision(revision)
    except CommandError as error:
        raise DatabaseError(
            f"it is of revision «{revision}», which this Vigie does not know: upgrade Vigie first"
        ) from error


def _require_known(connection: Connection) -> str | None:
    """The database's revision, which must be one of ours."""
    current = MigrationContext.configure(connection).get_current_revision()
    try:
        _scripts().get_revision(current or "base")
    except CommandError as error:
        raise DatabaseError(
            f"the database is at revision «{current}», which this Vigie does not know: "
            f"a newer one migrated it; upgrade Vigie, or use another database"
        ) from error
    return current


@cache
def _scripts() -> ScriptDirectory:
    """The revisions that this code has: each is a file, read once a process."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
