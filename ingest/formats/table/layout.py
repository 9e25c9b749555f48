"""Where the header of a table stands, what its columns are called, and the rows below it.

The header is the first row that has every column that is asked for, so titles, dates of
export and merged cells above it are passed over.  Names are compared without case, and any
white space in them is one space; of two columns of one name the second is «Name (2)».
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from ingest.events import Rejected
from ingest.formats.table.delimited import DELIMITERS, Delimited, Row
from ingest.formats.table.encoding import known, utf8_lines
from ingest.formats.table.mapping import Form, WrongMapping
from ingest.formats.table.workbook import is_workbook, sheets

#: A header stands in the first so many rows.
PROBE = 50
_NAMES_SHOWN, _CHARS_SHOWN = 40, 60

#: The names of a row's cells → whether it is the header.
IsHeader = Callable[[list[str]], bool]


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it, one pass; `rows` that repeat the header are left out."""

    #: The sheet, of a workbook.
    name: str | None
    delimiter: str
    header: Row
    names: list[str]
    rows: Iterator[Row | Rejected]


def plain(name: str) -> str:
    """How names are compared."""
    return " ".join(name.split()).casefold()


def names_of(cells: Iterable[str]) -> list[str]:
    """A name for every column, each once; empty cells have none."""
    seen: Counter[str] = Counter()
    names = []
    for cell in cells:
        name = " ".join(cell.split())
        seen[plain(name)] += 1
        times = seen[plain(name)]
        names.append(name if times == 1 or not name else f"{name} ({times})")
    return names


def shown(names: Iterable[str]) -> str:
    """The columns that exist, for a message."""
    clean = ["".join(c if c.isprintable() else "�" for c in name) for name in names if name]
    rest = f" and {len(clean) - _NAMES_SHOWN} more" if len(clean) > _NAMES_SHOWN else ""
    return ", ".join(name[:_CHARS_SHOWN] for name in clean[:_NAMES_SHOWN]) + rest or "no row at all"


def tables(path: Path, form: Form, is_header: IsHeader) -> Iterator[Table]:
    """The table of a text file, or every one of a workbook; none where no row is a header.

    Raises WrongFormat, WrongMapping.
    """
    if is_workbook(path):
        for name, rows in sheets(path, form.sheet, form.delimiter or ","):
            if found := _below(rows, is_header):
                yield Table(name, form.delimiter or ",", *found)
    else:
        yield from _text_table(path, form, is_header)


def first_rows(path: Path, form: Form) -> list[list[str]]:
    """The names in the likeliest header, for a message: the first of the widest rows.

    None at all where the file is blank; a row without names where not one of its lines is a row.
    """
    if is_workbook(path):
        rows: list[Row | Rejected] = []
        for _, found in sheets(path, form.sheet, ","):
            rows += islice(found, PROBE)
    else:
        head = list(islice(utf8_lines(path, form.encoding), PROBE))
        rows = list(Delimited(iter(head), sniffed(head, form), form.quote))
    cells = [row.cells for row in rows if isinstance(row, Row)] or [[] for _ in rows[:1]]
    return sorted(cells, key=lambda each: -sum(bool(cell.strip()) for cell in each))


def sniffed(head: list[bytes], form: Form) -> str:
    """The delimiter that cuts most lines into the same number of cells, more than one."""
    if form.delimiter:
        return form.delimiter

    def evenness(delimiter: str) -> tuple[int, int]:
        widths = Counter(
            len(row.cells)
            for row in Delimited(iter(head), delimiter, form.quote)
            if isinstance(row, Row) and len(row.cells) > 1
        )
        width, times = max(widths.items(), key=lambda each: (each[1], each[0]), default=(0, 0))
        return times, width

    return max(DELIMITERS, key=evenness)


def _text_table(path: Path, form: Form, is_header: IsHeader) -> Iterator[Table]:
    if form.encoding and not known(form.encoding):
        raise WrongMapping(f"[file] encoding = «{form.encoding}» is not known; utf-8, cp1252…")
    lines = utf8_lines(path, form.encoding)
    head = list(islice(lines, PROBE))
    likeliest = sniffed(head, form)
    for delimiter in [form.delimiter] if form.delimiter else [likeliest, *DELIMITERS]:
        if _below(iter(Delimited(iter(head), delimiter, form.quote)), is_header):
            rows = Delimited(chain(head, lines), delimiter, form.quote)
            if found := _below(iter(rows), is_header):
                rows.width = len(found[0].cells)
                yield Table(None, delimiter, *found)
            return


def _below(
    rows: Iterator[Row | Rejected] | Iterator[Row], is_header: IsHeader
) -> tuple[Row, list[str], Iterator[Row | Rejected]] | None:
    """The header, the names in it, and the rows after it."""
    for row in islice(rows, PROBE):
        if isinstance(row, Row) and is_header(names := names_of(row.cells)):
            return row, names, (each for each in rows if each.raw != row.raw)
    return None
