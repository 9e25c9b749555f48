"""``vigie sources map``: a mapping for a table, proposed from its header and first rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.sources import group


def register(app: typer.Typer) -> None:
    """Nothing to add: the command is one of its group."""


@group.command("map", no_args_is_help=True)
def propose(
    file: Annotated[Path, typer.Argument(help="An export: CSV, TSV or a workbook.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it there; a file that exists is kept.")
    ] = None,
) -> None:
    """Propose a mapping for a table, and say what was guessed from what and what is left open.

    Example: vigie sources map calls.csv --out crm.toml
    """
    from ingest.formats.table.proposal import proposed

    proposal = proposed(_readable(file))
    if out is None:
        print(proposal.toml, end="")
    else:
        _write(out, proposal.toml)
    for each in proposal.open:
        print(f"vigie: left open: {each}", file=sys.stderr)


def _readable(file: Path) -> Path:
    from app.errors import WrongUse

    if not file.is_file():
        raise WrongUse(f"there is no file {file}")
    return file


def _write(out: Path, toml: str) -> None:
    from app.errors import WrongUse

    try:
        with out.open("x", encoding="utf-8") as opened:
            opened.write(toml)
    except FileExistsError as error:
        raise WrongUse(f"{out} exists already: name another with --out, or remove it") from error
    print(f"vigie: written to {out}", file=sys.stderr)
