"""Rows on stdout for ``--format table|json|csv``: one printer for every command.

JSON is one list of objects, CSV has a header, a table too wide for the terminal is turned
into one block a row.  Empty (no value) is ``null``, an empty cell, «–».
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TextIO

import typer

Row = Mapping[str, object]
#: A spreadsheet takes a text with one of these in front for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    json = "json"
    csv = "csv"


#: The option of a command that prints rows: ``format: FormatOption = Format.table``.
FormatOption = Annotated[Format, typer.Option("--format", help="How rows are printed.")]


def print_rows(rows: Sequence[Row], format: Format, out: TextIO | None = None) -> None:
    """Print the rows; columns are those of all rows, in order of first appearance."""
    out = out or sys.stdout
    columns = list(dict.fromkeys(name for row in rows for name in row))
    match format:
        case Format.json:
            objects = [dict(row) for row in rows]
            json.dump(objects, out, default=_plain, ensure_ascii=False, indent=1)
            out.write("\n")
        case Format.csv:
            _print_csv(rows, columns, out)
        case Format.table:
            _print_table(rows, columns, out)


def _print_csv(rows: Sequence[Row], columns: list[str], out: TextIO) -> None:
    writer = csv.writer(out, lineterminator="\n")
    if columns:  # no rows: no columns are known, and a blank line would be a record
        writer.writerow(columns)
    writer.writerows([csv_cell(row.get(name)) for name in columns] for row in rows)


def _print_table(rows: Sequence[Row], columns: list[str], out: TextIO) -> None:
    cells = [[_shown(row.get(name)) for name in columns] for row in rows]
    widths = [
        max(len(name), *(len(line[at]) for line in cells), 0) for at, name in enumerate(columns)
    ]
    if not rows:
        out.write("no rows\n")
    elif sum(widths) + 3 * len(widths) + 1 > shutil.get_terminal_size((120, 24)).columns:
        _print_blocks(columns, cells, out)
    else:
        _print_grid(columns, cells, sum(widths) + 3 * len(widths) + 1, out)


def _print_blocks(columns: list[str], cells: list[list[str]], out: TextIO) -> None:
    wide = max(len(name) for name in columns)
    blocks = (
        "".join(f"{name:<{wide}}  {cell}\n" for name, cell in zip(columns, line, strict=True))
        for line in cells
    )
    out.write("\n".join(blocks))


def _print_grid(columns: list[str], cells: list[list[str]], width: int, out: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for name in columns:
        table.add_column(Text(name), no_wrap=True)
    for line in cells:
        table.add_row(*map(Text, line))
    Console(file=out, width=width, highlight=False).print(table)


def _plain(value: object) -> str:
    """What JSON has no type for."""
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def csv_cell(value: object) -> object:
    """A CSV cell that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = _plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _shown(value: object) -> str:
    """A cell of a table: no control character reaches the terminal."""
    if value is None:
        return "–"
    text = str(round(value, 4)) if isinstance(value, float) else _plain(value)
    return "".join(char if char.isprintable() else "�" for char in text)
