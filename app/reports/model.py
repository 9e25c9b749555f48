"""What a report says, before it is written down: pure data in the reader's language.

Values are those of the KPIs (fractions, seconds, counts); formats write them.  Text comes from
outside and is never trusted: formats escape it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from app.access.scopes import EVERYTHING, Scope

Cell = str | int | float | datetime | None
#: The units of the KPIs; text; `moment` day and time, `clock` time of day, `day` the day.
Kind = Literal[
    "text", "moment", "clock", "day", "count", "fraction", "seconds", "money", "number"
]  # fmt: skip
State = Literal["good", "near", "bad"]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a table.  `main`: people see it on paper too; the others are for files.

    `names` are the reader's words for the values of the data, `nothing` for one not told.
    """

    key: str
    label: str
    kind: Kind = "text"
    main: bool = True
    names: dict[str, str] = {}
    nothing: str = "–"


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Columns drawn one upon the other for each row, and a share as a line.  Keys of columns."""

    x: str
    stacked: tuple[str, ...]
    line: str | None = None
    #: What it shows, for whoever cannot see it.
    words: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows under columns.  `printed`: on paper too, not only in files.

    `total` is one more row below, without the cells that name a row; `empty` is told where there
    is no row.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""
    empty: str = ""
    chart: Chart | None = None
    printed: bool = True

    @property
    def every(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows and the total."""
        return (*self.rows, self.total) if self.total is not None else self.rows


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure was in another stretch of time.  `better`: than then; None: neither."""

    label: str
    value: int | float | None
    change: str
    better: bool | None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One headline KPI against its target and against other stretches of time."""

    key: str
    label: str
    kind: Kind
    value: int | float | None
    target: float | None = None
    target_words: str = ""
    state: State | None = None
    against: tuple[Against, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One thing to know, as a sentence."""

    state: State
    words: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One topic."""

    key: str
    title: str
    note: str = ""
    findings: tuple[Finding, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A report: what was asked, as of when, and what it says.

    It tells of the local days `first` to `last`: [`start`, `end`); these and `as_of` are in the
    zone.  `stamp` says all of it in words.
    """

    report: str
    name: str
    title: str
    subtitle: str
    stamp: tuple[str, ...]
    language: str
    zone: str
    first: date
    last: date
    start: datetime
    end: datetime
    as_of: datetime
    formula: str
    scope: Scope = EVERYTHING
    sections: tuple[Section, ...]

    @property
    def tables(self) -> list[Table]:
        """Those of all sections, in order."""
        return [table for section in self.sections for table in section.tables]
