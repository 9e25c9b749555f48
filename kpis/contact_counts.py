"""The contacts as a subject: their measures and the histogram of their waits.

Waits are read through the histogram's buckets both from the rollups and from the contacts, so
that percentiles agree too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    FromClause,
    Integer,
    Row,
    Select,
    cast,
    exists,
    func,
    select,
)

from ingest.schema import contacts
from kpis.cells import dimensions, measured, quarter_of, summed
from kpis.contact_rows import contact_rows
from kpis.judged import judged
from kpis.keys import Keys, Tallies
from kpis.measures import MEASURES, POPULATION, Measure, Moment, inbound
from kpis.query import KpiQuery
from kpis.schema import rollup_quarter, rollup_wait
from kpis.subject import Rollup, Subject
from kpis.waits import LONGEST_MS, OUTCOMES, bucket, within

#: No answer is due later than this after the arrival.
_LATEST_DUE = timedelta(milliseconds=LONGEST_MS)


def count(tallies: Tallies, connection: Connection, query: KpiQuery) -> None:
    """Add the measures and waits of the query's contacts."""
    keys = Keys.of(query)
    for build, *about in _statements(connection, keys):
        keys.add(tallies, keys.rows(connection, build, *about))
    waits = _rolled_waits if query.rolled() else _waits
    _add_waits(tallies, keys, keys.rows(connection, waits))


def quarter_cells(moved: FromClause) -> Select[Any]:
    """The cells of ``rollup_quarter``."""
    return measured(rollup_quarter, moved, MEASURES, POPULATION)


def wait_cells(moved: FromClause) -> Select[Any]:
    """The cells of ``rollup_wait``."""
    c = moved.c
    waited = (
        select(
            quarter_of(c.offered_at).label("quarter"),
            *dimensions(c),
            bucket(c).label("bucket"),
            *[
                (c.sign * cast(c.outcome == outcome, Integer)).label(outcome)
                for outcome in OUTCOMES
            ],
        )
        .where(inbound(c), c.wait_ms.is_not(None), c.outcome.in_(OUTCOMES))
        .subquery("cells")
    )
    return summed(rollup_wait, waited)


#: The contacts that asked for an agent.
CONTACTS = Subject(
    "contacts",
    count,
    (
        Rollup(rollup_quarter, contacts, quarter_cells),
        Rollup(rollup_wait, contacts, wait_cells),
    ),
    rows=contact_rows,
)


def _statements(connection: Connection, keys: Keys) -> Iterable[tuple[Any, ...]]:
    """What builds the SELECTs whose sums make the counts, and with what."""
    if not keys.query.rolled():
        yield from ((_counts, moment) for moment in POPULATION)
        return
    yield (_rolled_counts,)
    # Another target makes answers due at other times: those the rollups cannot know.
    if keys.query.target_ms is not None and _any_written(connection, keys.query):
        yield _counts, "due_at"


def _of(moment: Moment) -> list[Measure]:
    return [measure for measure in MEASURES if measure.attributed_at == moment]


def _counts(keys: Keys, moment: Moment) -> Select[Any]:
    """The measures of one moment over the contacts."""
    c = judged(keys.query).c
    at = c[moment]
    sums = [func.sum(measure.expression(c)).label(measure.key) for measure in _of(moment)]
    # What is due in the interval arrived not long before: the arrival is indexed.
    earliest = keys.time("from", -_LATEST_DUE)
    arrived = [c.offered_at >= earliest, c.offered_at < keys.time("to")]
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
