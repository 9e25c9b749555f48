"""Rows: what the counts of a subject are sums of, one by one; for who drills down.

A subject that gives its rows (`Subject.rows`) can be drilled into: each count says what a row
adds to it, and at which moment the row counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from kpis.measures import ContactColumns
from kpis.query import KpiQuery

#: The counts of the rows behind a percentile of waits, and behind an age.
WAITS, AGES = "waits", "ages"
NEVER_LATER = timedelta()


@dataclass(frozen=True, slots=True)
class Moment:
    """When a row counts, and which rows do."""

    at: ColumnElement[Any]
    who: ColumnElement[bool]
    #: `at` is at most this long after the row's arrival, and never before it.
    after: timedelta = NEVER_LATER


@dataclass(frozen=True, slots=True)
class Counted:
    """What a row adds to one count: an integer; the name of its moment."""

    moment: str
    value: ColumnElement[int]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a subject under one query.

    They have the columns ``thread_key`` and ``turn``, ``source`` and the dimensions; `arrived_at`
    is indexed.
    """

    of: FromClause
    c: ContactColumns
    arrived_at: ColumnElement[Any]
    moments: Mapping[str, Moment]
    counts: Mapping[str, Counted]


RowsOf = Callable[[KpiQuery], Rows]
