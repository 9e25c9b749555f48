"""``vigie backup`` and ``vigie restore``: the whole database into a folder, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from app.settings import Settings

FolderArgument = Annotated[Path, typer.Argument(help="The folder of the backup.")]


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("backup", no_args_is_help=True)(backup)
    app.command("restore", no_args_is_help=True)(restore)


def backup(folder: FolderArgument, format: FormatOption = Format.table) -> None:
    """Save the whole database into a new folder, while everybody goes on working.

    VIGIE_SECRET_KEY and vigie.toml are not in it: keep them elsewhere.

    Example: vigie backup /backups/vigie-2026-11-22
    """
    from msgspec.structs import asdict

    from app.backup.taking import take
    from app.settings import load_settings
    from ingest.database import open_database

    settings = load_settings()
    with open_database(settings.home, settings.database_url) as database:
        manifest = take(database, settings, folder, datetime.now(UTC))
    print_rows([asdict(manifest)], format)
    typer.echo("not in it: VIGIE_SECRET_KEY, vigie.toml, the sources' secrets", err=True)


def restore(
    folder: FolderArgument,
    replace: Annotated[
        bool, typer.Option("--replace", help="In the place of a database that is not empty.")
    ] = False,
    erasures: Annotated[
        list[Path] | None,
        typer.Option("--erasures", help="More files of erasures than those known here."),
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Bring a backup back, migrated, with everybody erased who was erased since.

    Stop `serve`, `work` and `hub` before.  Until it is whole, what is there stays as it is.

    Example: vigie restore /backups/vigie-2026-11-22 --replace
    """
    from msgspec.structs import asdict

    from app.backup.restoring import restore as bring_back
    from app.settings import load_settings
    from ingest.database import open_database

    settings = load_settings()
    _tell_of_another_key(folder, settings)
    with open_database(settings.home, settings.database_url) as database:
        now = datetime.now(UTC)
        done = bring_back(database, settings, folder, now, replace=replace, erasures=erasures or ())
    print_rows([asdict(done)], format)
    typer.echo("`vigie verify` recomputes every number from the events", err=True)


def _tell_of_another_key(folder: Path, settings: Settings) -> None:
    from app.backup.manifest import key_mark, read

    if read(folder).key != key_mark(settings.secret_key):
        typer.echo(
            "this backup was made under another VIGIE_SECRET_KEY: under this one its customers "
            "will not be recognised when they call again",
            err=True,
        )
