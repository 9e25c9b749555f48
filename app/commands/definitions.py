"""``vigie definitions``: what every KPI means; the documentation's tables are made of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.errors import WrongUse
from app.printing import Format, FormatOption, print_rows


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="definitions")(definitions)


def definitions(
    language: Annotated[str, typer.Option("--language", help="fr or en.")] = "en",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The page of the documentation instead.")
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="FILE", help="Bring the table of a README up to date."),
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Print every KPI: its formula, its unit, who is in the denominator, its caveats.

    Example: vigie definitions --format json; vigie definitions --markdown > docs/kpis.md
    """
    from app.definitions_text import page, put_into

    if language not in ("fr", "en"):
        raise WrongUse(f"no language «{language}»: use fr or en")
    if into is not None:
        print(f"{into} {'changed' if put_into(into) else 'is up to date'}", file=sys.stderr)
    elif markdown:
        print(page(), end="")
    else:
        print_rows(_rows(language), format)


def _rows(language: str) -> list[dict[str, object]]:
    from kpis.catalogue import catalogue, families

    return [
        {
            "kpi": kpi.key,
            "family": families()[kpi.family].labels[language],
            "label": kpi.labels[language],
            "unit": kpi.unit,
            "direction": kpi.direction,
            "formula": kpi.formula if isinstance(kpi.formula, str) else kpi.formula[language],
            "definition": kpi.definition[language],
            "caveats": kpi.caveats[language] if kpi.caveats else None,
        }
        for kpi in catalogue().values()
    ]
