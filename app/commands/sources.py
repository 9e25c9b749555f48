"""``vigie sources``: what feeds the house, since when it is silent, and what is wrong with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from ingest.connector import Source
    from ingest.standing import Standing

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="sources", help="What feeds the house, and how each source stands.")


@group.command("list")
def list_sources(format: FormatOption = Format.table) -> None:
    """List every source, configured or seen: last event, lag in seconds, today's ledger.

    Example: vigie sources list --format json
    """
    rows, _ = _examined(datetime.now(UTC))
    print_rows(rows, format)


@group.command("check")
def check(format: FormatOption = Format.table) -> None:
    """Check every source: connector, options and secret are there, its last pull went well.

    Example: vigie sources check
    """
    from app.errors import AppError
    from app.settings import load_settings

    rows, ailing = _examined(datetime.now(UTC))
    print_rows(rows, format)
    if not any(row["configured"] for row in rows):
        path = load_settings().config_path()
        typer.echo(f"vigie: no source is configured: write [sources.NAME] in {path}", err=True)
    if ailing:
        raise AppError(f"{len(ailing)} of {len(rows)} sources need attention: {', '.join(ailing)}")


def _examined(now: datetime) -> tuple[list[dict[str, object]], list[str]]:
    """A row a source, by name, and the names of those with a trouble."""
    from app.bootstrap import open_house
    from app.settings import load_settings
    from ingest.standing import standings

    settings = load_settings()
    configured = settings.sources()
    with open_house(settings) as house, house.database.engine.connect() as connection:
        seen = standings(connection, now)
    rows = [
        _row(name, configured.get(name), seen.get(name), now)
        for name in sorted({*configured, *seen})
    ]
    return rows, [str(row["source"]) for row in rows if row["trouble"]]


def _row(
    name: str, source: Source | None, seen: Standing | None, now: datetime
) -> dict[str, object]:
    from msgspec.structs import asdict

    from ingest.standing import Standing

    fared = seen or Standing()
    last = fared.last_event_at
    return {
        "source": name,
        "connector": source.connector if source else fared.connector,
        "configured": source is not None,
        "trouble": _trouble(source, fared),
        "last_event_at": last,
        "lag_s": None if last is None else max(0, round((now - last).total_seconds())),
        **asdict(fared.today),
    }


def _trouble(source: Source | None, seen: Standing) -> str | None:
    """What a person must mend; None where all is well."""
    from app.sources import lacks

    return (source and lacks(source)) or seen.error
