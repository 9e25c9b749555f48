"""How a sheet lies on the screen and on paper: widths, heights that hold their text, pages."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from app.reports.model import Column

#: Points of a line of ordinary text, and of one of another size.
_LINE = 15.0
_SPACED = 1.35
#: Characters across a page in landscape that one still reads without a glass.
_ACROSS = 200
_LONG = ("definition", "effect", "why", "words", "formula", "caveats", "error")


class Layout:
    """The room that one sheet takes; told while it is written, applied where it is told."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self._widths: dict[int, int] = {}
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_footer("&L&A&R&P / &N")

    def widen(self, at: int, width: int) -> None:
        """As wide as the widest of the tables above each other."""
        self._widths[at] = max(width, self._widths.get(at, 0))
        self._sheet.set_column(at, at, self._widths[at])

    def heading(self, row: int, size: int) -> None:
        """Room for a line of that size."""
        self._sheet.set_row(row, round(size * _SPACED))

    def lines(self, row: int, texts: Iterable[tuple[int, str]]) -> None:
        """Room for wrapped texts, by their column: readers do not all make it themselves."""
        most = max((self._needed(at, words) for at, words in texts), default=1)
        if most > 1:
            self._sheet.set_row(row, _LINE * most)

    def page(self, labels: int) -> None:
        """Printed on as few pages across as can be read; so many labels stand on each."""
        across = max(1, ceil(sum(self._widths.values()) / _ACROSS))
        self._sheet.fit_to_pages(across, 0)
        if across > 1:
            self._sheet.repeat_columns(0, labels - 1)

    def _needed(self, at: int, words: str) -> int:
        """Lines as words break them; bold takes a little more than the column's measure."""
        room, lines, used = max(1, self._widths.get(at, 9) - 1), 1, 0
        for word in words.split():
            if used and used + 1 + len(word) > room:
                lines, used = lines + 1, len(word)
            else:
                used += len(word) + (1 if used else 0)
        return lines


def width(column: Column) -> int:
    """Characters of a column."""
    if column.key in _LONG:
        return 48
    return {"text": 24, "moment": 17, "clock": 13, "day": 13}.get(column.kind, 14)
