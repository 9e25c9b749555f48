"""Keys: how counted rows are told apart and chosen, and the tallies that they add to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, DateTime, Row, func, literal

from kpis.measures import ContactColumns
from kpis.query import KpiQuery
from kpis.reading import Tally

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
        starts = literal(self.boundaries[:-1], ARRAY(DateTime(timezone=True)))
        return func.width_bucket(at, starts)

    def names(self) -> list[str]:
        """The labels of `columns`."""
        return [f"key_{number}" for number in range(len(self.query.dimensions()) + 2)]

    def chosen(self, c: ContactColumns, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """The query's filters."""
        zone = str(self.query.zone)
        return [
            dimension.expression(c, at, zone) == wanted
            for dimension, wanted in self.query.filters()
        ]

    def within(self, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """Does it count in [from_, to)?"""
        return [at >= self.query.from_, at < self.query.to]

    def tally(self, tallies: Tallies, row: Row[Any]) -> tuple[Tally, str]:
        """The tally of the row's group, and the row's modality."""
        width = len(self.query.dimensions()) + 1
        return tallies.setdefault(tuple(row[:width]), Tally()), str(row[width])

    def add(self, tallies: Tallies, rows: Iterable[Row[Any]]) -> None:
        """Add rows of `columns` followed by counts under the names that readings know."""
        width = len(self.query.dimensions()) + 2
        for row in rows:
            tally, modality = self.tally(tallies, row)
            counts = zip(row._fields[width:], row[width:], strict=True)
            tally.of(modality).counts.update({name: int(count or 0) for name, count in counts})
