"""Keys: how counted rows are told apart and chosen, and what they count is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    DateTime,
    Row,
    Select,
    Text,
    any_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)

from ingest.asking import Later
from kpis.columns import Columns, Group, Layout, columnar
from kpis.measures import ContactColumns
from kpis.prepared import Written, written
from kpis.query import KpiQuery
from kpis.reading import ALL, BOT
from kpis.tallies import Tallies

__all__ = ["Group", "Keys", "Tallies", "of_modalities"]

_STARTS, _WANTED, _SEEN = "starts", "wanted_", "seen_"
_TEXTS = ARRAY(Text)
Base = Literal["from", "to", "now"]
_BASES: dict[str, str] = {"from": "from_", "to": "to", "now": "now"}
_CHANGING = re.compile(r"starts|(wanted|seen)_\d+|(from|to|now)_-?\d+")
#: What stands in the text: days; of a lasting query its bounds too.
_DAYS = re.compile(r"day_.*")
_BOUNDS = re.compile(r"day_.*|(from|to)_-?\d+")
_MICROSECOND, _AT_ONCE = timedelta(microseconds=1), timedelta()


@dataclass(frozen=True, slots=True)
class Keys:
    """How rows are told apart and chosen; `at` is the column of the moment they count at."""

    query: KpiQuery
    boundaries: list[datetime]
    #: All that tells its statements from those of others, but for their values.
    shape: Hashable
    #: Values that were asked for, by name.
    known: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, query: KpiQuery) -> Keys:
        """The keys of a query."""
        boundaries = query.boundaries()
        targets = None if query.targets is None else tuple(query.targets)
        named = tuple(query.where), tuple(query.only)
        fixed = (query.by, named, query.zone, query.target_ms, targets, query.repeats)
        return cls(query, boundaries, (fixed, query.agents, query.grain, len(boundaries) == 2))

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
        return [f"key_{number}" for number in range(self._width + 1)]

    def of_quarters(self, quarter: ColumnElement[Any]) -> list[ColumnElement[Any] | str]:
        """What rows of whole quarters are grouped by: `names`, or the quarter itself where that
        is the interval, whose number is then worked out once a group, not once a row."""
        interval, *others = self.names()
        return [quarter if self.query.grain == "15min" else interval, *others]

    def chosen(self, c: ContactColumns, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """The query's filters, and what alone is seen."""
        zone = str(self.query.zone)
        wanted = [
            dimension.expression(c, at, zone) == bindparam(f"{_WANTED}{number}", value)
            for number, (dimension, value) in enumerate(self.query.filters())
        ]
        seen = [
            dimension.expression(c, at, zone) == any_(bindparam(f"{_SEEN}{number}", values, _TEXTS))
            for number, (dimension, values) in enumerate(self.query.bounds())
        ]
        return [*wanted, *seen]

    def within(self, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """Does it count in [from_, to)?"""
        return [at >= self.time("from"), at < self.time("to")]

    def time(self, base: Base, later: timedelta = _AT_ONCE) -> BindParameter[datetime]:
        """A moment of the query, so much later, as a value that a prepared statement is given."""
        at = getattr(self.query, _BASES[base]) + later
        return bindparam(f"{base}_{later // _MICROSECOND}", at, DateTime(timezone=True))

    def asked(self, build: Callable[..., Select[Any]], *about: Hashable) -> Later[Columns]:
        """What ``build(keys, *about)`` counts: its `columns`, then counts under the names that
        readings know.  Its text is written once for all queries that differ in their times and
        wanted values only.
        """
        standing = _BOUNDS if self.query.lasting else _DAYS
        key = build, about, self.shape
        text, layout = _text(_Shape(key, standing, lambda: build(self, *about)), self._width)
        return Later(layout.columns, text.under(self._value, binary=True))

    @property
    def _width(self) -> int:
        """Keys before the modality."""
        return len(dict.fromkeys(self.query.by)) + 1

    def _value(self, name: str) -> object:
        if name not in self.known:
            self.known[name] = self._worked_out(name)
        return self.known[name]

    def _worked_out(self, name: str) -> object:
        if name == _STARTS:
            return self.query.starts()
        if name.startswith(_WANTED):
            return self.query.filters()[int(name.removeprefix(_WANTED))][1]
        if name.startswith(_SEEN):
            return self.query.bounds()[int(name.removeprefix(_SEEN))][1]
        base, _, later = name.partition("_")
        at: datetime = getattr(self.query, _BASES[base])
        return at + int(later) * _MICROSECOND

    def add(self, tallies: Tallies, counted: Later[Columns] | Iterable[Row[Any]]) -> None:
        """Add what is `asked`; or rows of `columns` followed by counts, one by one."""
        if isinstance(counted, Later):
            tallies.add(counted)
        else:
            tallies.add(Columns.of_rows(counted, self._width))


def of_modalities(c: ContactColumns, modalities: Sequence[str] | None) -> list[ColumnElement[bool]]:
    """Rows of these modalities, None: of any.  One that nobody knows is taken as the phone's."""
    if modalities is None:
        return []
    chosen = c["modality"].in_(modalities)
    unknown = c["modality"].not_in((*ALL, *BOT))
    return [or_(chosen, unknown) if "sync" in modalities else chosen]


@dataclass(frozen=True, slots=True)
class _Shape:
    """All of a statement but its values."""

    key: Hashable
    #: The names of the moments that stand in its text.
    standing: re.Pattern[str]
    build: Callable[[], Select[Any]] = field(compare=False)


@lru_cache(maxsize=256)
def _text(shape: _Shape, width: int) -> tuple[Written, Layout]:
    statement, layout = columnar(shape.build(), width)
    return written(statement, _CHANGING.fullmatch, shape.standing.fullmatch), layout
