"""``vigie db``: where the database stands, and bringing it to what this Vigie expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from ingest.database import Database

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="db", help="The database: where it stands, its migrations.")


@group.command()
def status(format: FormatOption = Format.table) -> None:
    """Show the server, the database and the revisions it lacks; changes nothing.

    Example: vigie db status --format json
    """
    with _database() as database:
        print_rows([_row(database)], format)


@group.command()
def migrate(format: FormatOption = Format.table) -> None:
    """Apply the missing revisions and align the rollups; again and again is harmless.

    Example: vigie db migrate
    """
    from app.bootstrap import prepare

    with _database() as database:
        prepare(database)
        print_rows([_row(database)], format)


def _database() -> Database:
    from app.settings import load_settings
    from ingest.database import open_database

    settings = load_settings()
    return open_database(settings.home, settings.database_url)


def _row(database: Database) -> dict[str, object]:
    from ingest.database import migration_status

    where = migration_status(database)
    with database.connect() as connection:
        info = connection.info
        size = connection.execute("select pg_database_size(current_database())").fetchone()
        return {
            "server": info.parameter_status("server_version"),
            "embedded": database.embedded is not None,
            "host": info.host,
            "database": info.dbname,
            "bytes": size[0] if size else None,
            "revision": where.current,
            "newest": where.head,
            "pending": " ".join(where.pending),
        }
