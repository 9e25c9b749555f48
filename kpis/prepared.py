"""Prepared statements: the SQL of a question is written once, and only its values change.

Building a SELECT and finding it among those compiled costs a millisecond, a fifth of what the
live board may take; a text and its values cost a twentieth of that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from psycopg.rows import TupleRow
from sqlalchemy import BindParameter, Connection, DateTime, Select, bindparam
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.visitors import cloned_traverse

from ingest.asking import Question, ask
from kpis.errors import KpiError

#: Values by number: the driver takes such a text as it stands.
_DIALECT = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Written:
    """A statement as the server takes it, and the names of the values that it is given."""

    text: str
    names: tuple[str, ...]

    def under(self, values: Mapping[str, object], *, binary: bool = False) -> Question:
        """It under these values, to be asked."""
        return Question(self.text, [values[name] for name in self.names], binary=binary)


def written(statement: Select[Any], changing: Callable[[str], bool]) -> Written:
    """The statement, whose values of `changing` names are given each time; all others stand in
    its text, so that partial indexes serve whatever plan the server keeps.

    Raises KpiError where a moment is among those that never change.
    """

    def settle(value: BindParameter[Any]) -> None:
        if not changing(value.key):
            value.literal_execute = True
            if isinstance(value.value, datetime):
                raise KpiError("a statement that is written once holds a moment: give it by name")

    settled = cloned_traverse(statement, {}, {"bindparam": settle})
    compiled = settled.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return Written(str(compiled), tuple(compiled.positiontup or ()))


def moment(name: str) -> BindParameter[datetime]:
    """A moment that a statement is given by name."""
    return bindparam(name, None, DateTime(timezone=True))


class Prepared:
    """A SELECT without groups of its own: ``_ROWS = Prepared(build)``, then
    ``_ROWS.under(start=…)`` for what `build` names (`moment`).
    """

    def __init__(self, build: Callable[[], Select[Any]], *names: str) -> None:
        self._build = build
        self._names = frozenset(names)

    def under(self, **values: object) -> Question:
        """It under these values, to be asked."""
        return self._written.under(values)

    def rows(self, connection: Connection, **values: object) -> list[TupleRow]:
        """Ask it at once.  Raises psycopg.Error."""
        question = self.under(**values)
        ask(connection, [question])
        return question.rows

    @cached_property
    def _written(self) -> Written:
        return written(self._build(), self._names.__contains__)
