"""Costs as a subject: the contacts of a query under the prices in force when they arrived.

Where a channel has one price for all of its sources the rollups hold all that is needed; a
channel with a price for a source of its own is read from its contacts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Numeric,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)

from ingest.schema import contacts
from kpis.cost_schema import costs
from kpis.costs import ANY, MICROS
from kpis.keys import Keys, Tallies
from kpis.measures import MEASURES, ContactColumns, inbound
from kpis.prepared import Prepared
from kpis.query import KpiQuery
from kpis.rows import Counted, Moment, Rows
from kpis.schema import rollup_quarter
from kpis.subject import Subject

#: `cost_units` of one unit of the currency: millionths, times the milliseconds of a minute; so
#: every sum is a whole number.
UNITS = MICROS * 60_000
_MEASURED = {measure.key: measure for measure in MEASURES}
#: The channels that have a price for a source of its own.
_APART = select(costs.c.channel).where(costs.c.source != ANY)


def count(tallies: Tallies, connection: Connection, keys: Keys) -> None:
    """Add what the query's contacts cost, and how many of them have a price."""
    rolled, priced = keys.query.rolled(), _PRICED.under()
    if rolled:
        keys.add(tallies, keys.asked(_rolled).only_if(priced))
    keys.add(tallies, keys.asked(_read, rolled).only_if(priced))


def _priced() -> Select[Any]:
    return select(costs.c.channel).limit(1)


#: Has anything a price at all?
_PRICED = Prepared(_priced)


def _rolled(keys: Keys) -> Select[Any]:
    """From the rollup, channels of one price: it begins at a full quarter hour."""
    c, price = rollup_quarter.c, _prices()
    in_force = and_(price.c.source == ANY, *_in_force(price, c.channel, c.quarter))
    sums = {
        "cost_units": _units(price.c, c.offered, c.handle_ms),
        "priced": c.offered,
        "priced_resolved": c.resolutions,
    }
    labelled = [func.sum(value).label(key) for key, value in sums.items()]
    within = keys.within(c.quarter)
    priced = _grouped(keys, c, c.quarter, labelled, within).select_from(
        rollup_quarter.join(price, in_force)
    )
    return priced.where(c.channel.not_in(_APART))


def _read(keys: Keys, apart: bool) -> Select[Any]:
    """From the contacts: the price of the own source goes before that of the channel.

    `apart`: only channels that have a price for a source of its own.
    """
    rows, c = cost_rows(keys.query), contacts.c
    sums = [func.sum(counted.value).label(key) for key, counted in rows.counts.items()]
    chosen = _APART if apart else select(costs.c.channel)
    # Moments that the planner does not see: else it would plan anew for each question.
    start = select(keys.time("from")).scalar_subquery()
    end = select(keys.time("to")).scalar_subquery()
    within = c.offered_at >= start, c.offered_at < end
    priced = _grouped(keys, c, c.offered_at, sums, within).select_from(rows.of).where(inbound(c))
    # Where there is none, no contact is looked at.
    return priced.where(chosen.exists(), c.channel.in_(chosen))


def cost_rows(_query: KpiQuery) -> Rows:
    """The contacts that have a price, one by one."""
    c, price = contacts.c, _prices()
    best = (
        select(price.c.contact_micros, price.c.minute_micros)
        .where(price.c.source.in_((c.source, ANY)), *_in_force(price, c.channel, c.offered_at))
        .order_by(case((price.c.source == ANY, 1), else_=0))
        .limit(1)
        .lateral("best")
    )
    offered, handle_ms, resolved = (
        _MEASURED[key].expression(c) for key in ("offered", "handle_ms", "resolutions")
    )
    values = {
        "cost_units": _units(best.c, offered, handle_ms),
        "priced": offered,
        "priced_resolved": resolved,
    }
    return Rows(
        contacts.join(best, literal(True)),
        c,
        c.offered_at,
        {"offered_at": Moment(c.offered_at, inbound(c))},
        {key: Counted("offered_at", value) for key, value in values.items()},
    )


#: The contacts, priced.
COSTS = Subject("costs", count, rows=cost_rows)


def _prices() -> CTE:
    """Every price with the moment at which the next one takes its place."""
    c = costs.c
    until = func.lead(c.valid_from, 1, func.timestamptz("infinity")).over(
        partition_by=(c.channel, c.source), order_by=c.valid_from
    )
    return select(*costs.c, until.label("valid_until")).cte("prices")


def _in_force(
    price: CTE, channel: ColumnElement[Any], at: ColumnElement[Any]
) -> list[ColumnElement[bool]]:
    return [price.c.channel == channel, price.c.valid_from <= at, price.c.valid_until > at]


def _units(
    price: ContactColumns, offered: ColumnElement[Any], handle_ms: ColumnElement[Any]
) -> ColumnElement[Any]:
    wide = Numeric()
    each: ColumnElement[Any] = cast(offered, wide) * price.contact_micros * 60_000
    handled: ColumnElement[Any] = cast(handle_ms, wide) * price.minute_micros
    return each + handled


def _grouped(
    keys: Keys,
    c: ContactColumns,
    at: ColumnElement[Any],
    sums: Sequence[ColumnElement[Any]],
    within: Iterable[ColumnElement[bool]],
) -> Select[Any]:
    chosen = (*within, *keys.chosen(c, at))
    return select(*keys.columns(c, at), *sums).where(*chosen).group_by(*keys.names())
