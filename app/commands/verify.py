"""``vigie verify``: every number recomputed from the events."""

from __future__ import annotations

from typing import Annotated

import typer

from app.printing import Format, FormatOption, print_rows


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="verify")(verify)


def verify(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First make the rollups anew from the contacts.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Recompute contacts and rollups from all events and compare; 0 differing cells is good.

    Exits 1 with the cells where something differs.

    Example: vigie verify
    """
    import msgspec

    from app.bootstrap import open_house
    from app.errors import AppError
    from app.settings import load_settings
    from kpis.rollup import rebuild as make_anew
    from kpis.rollup import verify as differing
    from kpis.snapshot import snapshot

    with open_house(load_settings()) as house:
        engine = house.database.engine
        if rebuild:
            with engine.begin() as connection:
                make_anew(connection)
        with snapshot(engine) as connection:
            cells = differing(connection)
    if cells or format is not Format.table:
        print_rows([msgspec.structs.asdict(cell) for cell in cells], format)
    if not cells or format is Format.table:
        typer.echo(f"{len(cells)} differing cells", err=format is not Format.table)
    if cells:
        raise AppError(f"{len(cells)} differing cells: {_remedy({cell.table for cell in cells})}")


def _remedy(tables: set[str]) -> str:
    if "contacts" in tables:
        return "the contacts are not what their events say: compare with a backup"
    return "`vigie verify --rebuild` makes the rollups anew from the contacts"
