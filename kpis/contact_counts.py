"""The contacts as a subject: their measures and the histogram of their waits.

Waits are read through the histogram's buckets both from the rollups and from the contacts, so
that percentiles agree too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    cast,
    exists,
    func,
    select,
)

from ingest.asking import Later
from ingest.schema import contacts
from kpis.cells import dimensions, measured, quarter_of, summed
from kpis.columns import Columns, histograms, packed_buckets
from kpis.contact_rows import contact_rows
from kpis.judged import judged
from kpis.keys import Keys, Tallies, of_modalities
from kpis.measures import MEASURES, POPULATION, Measure, Moment, inbound
from kpis.query import KpiQuery
from kpis.schema import rollup_quarter, rollup_wait
from kpis.subject import Rollup, Subject
from kpis.waits import LONGEST_MS, OUTCOMES, bucket, bucket_of

#: No answer is due later than this after the arrival.
_LATEST_DUE = timedelta(milliseconds=LONGEST_MS)
#: A cell's milliseconds are less than four bytes times this many bits: 71,000 years.
_LOW_BITS = 20


def count(tallies: Tallies, connection: Connection, keys: Keys) -> None:
    """Add the measures and waits of the query's contacts."""
    query = keys.query
    for build, *about in _statements(connection, keys):
        keys.add(tallies, keys.asked(build, *about))
    build = _rolled_waits if query.rolled() else _waits
    if query.rolled() and query.target_ms is not None:
        waits = keys.asked(build, OUTCOMES, None)
        tallies.add(waits.then(partial(_in_target, target_ms=query.target_ms)))
    elif tallies.waits:
        waits = keys.asked(build, ("answered",), _modalities())
    else:
        return
    tallies.add(waits)


def waits_left(query: KpiQuery, modalities: Sequence[str]) -> Later[Columns]:
    """The waits of the query's contacts of these modalities, to be asked: in each bucket those
    who left in each of the `OUTCOMES`."""
    build = _rolled_waits if query.rolled() else _waits
    return Keys.of(query).asked(build, OUTCOMES, tuple(modalities))


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
        (_wide_sum if measure.wide else func.sum)(c[measure.key]).label(measure.key)
        for measure in MEASURES
        if own or not _depends_on_target(measure)
    ]
    return (
        select(*keys.columns(c, c.quarter), *sums)
        .where(*keys.within(c.quarter), *keys.chosen(c, c.quarter))
        .group_by(*keys.of_quarters(c.quarter))
    )


def _wide_sum(column: ColumnElement[int]) -> ColumnElement[int]:
    """Of numbers of eight bytes, by two sums of four: their own sum is a numeric, which takes
    longer to make and to turn back than both."""
    high = func.sum(cast(column.bitwise_rshift(_LOW_BITS), Integer))
    low = func.sum(cast(column.bitwise_and(2**_LOW_BITS - 1), Integer))
    return high.bitwise_lshift(_LOW_BITS) + low


def _depends_on_target(measure: Measure) -> bool:
    return measure.key.endswith("_in_target") or measure.attributed_at == "due_at"


def _any_written(connection: Connection, query: KpiQuery) -> bool:
    c = rollup_quarter.c
    start = query.from_ - timedelta(milliseconds=query.target_ms or 0, minutes=15)
    rows = select(c.quarter).where(c.quarter >= start, c.quarter < query.to, c.modality != "sync")
    return bool(connection.scalar(select(exists(rows))))


def _modalities() -> tuple[str, ...]:
    """Those whose waits a KPI reads."""
    from kpis.catalogue import catalogue  # which is made of these

    return catalogue().waited


def _waits(keys: Keys, outcomes: Sequence[str], modalities: Sequence[str] | None) -> Select[Any]:
    """The histogram over the contacts: of those who left in these ways."""
    c = contacts.c
    counts = [func.count().filter(c.outcome == name).label(name) for name in outcomes]
    chosen = (*keys.within(c.offered_at), *keys.chosen(c, c.offered_at))
    each = (
        select(*keys.columns(c, c.offered_at), bucket(c).label("bucket"), *counts)
        .where(inbound(c), c.wait_ms.is_not(None), c.outcome.in_(outcomes), *chosen)
        .where(*of_modalities(c, modalities))
        .group_by(*keys.names(), "bucket")
    )
    return histograms(each.subquery("each"), keys.names(), ("bucket", *outcomes))


def _rolled_waits(
    keys: Keys, outcomes: Sequence[str], modalities: Sequence[str] | None
) -> Select[Any]:
    """The histogram over ``rollup_wait``."""
    c = rollup_wait.c
    chosen = (*keys.within(c.quarter), *keys.chosen(c, c.quarter), *of_modalities(c, modalities))
    columns = keys.columns(c, c.quarter)
    if keys.query.grain == "15min":
        # Of a quarter they are few: to add up equal buckets first would only cost.
        packed = packed_buckets(c.bucket, [c[name] for name in outcomes])
        grouped = select(*columns, *packed).group_by(*keys.of_quarters(c.quarter))
        return grouped.where(*chosen)
    sums = [func.sum(c[name]).label(name) for name in outcomes]
    every = select(*columns, c.bucket.label("bucket"), *sums).where(*chosen)
    each = every.group_by(*keys.names(), "bucket")
    return histograms(each.subquery("each"), keys.names(), ("bucket", *outcomes))


def _in_target(waits: Columns, *, target_ms: int) -> Columns:
    """Who left in time, told by the waits: the rollups do not know this target."""
    if waits.buckets is None or waits.many is None:
        return Columns((), ())
    in_time = waits.buckets[:, :1] <= bucket_of(target_ms)
    passed = np.cumsum(np.where(in_time, waits.buckets[:, 1:], 0), axis=0)
    totals = np.diff(passed[np.cumsum(waits.many) - 1], axis=0, prepend=0)
    counts = {f"{name}_in_target": totals[:, place] for place, name in enumerate(OUTCOMES)}
    return Columns(waits.groups, waits.modalities, counts)
