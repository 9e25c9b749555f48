"""Columns: what a statement counts, as arrays; ten thousand rows cost what a few did.

A statement of counts (`key_0`… , then counts) is asked through `columnar`: the server sends
one row that holds each key as a list and all counts as one matrix.  `Columns` is what was
counted, a row a group and modality.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    LargeBinary,
    Row,
    Select,
    cast,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array

#: (number of the interval from 1, values of the dimensions)
Group = tuple[Any, ...]
#: Whole numbers: of eight bytes, or Python's own where those could be too small.
Whole = NDArray[Any]

#: An array as PostgreSQL sends it: a head, then each number after its length.
_HEAD, _HEAD_PER_DIMENSION = 12, 8
#: The byte of the head that says whether it holds nulls.
_NULLS = 7
_NUMBER = np.dtype([("length", ">i4"), ("number", ">i8")])
#: Whole numbers up to here divide exactly as Python's do.
_EXACT = 2**53
#: A bucket and how many lie in it are sent as one number: this times the bucket, and the count.
_BUCKET = 2**32
#: The names of what is no count.
OLDEST, BUCKETS, MANY = "oldest_at", "buckets", "many_buckets"


@dataclass(frozen=True, slots=True)
class Columns:
    """What was counted, a row a group and modality; a count that is missing is 0.

    `oldest_at`: when the oldest that waits arrived.  `buckets`: rows of a bucket of waits and
    how many lie in it; the columns' first row has the first `many` of them, and so on.
    """

    groups: Sequence[Group]
    modalities: Sequence[str]
    counts: Mapping[str, Whole] = field(default_factory=dict)
    oldest_at: Sequence[datetime | None] = ()
    buckets: Whole | None = None
    many: Whole | None = None

    @classmethod
    def of_rows(cls, rows: Iterable[Row[Any]], width: int) -> Columns:
        """Of rows of `width` keys and the modality, followed by counts."""
        listed = list(rows)
        names = listed[0]._fields[width + 1 :] if listed else ()
        counts = {
            name: whole([int(row[place] or 0) for row in listed])
            for place, name in enumerate(names, width + 1)
        }
        groups = [tuple(row[:width]) for row in listed]
        return cls(groups, [str(row[width]) for row in listed], counts)

    def told(self) -> NDArray[np.bool_]:
        """Which rows count anything: one of zeros only says nothing."""
        if not self.counts:
            return np.zeros(len(self.groups), bool)
        counted = np.array(list(self.counts.values())).astype(bool)
        found: NDArray[np.bool_] = np.logical_or.reduce(counted)
        return found


@dataclass(frozen=True, slots=True)
class Layout:
    """How the one row of a columnar statement is read."""

    #: Keys before the modality.
    width: int
    #: The counts of the matrix, then the others' names.
    matrix: tuple[str, ...]
    others: tuple[str, ...]

    def columns(self, rows: Sequence[Sequence[Any]]) -> Columns:
        """What stands in the one row; without it, nothing was counted."""
        if not rows:
            return Columns((), ())
        [row] = rows
        keys, (modalities, sent, *others) = row[: self.width], row[self.width :]
        if modalities is None:
            return Columns((), ())
        groups = list(zip(*keys, strict=True))
        counts: dict[str, Whole] = dict(_counts(self.matrix, sent, len(groups)))
        more = dict(zip(self.others, others, strict=True))
        oldest_at, buckets = more.pop(OLDEST, ()), more.pop(BUCKETS, None)
        counts |= {name: whole(list(map(int, values))) for name, values in more.items()}
        many = counts.pop(MANY, None)
        return Columns(groups, modalities, counts, oldest_at, _buckets(buckets, many), many)


def columnar(counted: Select[Any], width: int) -> tuple[Select[Any], Layout]:
    """The statement that gives all rows of `counted` as one, and how to read it.

    `counted` has `width` keys, the modality, then counts: whole numbers, `OLDEST`, `BUCKETS`.
    """
    columns = list(counted.subquery("counted").c)
    keys, counts = columns[: width + 1], columns[width + 1 :]
    plain = [each for each in counts if isinstance(each.type, Integer)]
    others = [each for each in counts if not isinstance(each.type, Integer)]
    sent = _sent(plain) if plain else literal(None)
    gathered = [func.array_agg(key) for key in keys]
    told: list[ColumnElement[Any]] = [*gathered, sent.label("sent"), *map(_gathered, others)]
    statement: Select[Any] = select(*told)
    names = [tuple(each.name for each in part) for part in (plain, others)]
    return statement, Layout(width, names[0], names[1])


def histograms(buckets: FromClause, keys: Sequence[str], counts: Sequence[str]) -> Select[Any]:
    """One row a group of `keys`: its buckets packed, so that those of other groups can follow.

    `counts`: the bucket's number, then how many lie in it.
    """
    groups = [buckets.c[name] for name in keys]
    bucket, *many = (buckets.c[name] for name in counts)
    packed = packed_buckets(bucket, many)
    return select(*groups, *packed).group_by(*groups)


def packed_buckets(
    bucket: ColumnElement[int],
    counts: Sequence[ColumnElement[int]],
    of: ColumnElement[bool] | None = None,
) -> tuple[ColumnElement[int], ColumnElement[bytes]]:
    """What a group tells of its buckets, of which each row is one; None: of all rows.

    `counts`: how many lie in it, in each way that is told apart.
    """
    every = true() if of is None else of
    head = cast(bucket, BigInteger) * _BUCKET
    sent = _sent([head + func.coalesce(count, 0) for count in counts], of)
    packed = func.substr(sent, _head(len(counts)) + 1)
    return func.count().filter(every).label(MANY), cast(packed, LargeBinary).label(BUCKETS)


def whole(numbers: Sequence[int] | Whole) -> Whole:
    """The numbers as an array in which sums and products of counts stay exact."""
    if sum(map(abs, numbers)) < _EXACT:
        return np.array(numbers, np.int64)
    return np.array(numbers, object)


def _sent(
    values: Sequence[ColumnElement[int]], of: ColumnElement[bool] | None = None
) -> ColumnElement[bytes]:
    row = [cast(value, BigInteger) for value in values]
    # By its full name it is a function like any other, which may be given an array.
    every: ColumnElement[Any] = func.pg_catalog.array_agg(array(row) if len(row) > 1 else row[0])
    chosen = every if of is None else every.filter(of)
    return func.array_send(chosen, type_=LargeBinary())


def _head(width: int) -> int:
    """How long the head is of what was `_sent` of so many values a row."""
    return _HEAD + _HEAD_PER_DIMENSION * (2 if width > 1 else 1)


def _gathered(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, LargeBinary):
        return func.string_agg(column, literal(b""))
    if isinstance(column.type, DateTime):
        return func.array_agg(column)
    return func.array_agg(func.coalesce(column, 0))


def _counts(names: Sequence[str], sent: bytes | None, rows: int) -> Iterable[tuple[str, Whole]]:
    if sent is None:
        return
    matrix = _numbers(sent, _head(len(names))).reshape(rows, len(names)).T
    matrix = matrix.astype(np.int64, order="C")
    greatest = max(int(matrix.max()), -int(matrix.min()))
    if greatest * rows < _EXACT:
        yield from zip(names, matrix, strict=True)
        return
    large = np.abs(matrix).sum(axis=1, dtype=float) >= _EXACT
    for name, column, exceeds in zip(names, matrix, large.tolist(), strict=True):
        yield name, column.astype(object) if exceeds else column


def _numbers(sent: bytes, head: int) -> Whole:
    """Those of an array; a null is 0."""
    if not sent[_NULLS]:
        return np.frombuffer(sent, _NUMBER, offset=head)["number"]
    numbers, at = [], head
    while at < len(sent):
        # A null has the length -1, and no number follows.
        there = sent[at] == 0
        numbers.append(int.from_bytes(sent[at + 4 : at + 12], signed=True) if there else 0)
        at += 12 if there else 4
    return np.array(numbers, np.int64)


def _buckets(sent: bytes | None, many: Whole | None) -> Whole | None:
    if sent is None or many is None:
        return None
    numbers = np.frombuffer(sent, _NUMBER)["number"].astype(np.int64)
    numbers = numbers.reshape(int(many.sum()), -1)
    return np.hstack((numbers[:, :1] // _BUCKET, numbers % _BUCKET))
