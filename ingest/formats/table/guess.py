"""A header and first rows → which column is which field, and what cannot be told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Literal

from ingest.errors import WrongFormat
from ingest.formats.table.amounts import SPELT
from ingest.formats.table.clocks import formats_of
from ingest.formats.table.delimited import Row
from ingest.formats.table.layout import Table, first_rows, shown, tables
from ingest.formats.table.mapping import CUSTOMER, EMPTY, FIELDS, Form
from ingest.formats.table.words import HEADERS, TIME_OF_DAY, TIMES, Header, bare

#: Rows that are looked at.
LOOKED_AT = 10_000
#: A column of few values: a status, a queue; not a text that customers write.
MOST_VALUES = 200
_NEARLY_ALL = 0.9

_NUMBER = re.compile(r"-?\d+([ .,\u00a0\u202f]\d+)*")
_CLOCK = re.compile(r"\d{1,4}:\d\d(:\d\d([.,]\d+)?)?( ?[AaPp]\.?[Mm]\.?)?")
_EMAIL = re.compile(r"[^@\s]++@[^@\s.]++(?:\.[^@\s.]++)++")
_PHONE = re.compile(r"(\+|0)[\d .()/-]{8,22}")
_LOOKS = (
    ("email", _EMAIL), ("clock", _CLOCK), ("phone", _PHONE), ("number", _NUMBER), ("spelt", SPELT),
)  # fmt: skip


@dataclass(eq=False)
class Column:
    """One column and what its cells look like."""

    name: str
    #: A cell a row, empty where it says nothing.
    cells: list[str] = field(default_factory=list)

    @cached_property
    def said(self) -> str:
        return bare(self.name)

    @cached_property
    def values(self) -> list[str]:
        """The different cells, in order of appearance."""
        return list(dict.fromkeys(cell for cell in self.cells if cell))

    @cached_property
    def unique(self) -> bool:
        """Whether every row has a cell of its own."""
        return len(self.values) == len(self.cells)

    @cached_property
    def formats(self) -> list[str]:
        """The formats of time in which the cells can be meant."""
        return formats_of(self.values)

    @cached_property
    def look(self) -> str:
        """email, clock, phone, number, spelt, time, date, few, text; empty without a cell."""
        if not self.values:
            return "empty"
        for name, pattern in _LOOKS:
            fitting = sum(pattern.fullmatch(value) is not None for value in self.values)
            if fitting >= _NEARLY_ALL * len(self.values):
                return name
        if self.formats:
            return "time" if any(map(_clocked, self.formats)) or self._isotimes else "date"
        few = len(self.values) <= min(MOST_VALUES, max(12, len(self.cells) // 5))
        return "few" if few else "text"

    @property
    def _isotimes(self) -> bool:
        return self.formats == ["iso"] and any(":" in value for value in self.values)

    def looks(self, looks: frozenset[str]) -> bool:
        """Numbers may be times (seconds since 1970), statuses or agents, where the name says so."""
        if self.look in looks:
            return True
        if self.look == "number" and looks == TIMES:
            return bool(self.formats)
        return self.look in ("number", "clock") and "few" in looks and len(self.values) <= 12


@dataclass(frozen=True, slots=True)
class Guess:
    """Which column is what; the rest is left open."""

    table: Table
    row: Literal["contact", "event"]
    rows: int
    columns: dict[str, list[Column]]
    customer: dict[str, Column]
    rest: list[Column]


def _clocked(format: str) -> bool:
    return "%H" in format or "%I" in format or format.startswith(("unix", "excel"))


def guessed(path: Path) -> Guess:
    """What the file's header and first rows say.

    Raises WrongFormat where no header or no column of times is found, naming those there are.
    """
    rows = first_rows(path, Form())
    widest = sum(map(bool, rows[0])) if rows else 0
    for table in tables(path, Form(), lambda names: _is_header(names, widest)):
        columns = _columns(table)
        found = _assigned(columns)
        if "offered_at" in found:
            return _guess(table, columns, found)
    raise WrongFormat(
        f"{path} has no column of dates that is known, and a contact needs one; "
        f"it has: {shown(rows[0]) if rows else 'nothing'}"
    )


def _is_header(names: list[str], widest: int) -> bool:
    told = [name for name in names if name]
    numbers = sum(any(look.fullmatch(name) for _, look in _LOOKS) for name in told)
    return len(told) >= max(2, 0.7 * widest) and not numbers and not _dated(told)


def _dated(names: list[str]) -> bool:
    return any(formats_of([name]) for name in names if any(char.isdigit() for char in name))


def _columns(table: Table) -> list[Column]:
    columns = [Column(name) for name in table.names]
    for row in islice(table.rows, LOOKED_AT):
        if isinstance(row, Row):
            for column, cell in zip(columns, map(str.strip, row.cells), strict=False):
                column.cells.append("" if cell in EMPTY else cell)
    return [column for column in columns if column.name]


def _assigned(columns: list[Column]) -> dict[str, Column]:
    """Field or kind of identity → its column."""
    found: dict[str, Column] = {}
    for header in HEADERS:
        if header.field not in found:
            fitting = [
                each for each in columns if each not in found.values() and _fits(each, header)
            ]
            if header.field == "id":  # of several the one that every row has to itself
                fitting.sort(key=lambda each: not each.unique)
            if fitting:
                found[header.field] = fitting[0]
    return found


def _fits(column: Column, header: Header) -> bool:
    """Whether the column can be that; a number is a time only where its name says so."""
    if not header.says and column.look == "number":
        return False
    says = re.search(header.says, column.said) and not re.search(header.never, column.said)
    return bool(says) and column.looks(header.looks)


def _guess(table: Table, columns: list[Column], found: dict[str, Column]) -> Guess:
    fields = {name: [column] for name, column in found.items() if name not in CUSTOMER}
    told = found.get("id")
    fields["offered_at"] += _time_of_day(columns, found)
    if "kind" in found and told is not None and len(told.values) < sum(map(bool, told.cells)):
        row: Literal["contact", "event"] = "event"
        fields["contact"], fields["at"] = fields.pop("id"), fields.pop("offered_at")
    else:
        row = "contact"
        if told is not None and not told.unique:
            del fields["id"]
    fields = {name: fields[name] for name in FIELDS[row] if name in fields}
    customer = {name: column for name, column in found.items() if name in CUSTOMER}
    used = [*customer.values(), *(each for columns in fields.values() for each in columns)]
    rest = [each for each in columns if each not in used]
    return Guess(table, row, len(columns[0].cells), fields, customer, rest)


def _time_of_day(columns: list[Column], found: dict[str, Column]) -> list[Column]:
    """The column beside the dates that tells the hour."""
    if found["offered_at"].look != "date":
        return []
    free = [each for each in columns if each not in found.values() and each.look == "clock"]
    return [each for each in free if re.search(TIME_OF_DAY, each.said)][:1]
