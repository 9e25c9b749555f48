"""Counting: a query becomes tallies, from the rollups where they know, else from the contacts.

Both ways add the same measures over the same contacts and give identical numbers; the rollups
give them in a few ms whatever the history.  Waits are read through the histogram's buckets on
both ways, so that percentiles agree too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    FromClause,
    Row,
    Select,
    cast,
    exists,
    func,
    literal,
    select,
)

from ingest.schema import contacts
from kpis.measures import MEASURES, POPULATION, ContactColumns, Measure, Moment, inbound
from kpis.query import KpiQuery
from kpis.reading import Tally
from kpis.schema import rollup_quarter, rollup_wait
from kpis.waits import LONGEST_MS, OUTCOMES, bucket, within

#: (number of the interval from 1, values of the dimensions)
Group = tuple[object, ...]
Tallies = dict[Group, Tally]

#: No answer is due later than this after the arrival.
_LATEST_DUE = timedelta(milliseconds=LONGEST_MS)


@dataclass(frozen=True, slots=True)
class Keys:
    """How rows are told apart and chosen; `at` is the column of the moment they count at."""

    query: KpiQuery
    boundaries: list[datetime]

    def columns(self, c: ContactColumns, at: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        """Interval, dimensions, modality: what every count is grouped by."""
        zone = str(self.query.zone)
        values = [dimension.expression(c, at, zone) for dimension in self.query.dimensions()]
        keys = [self.interval(at), *values, c["modality"]]
        return [key.label(f"key_{number}") for number, key in enumerate(keys)]

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


def count(connection: Connection, query: KpiQuery) -> Tallies:
    """All that has been counted of the contacts of the query, by group."""
    keys = Keys(query, query.boundaries())
    tallies: Tallies = {}
    for statement in _statements(connection, keys):
        _add_counts(tallies, keys, connection.execute(statement))
    waits = _rolled_waits(keys) if query.rolled() else _waits(keys)
    _add_waits(tallies, keys, connection.execute(waits))
    # A cell of zeros only is no cell.
    return {group: tally for group, tally in tallies.items() if not tally.empty()}


def judged(query: KpiQuery) -> FromClause:
    """The contacts, each under the target that the query wants."""
    if query.target_ms is None:
        return contacts
    others = [c for c in contacts.c if c.name not in ("target_ms", "due_at")]
    due_at = contacts.c.offered_at + timedelta(milliseconds=query.target_ms)
    target = literal(query.target_ms)
    return select(*others, target.label("target_ms"), due_at.label("due_at")).subquery("judged")


def _statements(connection: Connection, keys: Keys) -> Iterable[Select[Any]]:
    """The SELECTs whose sums make the counts."""
    if not keys.query.rolled():
        yield from (_counts(keys, moment) for moment in POPULATION)
        return
    yield _rolled_counts(keys)
    # Another target makes answers due at other times: those the rollups cannot know.
    if keys.query.target_ms is not None and _any_written(connection, keys.query):
        yield _counts(keys, "due_at")


def _of(moment: Moment) -> list[Measure]:
    return [measure for measure in MEASURES if measure.attributed_at == moment]


def _counts(keys: Keys, moment: Moment) -> Select[Any]:
    """The measures of one moment over the contacts."""
    c = judged(keys.query).c
    at = c[moment]
    sums = [func.sum(measure.expression(c)).label(measure.key) for measure in _of(moment)]
    # What is due in the interval arrived not long before: the arrival is indexed.
    arrived = [c.offered_at >= keys.query.from_ - _LATEST_DUE, c.offered_at < keys.query.to]
    chosen = (*keys.within(at), *arrived, *keys.chosen(c, at))
    return (
        select(*keys.columns(c, at), *sums)
        .where(POPULATION[moment](c), *chosen)
        .group_by(*keys.names())
    )


def _rolled_counts(keys: Keys) -> Select[Any]:
    """The measures over ``rollup_quarter``; under another target those that do not depend on it."""
    c = rollup_quarter.c
    own = keys.query.target_ms is None
    sums = [
        cast(func.sum(c[measure.key]), BigInteger).label(measure.key)
        for measure in MEASURES
        if own or not _depends_on_target(measure)
    ]
    return (
        select(*keys.columns(c, c.quarter), *sums)
        .where(*keys.within(c.quarter), *keys.chosen(c, c.quarter))
        .group_by(*keys.names())
    )


def _depends_on_target(measure: Measure) -> bool:
    return measure.key.endswith("_in_target") or measure.attributed_at == "due_at"


def _any_written(connection: Connection, query: KpiQuery) -> bool:
    c = rollup_quarter.c
    start = query.from_ - timedelta(milliseconds=query.target_ms or 0, minutes=15)
    rows = select(c.quarter).where(c.quarter >= start, c.quarter < query.to, c.modality != "sync")
    return bool(connection.scalar(select(exists(rows))))


def _waits(keys: Keys) -> Select[Any]:
    """The histogram over the contacts."""
    c = contacts.c
    outcomes = [func.count().filter(c.outcome == name).label(name) for name in OUTCOMES]
    chosen = (*keys.within(c.offered_at), *keys.chosen(c, c.offered_at))
    return _gathered(
        keys,
        select(*keys.columns(c, c.offered_at), bucket(c).label("bucket"), *outcomes).where(
            inbound(c), c.wait_ms.is_not(None), c.outcome.in_(OUTCOMES), *chosen
        ),
    )


def _rolled_waits(keys: Keys) -> Select[Any]:
    """The histogram over ``rollup_wait``."""
    c = rollup_wait.c
    outcomes = [func.sum(c[name]).label(name) for name in OUTCOMES]
    return _gathered(
        keys,
        select(*keys.columns(c, c.quarter), c.bucket.label("bucket"), *outcomes).where(
            *keys.within(c.quarter), *keys.chosen(c, c.quarter)
        ),
    )


def _gathered(keys: Keys, buckets: Select[Any]) -> Select[Any]:
    """One row a group, its buckets and their counts as arrays: a tenth of the rows to read."""
    each = buckets.group_by(*keys.names(), "bucket").subquery("each")
    groups = [each.c[name] for name in keys.names()]
    lists = [func.array_agg(each.c[name]) for name in ("bucket", *OUTCOMES)]
    return select(*groups, *lists).group_by(*groups)


def _add_counts(tallies: Tallies, keys: Keys, rows: Iterable[Row[Any]]) -> None:
    for row in rows:
        tally, modality = keys.tally(tallies, row)
        named = row._mapping
        counts = {m.key: int(named[m.key]) for m in MEASURES if m.key in named}
        tally.of(modality).counts.update(counts)


def _add_waits(tallies: Tallies, keys: Keys, rows: Iterable[Row[Any]]) -> None:
    """The waits of the answered; and who left in time, where the rollups do not know the target."""
    query = keys.query
    derived = query.target_ms if query.rolled() else None
    for row in rows:
        tally, modality = keys.tally(tallies, row)
        buckets, *counts = row[-1 - len(OUTCOMES) :]
        part = tally.of(modality)
        part.waits.update(dict(zip(buckets, counts[0], strict=True)))
        if derived is not None:
            for outcome, many in zip(OUTCOMES, counts, strict=True):
                told = dict(zip(buckets, many, strict=True))
                part.counts[f"{outcome}_in_target"] += within(told, derived)
