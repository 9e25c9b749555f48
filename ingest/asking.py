"""Asking: several questions go to the database together and come back together.

A question is written first and asked later: who needs many answers pays for one way to the
server and back, not for many.  All answers of one way belong to the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from typing import Any, Generic, TypeVar

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Connection

from ingest.errors import IngestError

T = TypeVar("T")
U = TypeVar("U")
Rows = Sequence[TupleRow]


class Question:
    """One statement and its values, $1 the first; it has its rows once it was asked.

    `binary`: the server sends what it holds, not texts of it.  `gate`: it is asked only where
    that one has rows, and has none itself elsewhere.
    """

    __slots__ = ("_binary", "_rows", "_text", "_values", "gate")

    def __init__(self, text: str, values: Sequence[object] = (), *, binary: bool = False) -> None:
        self._text = text
        self._values = values
        self._binary = binary
        self._rows: list[TupleRow] | None = None
        self.gate: Question | None = None

    @property
    def text(self) -> str:
        """The statement as the server takes it."""
        return self._text

    @property
    def rows(self) -> list[TupleRow]:
        """The answer.  Raises IngestError before it was asked."""
        if self._rows is None:
            raise IngestError("a question was read before it was asked")
        return self._rows

    @property
    def open(self) -> bool:
        """Was it not asked yet?"""
        return self._rows is None

    def send(self, cursor: psycopg.RawCursor[TupleRow]) -> None:
        """Send it, or put it into the pipeline."""
        cursor.execute(self._text.encode(), self._values, binary=self._binary)

    def take(self, cursor: psycopg.RawCursor[TupleRow]) -> None:
        """Take the answer that has come."""
        self._rows = cursor.fetchall()

    def skip(self) -> None:
        """It is not worth asking: no rows."""
        self._rows = []


class Later(Generic[T]):
    """Something that can be told once its questions were asked: `tell` makes it of their rows."""

    __slots__ = ("_tell", "_told", "questions")

    def __init__(self, tell: Callable[..., T], *questions: Question) -> None:
        self._tell = tell
        self._told: list[T] = []
        self.questions = questions

    def told(self) -> T:
        """It, made once.  Raises IngestError before it was asked."""
        if not self._told:
            self._told.append(self._tell(*(question.rows for question in self.questions)))
        return self._told[0]

    def then(self, make: Callable[[T], U]) -> Later[U]:
        """What is made of it, of the same answers."""
        return Later(lambda *_rows: make(self.told()), *self.questions)

    def only_if(self, gate: Question) -> Later[T]:
        """It, whose questions are asked only where the gate has rows."""
        for question in self.questions:
            question.gate = gate
        return self

    def read(self, connection: Connection) -> T:
        """Ask, and tell at once.  Raises psycopg.Error."""
        ask(connection, self.questions)
        return self.told()


def ask(connection: Connection, questions: Iterable[Question]) -> None:
    """Answer those that were not asked yet, in one way to the server and back; in a second one
    those behind gates that have rows.

    Raises psycopg.Error.
    """
    asked = list(dict.fromkeys(each for each in questions if each.open))
    gates = [each.gate for each in asked if each.gate is not None and each.gate.open]
    _ask(connection, dict.fromkeys([*(each for each in asked if each.gate is None), *gates]))
    behind = []
    for each in asked:
        if each.gate is not None and each.open:
            if each.gate.rows:
                behind.append(each)
            else:
                each.skip()
    _ask(connection, behind)


def _ask(connection: Connection, questions: Collection[Question]) -> None:
    driver: Any = connection.connection.driver_connection
    # A pipeline of one would only cost.
    with driver.pipeline() if len(questions) > 1 else nullcontext():
        cursors = [psycopg.RawCursor(driver) for _ in questions]
        for question, cursor in zip(questions, cursors, strict=True):
            question.send(cursor)
    for question, cursor in zip(questions, cursors, strict=True):
        question.take(cursor)
