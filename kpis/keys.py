"""Keys: how counted rows are told apart and chosen, and the tallies that they add to."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    select,
)

from kpis.measures import ContactColumns
from kpis.prepared import Result, Written, written
from kpis.query import KpiQuery
from kpis.reading import Tally

_STARTS, _WANTED = "starts", "wanted_"
Base = Literal["from", "to", "now"]
_BASES: dict[str, str] = {"from": "from_", "to": "to", "now": "now"}
_CHANGING = re.compile(r"starts|wanted_\d+|(from|to|now)_-?\d+")
_MICROSECOND, _AT_ONCE = timedelta(microseconds=1), timedelta()

#: (number of the interval from 1, values of the dimensions)
Group = tuple[object, ...]
Tallies = dict[Group, Tally]


@dataclass(frozen=True, slots=True)
class Keys:
    """How rows are told apart and chosen; `at` is the column of the moment they count at."""

    query: KpiQuery
    boundaries: list[datetime]

    @classmethod
    def of(cls, query: KpiQuery) -> Keys:
        """The keys of a query."""
        return cls(query, query.boundaries())

    def columns(self, c: ContactColumns, at: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        """Interval, dimensions, modality: what every count is grouped by."""
        zone = str(self.query.zone)
        values = [dimension.expression(c, at, zone) for dimension in self.query.dimensions()]
        keys = [self.interval(at), *values, c["modality"]]
        return [key.label(name) for name, key in zip(self.names(), keys, strict=True)]

    def interval(self, at: ColumnElement[Any]) -> ColumnElement[Any]:
        """The number of the interval, from 1; 0 is before the first."""
        if len(self.boundaries) == 2:
            return case((at < self.time("from"), 0), else_=1)
        starts = bindparam(_STARTS, self.query.starts(), Text)
        # A query of its own: the text is read once, not once a row.
        moments = select(cast(starts, ARRAY(DateTime(timezone=True)))).scalar_subquery()
        return func.width_bucket(at, moments)

    def names(self) -> list[str]:
        """The labels of `columns`."""
        return [f"key_{number}" for number in range(len(self.query.dimensions()) + 2)]

    def chosen(self, c: ContactColumns, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """The query's filters."""
        zone = str(self.query.zone)
        return [
            dimension.expression(c, at, zone) == bindparam(f"{_WANTED}{number}", wanted)
            for number, (dimension, wanted) in enumerate(self.query.filters())
        ]

    def within(self, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """Does it count in [from_, to)?"""
        return [at >= self.time("from"), at < self.time("to")]

    def time(self, base: Base, later: timedelta = _AT_ONCE) -> BindParameter[datetime]:
        """A moment of the query, so much later, as a value that a prepared statement is given."""
        at = getattr(self.query, _BASES[base]) + later
        return bindparam(f"{base}_{later // _MICROSECOND}", at, DateTime(timezone=True))

    def rows(
        self, connection: Connection, build: Callable[..., Select[Any]], *about: Hashable
    ) -> Result:
        """The rows of ``build(keys, *about)``, whose text is written once for all queries that
        differ in their times and wanted values only.
        """
        query = self.query
        targets = None if query.targets is None else tuple(query.targets)
        fixed = (query.by, tuple(query.where), query.zone, query.target_ms, targets, query.repeats)
        whole = len(self.boundaries) == 2
        shape = _Shape((build, about, fixed, query.agents, whole), lambda: build(self, *about))
        text = _text(shape)
        return text.run(connection, {name: self._value(name) for name in text.names})

    def _value(self, name: str) -> object:
        if name == _STARTS:
            return self.query.starts()
        if name.startswith(_WANTED):
            return self.query.filters()[int(name.removeprefix(_WANTED))][1]
        base, _, later = name.partition("_")
        at: datetime = getattr(self.query, _BASES[base])
        return at + int(later) * _MICROSECOND

    def tally(self, tallies: Tallies, row: Row[Any]) -> tuple[Tally, str]:
        """The tally of the row's group, and the row's modality."""
        width = len(self.query.dimensions()) + 1
        return tallies.setdefault(tuple(row[:width]), Tally()), str(row[width])

    def add(self, tallies: Tallies, rows: Iterable[Row[Any]]) -> None:
        """Add rows of `columns` followed by counts under the names that readings know."""
        width = len(self.query.dimensions()) + 1
        for row in rows:
            tally = tallies.setdefault(tuple(row[:width]), Tally())
            counts = zip(row._fields[width + 1 :], row[width + 1 :], strict=True)
            told = {name: int(count) for name, count in counts if count}
            tally.of(str(row[width])).counts.update(told)


@dataclass(frozen=True, slots=True)
class _Shape:
    """All of a statement but its values."""

    key: Hashable
    build: Callable[[], Select[Any]] = field(compare=False)


@lru_cache(maxsize=256)
def _text(shape: _Shape) -> Written:
    return written(shape.build(), lambda name: _CHANGING.fullmatch(name) is not None)
