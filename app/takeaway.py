"""Files of a table: CSV and XLSX that no spreadsheet runs anything of.

Numbers go out unrounded in the units of the API (fractions, seconds); times as the site's
clock shows them.  In an XLSX every text is a string cell; in a CSV a text that a spreadsheet
would take for a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from app.printing import csv_cell

Cell: TypeAlias = str | int | float | None
_FORMATS = {
    "integer": "#,##0", "decimal": "#,##0.00", "percent": "0.0%", "duration": "#,##0.0",
    "moment": "yyyy-mm-dd hh:mm",
}  # fmt: skip
_WIDEST = 48


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is taken away: (heading, kind) of each column, and rows of as many cells."""

    title: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Cell]]


def csv_of(sheet: Sheet) -> bytes:
    """The sheet as CSV; marked as UTF-8, or spreadsheets read «é» as two letters."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([csv_cell(label) for label, _kind in sheet.columns])
    writer.writerows([csv_cell(cell) for cell in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_of(sheet: Sheet, zone: ZoneInfo) -> bytes:
    """The sheet as a workbook: headings frozen, columns as wide as what stands in them."""
    from xlsxwriter import Workbook  # type: ignore[import-untyped]

    out = BytesIO()
    told = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False}  # fmt: skip
    with Workbook(out, told) as book:
        page = book.add_worksheet()
        bold = book.add_format({"bold": True})
        forms = {kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()}
        for at, (label, kind) in enumerate(sheet.columns):
            page.write_string(0, at, label, bold)
            column = [row[at] for row in sheet.rows]
            for line, cell in enumerate(column, 1):
                _write(page, line, at, _dated(cell, kind, zone), forms.get(kind))
            page.set_column(at, at, _width(label, kind, column))
        page.freeze_panes(1, 1)
        page.autofilter(0, 0, len(sheet.rows), max(0, len(sheet.columns) - 1))
        book.set_properties({"title": sheet.title})
    return out.getvalue()


def _write(page: Any, line: int, at: int, cell: Cell | datetime, form: object) -> None:
    if isinstance(cell, datetime):
        page.write_datetime(line, at, cell, form)
    elif isinstance(cell, str):
        page.write_string(line, at, cell)
    elif cell is not None:
        page.write_number(line, at, cell, form)


def _dated(cell: Cell, kind: str, zone: ZoneInfo) -> Cell | datetime:
    """A moment as the site's clock shows it: workbooks know no zones."""
    if kind != "moment" or not isinstance(cell, str):
        return cell
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        return cell
    return at.astimezone(zone).replace(tzinfo=None) if at.tzinfo else at


def _width(label: str, kind: str, column: Sequence[Cell]) -> int:
    texts = (len(cell) for cell in column if isinstance(cell, str))
    longest = 16 if kind == "moment" else max(texts, default=10)
    return min(_WIDEST, max(len(label), longest) + 2)
