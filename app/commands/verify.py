"""``vigie verify``: every number recomputed from the events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from app.bootstrap import House


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="verify")(verify)


def verify(
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="First make customers, links and rollups anew."),
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Recompute contacts, customers, links and rollups from all events and compare; 0 differing
    cells is good.

    Exits 1 with the cells where something differs.

    Example: vigie verify
    """
    from app.bootstrap import linker_of, open_house
    from app.errors import AppError
    from app.settings import load_settings

    with open_house(load_settings()) as house:
        if rebuild:
            _rebuild(house)
        linker_of(house).drain(datetime.now(UTC))
        cells = _differing(house)
    if cells or format is not Format.table:
        print_rows(cells, format)
    if not cells or format is Format.table:
        typer.echo(f"{len(cells)} differing cells", err=format is not Format.table)
    if cells:
        remedy = _remedy({cell["table"] for cell in cells})
        raise AppError(f"{len(cells)} differing cells: {remedy}")


def _rebuild(house: House) -> None:
    """Customers first: links hang on them, and rollups on links."""
    from app.bootstrap import linker_of
    from ingest.customer_check import rebuild as forget_customers
    from kpis.rollup import rebuild as make_anew

    with house.database.engine.begin() as connection:
        forget_customers(connection)
    linker_of(house).drain(datetime.now(UTC))
    with house.database.engine.begin() as connection:
        make_anew(connection)


def _differing(house: House) -> list[dict[str, str]]:
    """All of it as of one moment."""
    from msgspec.structs import asdict

    from ingest.customer_check import recompute
    from kpis.rollup import verify as differing
    from kpis.snapshot import snapshot

    with snapshot(house.database.engine) as connection:
        return [asdict(cell) for cell in (*differing(connection), *recompute(connection))]


def _remedy(tables: set[str]) -> str:
    if "contacts" in tables:
        return "the contacts are not what their events say: compare with a backup"
    return "`vigie verify --rebuild` makes the rollups anew, customers and links before them"
