"""Prepared statements: the SQL of a question is written once, and only its values change.

Building a SELECT and finding it among those compiled costs a millisecond, a fifth of what the
live board may take; a text and its values cost a twentieth of that.

Moments that stay the same for a day may *stand* in the text: the server then knows them when it
plans, keeps the plan, and locks no partition of other days (`in_days`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any

from psycopg.rows import TupleRow
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Select,
    bindparam,
)
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.visitors import cloned_traverse
from sqlalchemy.types import UserDefinedType

from ingest.asking import Question, ask
from kpis.errors import KpiError

#: Values by number: the driver takes such a text as it stands.
_DIALECT = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


#: The first instant of the day (UTC) of a moment, or of the next one: its number, the moment.
_DAY = re.compile(r"day_([01])_(.+)")


@dataclass(frozen=True, slots=True)
class Written:
    """A statement as the server takes it, and the names of the values that it is given.

    `standing`: the moments that are written into its text each time.
    """

    text: str
    names: tuple[str, ...]
    standing: tuple[str, ...] = ()

    def under(self, value: Callable[[str], object], *, binary: bool = False) -> Question:
        """It under the values of these names, to be asked."""
        text = self.text
        if self.standing:
            text = _told(text, tuple((name, _moment(name, value)) for name in self.standing))
        return Question(text, [value(name) for name in self.names], binary=binary)


def written(
    statement: Select[Any],
    changing: Callable[[str], object],
    lasting: Callable[[str], object] = _DAY.fullmatch,
) -> Written:
    """The statement, whose values of `changing` names are given each time and whose moments of
    `lasting` names stand in its text; all others stand there for ever, so that partial indexes
    serve whatever plan the server keeps.

    Raises KpiError where a moment is among those that never change.
    """
    standing: dict[str, None] = {}

    def settle(value: BindParameter[Any]) -> None:
        if lasting(value.key):
            standing[value.key] = None
            value.type, value.value, value.literal_execute = _Standing(), value.key, True
        elif not changing(value.key):
            value.literal_execute = True
            if isinstance(value.value, datetime):
                raise KpiError("a statement that is written once holds a moment: give it by name")

    settled = cloned_traverse(statement, {}, {"bindparam": settle})
    compiled = settled.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return Written(str(compiled), tuple(compiled.positiontup or ()), tuple(standing))


class _Standing(UserDefinedType[str]):
    """A moment that stands in a text, by its name until it is told."""

    cache_ok = True

    def literal_processor(self, dialect: Dialect) -> Callable[[str], str]:
        return _mark


def _mark(name: str) -> str:
    return f"timestamptz '<{name}>'"


@lru_cache(maxsize=256)
def _told(text: str, moments: tuple[tuple[str, datetime], ...]) -> str:
    for name, at in moments:
        text = text.replace(f"<{name}>", at.astimezone(UTC).isoformat())
    return text


def _moment(name: str, value: Callable[[str], Any]) -> datetime:
    day = _DAY.fullmatch(name)
    at: datetime = value(day[2] if day else name)
    return _day_of(at, int(day[1])) if day else at


def _day_of(at: datetime, later: int) -> datetime:
    return datetime.combine(at.astimezone(UTC).date() + timedelta(days=later), time(), UTC)


def in_days(
    at: ColumnElement[Any], first: BindParameter[datetime], last: BindParameter[datetime]
) -> list[ColumnElement[bool]]:
    """In the days (UTC) from that of the `first` moment to that of the `last`: bounds that stand
    in the text, so that partitions of other days are neither planned for nor locked."""
    return [at >= _day(first, 0), at < _day(last, 1)]


def _day(of: BindParameter[datetime], later: int) -> BindParameter[datetime]:
    value = of.value and _day_of(of.value, later)
    return bindparam(f"day_{later}_{of.key}", value, DateTime(timezone=True))


def moment(name: str) -> BindParameter[datetime]:
    """A moment that a statement is given by name."""
    return bindparam(name, None, DateTime(timezone=True))


class Prepared:
    """A SELECT without groups of its own: ``_ROWS = Prepared(build)``, then
    ``_ROWS.under(start=…)`` for what `build` names (`moment`); those that are `lasting` stand
    in its text.
    """

    def __init__(
        self, build: Callable[[], Select[Any]], *names: str, lasting: Collection[str] = ()
    ) -> None:
        self._build = build
        self._names = frozenset(names)
        self._lasting = frozenset(lasting)

    def under(self, **values: object) -> Question:
        """It under these values, to be asked."""
        return self._written.under(values.__getitem__)

    def rows(self, connection: Connection, **values: object) -> list[TupleRow]:
        """Ask it at once.  Raises psycopg.Error."""
        question = self.under(**values)
        ask(connection, [question])
        return question.rows

    @cached_property
    def _written(self) -> Written:
        return written(self._build(), self._names.__contains__, self._stands)

    def _stands(self, name: str) -> bool:
        return name in self._lasting or _DAY.fullmatch(name) is not None
