"""Lines → rows of cells: quotes, cells of several lines, and what is broken by itself.

A quoted cell may go on over lines.  A quote that is opened and never closed must not swallow
the rows after it: a row of several lines counts only where it has as many cells as the header;
else its first line is refused and the lines after it are read for themselves.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ingest.errors import RejectedEvent
from ingest.events import Rejected
from ingest.reading.lines import text_of

#: No cell goes on over more lines.
LINES_OF_A_CELL = 100
DELIMITERS = (",", ";", "\t", "|")


class Row(NamedTuple):
    """One record: the bytes as they stand (in UTF-8), and its cells."""

    raw: bytes
    cells: list[str]


class Delimited:
    """The rows of lines in UTF-8, or why one is none.  Blank lines are nothing."""

    def __init__(self, lines: Iterator[bytes], delimiter: str, quote: str = '"') -> None:
        self._lines = lines
        self._ahead: deque[bytes] = deque()
        self._delimiter = delimiter
        self._quote = quote
        self._mark = quote.encode()
        #: As many cells has the header, once it is known.
        self.width: int | None = None

    def __iter__(self) -> Iterator[Row | Rejected]:
        while (line := self._next()) is not None:
            if line and not line.isspace():
                yield self._row(line)

    def _next(self) -> bytes | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _row(self, line: bytes) -> Row | Rejected:
        try:
            text = text_of(line)
            cells = self._cells(text) if self._mark in line else text.split(self._delimiter)
        except RejectedEvent as error:
            return Rejected.of(error, line)
        return self._continued(line) if cells is None else Row(line, cells)

    def _cells(self, text: str) -> list[str] | None:
        """The cells; None where the last one is quoted and not closed yet."""
        read = csv.reader([text], delimiter=self._delimiter, quotechar=self._quote, strict=True)
        try:
            return next(read, [])
        except csv.Error as error:
            if "unexpected end" in str(error):
                return None
            raise RejectedEvent("bad_record", f"the quotes do not match: {error}") from error

    def _continued(self, first: bytes) -> Row | Rejected:
        taken = [first]
        while len(taken) < LINES_OF_A_CELL and (line := self._next()) is not None:
            taken.append(line)
            row = self._whole(taken) if self._mark in line else None
            if isinstance(row, Row):
                return row
            if row is not None:
                break
        self._ahead.extendleft(reversed(taken[1:]))
        return Rejected(reason="bad_record", detail="a quote is opened and not closed", raw=first)

    def _whole(self, taken: list[bytes]) -> Row | RejectedEvent | None:
        """The row of these lines, or why they are none; None: it goes on."""
        raw = b"\n".join(taken)
        try:
            cells = self._cells(text_of(raw))
        except RejectedEvent as error:
            return error
        if cells is None:
            return None
        if self.width not in (None, len(cells)):
            return RejectedEvent("bad_record", f"{len(cells)} cells")
        return Row(raw, cells)
