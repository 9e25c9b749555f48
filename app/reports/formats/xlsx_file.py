"""XLSX: a sheet a topic; numbers are numbers, every text is a text, the same bytes every time.

Shares are fractions shown as percent, durations seconds, times those of the report's zone.  No
text is ever taken for a formula, a number or a link.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from app.i18n import _
from app.reports.model import Cell, Column, Content, Figure, Section, Table
from app.reports.palette import INK, STATES
from app.reports.paper import empty
from app.reports.sheet_chart import draw
from app.reports.sheet_page import Layout, width
from app.reports.writing import shown

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: A text may be taken for nothing but a text.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd hh:mm",
}
_PALE, _LINE = "#e8eef5", "#c8d2dd"
_NUMBERS = {
    "count": "#,##0",
    "fraction": "0.0%",
    "seconds": "#,##0.0",
    "money": "#,##0.00",
    "number": "#,##0.00",
    "moment": "yyyy-mm-dd hh:mm",
    "day": "yyyy-mm-dd",
}

#: What a cell of a spreadsheet holds at most.
_CHARS = 32_767
#: Kinds of cells that are read, not reckoned with.
_WORDS = ("text", "clock", "moment", "day")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def render(content: Content) -> bytes:
    """The workbook: the cover with the headline figures, then the other topics."""
    out = io.BytesIO()
    with Workbook(out, OPTIONS) as workbook:
        made = content.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        workbook.set_properties({"title": content.title, "author": "Vigie", "created": made})
        book = Book(workbook, ZoneInfo(content.zone))
        for number, section in enumerate(content.sections):
            sheet = book.sheet(section.title)
            top = book.cover(sheet, content) if not number else book.head(sheet, section)
            book.section(sheet, section, top)
    return out.getvalue()


class Book:
    """One workbook being written: its formats, and the names its sheets have."""

    def __init__(self, workbook: Workbook, zone: ZoneInfo) -> None:
        self._workbook = workbook
        self._zone = zone
        self._formats: dict[tuple[object, ...], Format] = {}
        self._names: set[str] = set()
        self._layouts: dict[str, Layout] = {}

    def sheet(self, title: str) -> Worksheet:
        """A sheet of that name, as far as names of sheets may go."""
        name = stem = _FORBIDDEN.sub(" ", title).strip("'")[:28] or "-"
        while name.casefold() in self._names:
            name = f"{stem} {len(self._names)}"
        self._names.add(name.casefold())
        sheet = self._workbook.add_worksheet(name)
        self._layouts[name] = Layout(sheet)
        return sheet

    def cover(self, sheet: Worksheet, content: Content) -> int:
        """The report's name, its days and its stamps; gives the first free row."""
        self._title(sheet, 0, content.title, 18)
        self._title(sheet, 1, content.subtitle, 13, bold=False)
        for row, words in enumerate(content.stamp, start=2):
            self._text(sheet, row, 0, words, ink="#5b6b7b")
        return 3 + len(content.stamp)

    def head(self, sheet: Worksheet, section: Section) -> int:
        """The topic and its note; gives the first free row."""
        self._title(sheet, 0, section.title, 15)
        if section.note:
            self._text(sheet, 1, 0, section.note, ink="#5b6b7b")
        return 3 if section.note else 2

    def section(self, sheet: Worksheet, section: Section, row: int) -> None:
        """Findings, figures and tables, one below the other; the heads of the first are frozen."""
        for finding in section.findings:
            self._text(sheet, row, 0, finding.words, bold=True, ink=STATES[finding.state])
            row += 1
        if section.figures:
            row = self._figures(sheet, section.figures, row + 1)
        for number, table in enumerate(section.tables):
            alone = number == 0 and not section.figures
            title = "" if table.title == section.title else table.title
            row = self._table(sheet, table, title, row, freeze=alone)
        labels = [_labels(table) for table in section.tables if table.rows]
        self._layout(sheet).page(min(labels, default=1))

    def _figures(self, sheet: Worksheet, figures: tuple[Figure, ...], row: int) -> int:
        besides = [against.label for against in figures[0].against]
        heads = ["KPI", _("Value"), _("Target"), *besides]
        for at in range(len(heads)):
            self._layout(sheet).widen(at, 16 if at else 34)
        self._heads(sheet, row, heads, range(1, len(heads)))
        sheet.freeze_panes(row + 1, 1)
        for down, figure in enumerate(figures, start=row + 1):
            self._text(sheet, down, 0, unit_words(figure.label, figure.kind))
            told = (figure.value, figure.target, *(one.value for one in figure.against))
            for at, value in enumerate(told, start=1):
                self._number(
                    sheet, down, at, value, figure.kind, state=figure.state if at == 1 else None
                )
        return row + len(figures) + 2

    def _table(self, sheet: Worksheet, table: Table, title: str, row: int, *, freeze: bool) -> int:
        """Title, note, heads, rows, total, and what is drawn of them; gives the next free row."""
        kept = [at for at in range(len(table.columns)) if _told(table, at)]
        if title:
            self._title(sheet, row, title, 12)
            row += 1
        if not table.rows:
            self._text(sheet, row, 0, table.empty, ink="#5b6b7b")
            return row + 2
        if table.note:
            self._text(sheet, row, 0, table.note, ink="#5b6b7b")
            row += 1
        columns = [table.columns[at] for at in kept]
        for at, column in enumerate(columns):
            self._layout(sheet).widen(at, width(column))
        heads = [unit_words(column.label, column.kind) for column in columns]
        numbers = [at for at, column in enumerate(columns) if column.kind not in _WORDS]
        self._heads(sheet, row, heads, numbers)
        if freeze:
            sheet.freeze_panes(row + 1, 1)
        first = row + 1
        for row, cells in enumerate(table.rows, start=first):
            self._line(sheet, row, [cells[at] for at in kept], columns)
        if table.total is not None:
            row += 1
            self._line(sheet, row, [table.total[at] for at in kept], columns, total=True)
        if table.chart is not None and len(table.rows) > 1:
            place = (first, first + len(table.rows) - 1)
            # Beside the labels: they are printed on each page, and would take it along.
            corner = (row + 2, _labels(table))
            row = draw(self._workbook, sheet, table.chart, columns, place, corner)
        return row + 3

    def _layout(self, sheet: Worksheet) -> Layout:
        return self._layouts[sheet.get_name()]

    def _line(
        self,
        sheet: Worksheet,
        row: int,
        cells: list[Cell],
        columns: list[Column],
        *,
        total: bool = False,
    ) -> None:
        told = [(at, value) for at, value in enumerate(cells) if isinstance(value, str)]
        self._layout(sheet).lines(row, told)
        for at, (value, column) in enumerate(zip(cells, columns, strict=True)):
            if total and value is None and column.kind in _WORDS:
                self._text(sheet, row, at, "" if at else _("Total"), bold=True, top=1)
            else:
                self._cell(sheet, row, at, value, column, total=total)

    def _cell(
        self, sheet: Worksheet, row: int, at: int, value: Cell, column: Column, *, total: bool
    ) -> None:
        looks: dict[str, object] = {"bold": True, "top": 1} if total else {}
        if isinstance(value, datetime) and column.kind != "clock":
            local = value.astimezone(self._zone).replace(tzinfo=None)
            sheet.write_datetime(row, at, local, self._format(column.kind, **looks))
        elif isinstance(value, int | float):
            self._number(sheet, row, at, value, column.kind, **looks)
        elif value is None and column.kind not in _WORDS:
            sheet.write_blank(row, at, None, self._format(column.kind, **looks))
        else:
            self._text(sheet, row, at, shown(value, column, self._zone), wrap=True, **looks)

    def _title(
        self, sheet: Worksheet, row: int, words: str, size: int, *, bold: bool = True
    ) -> None:
        self._layout(sheet).heading(row, size)
        self._text(sheet, row, 0, words, bold=bold, size=size, ink=INK)

    def _heads(
        self, sheet: Worksheet, row: int, heads: Sequence[str], numbers: Collection[int]
    ) -> None:
        """The heads of a table; those above numbers stand where the numbers stand."""
        self._layout(sheet).lines(row, enumerate(heads))
        for at, words in enumerate(heads):
            side = "right" if at in numbers else None
            self._text(sheet, row, at, words, bold=True, wrap=True, fill=_PALE, bottom=1, side=side)

    def _text(self, sheet: Worksheet, row: int, at: int, words: str, **looks: object) -> None:
        # Away from the number that stands to its left.
        indent = 1 if at and looks.get("side") is None else None
        sheet.write_string(row, at, words[:_CHARS], self._format("text", indent=indent, **looks))

    def _number(
        self,
        sheet: Worksheet,
        row: int,
        at: int,
        value: int | float | None,
        kind: str,
        **looks: object,
    ) -> None:
        if value is not None:
            sheet.write_number(row, at, value, self._format(kind, **looks))

    def _format(self, kind: str, **looks: object) -> Format:
        """The format of a kind of value with these looks, made once."""
        key = (kind, *sorted(looks.items(), key=str))
        if key not in self._formats:
            self._formats[key] = self._workbook.add_format(_properties(kind, looks))
        return self._formats[key]


def unit_words(label: str, kind: str) -> str:
    """A head that says its unit where the cells do not."""
    return _("{name} (s)", name=label) if kind == "seconds" else label


def _properties(kind: str, looks: dict[str, object]) -> dict[str, object]:
    ink = STATES.get(str(looks.get("state"))) or looks.get("ink")
    told = {
        "font_name": "Calibri",
        "valign": "top",
        "align": looks.get("side"),
        "indent": looks.get("indent"),
        "num_format": _NUMBERS.get(kind),
        "bold": looks.get("bold"),
        "font_size": looks.get("size", 11),
        "font_color": ink,
        "text_wrap": looks.get("wrap"),
        "bg_color": looks.get("fill"),
        "bottom": looks.get("bottom"),
        "top": looks.get("top"),
        "border_color": _LINE,
    }
    return {name: value for name, value in told.items() if value is not None}


def _told(table: Table, at: int) -> bool:
    """Is a column worth its room?  A KPI without any value is not, unless people look for it."""
    column = table.columns[at]
    return column.main or column.kind == "text" or not empty(table, at)


def _labels(table: Table) -> int:
    """How many columns say of what a row tells."""
    return sum(1 for _ in takewhile(lambda column: column.kind in _WORDS, table.columns)) or 1
