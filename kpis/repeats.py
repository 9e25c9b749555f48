"""Repeats as a subject: the links of known customers, counted under the window that is asked for.

A *first* contact is one that is itself no repeat within the window.  It is *ripe* once the
window has passed since it came, for only then is it known whether a repeat has followed.  Both
are judged by the contacts that the KPI is about: on the same channel for FCR, on any channel
for once & done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, func, select

from ingest.link_schema import links
from ingest.schema import contacts
from kpis.cells import measured, quarter_of
from kpis.keys import Keys, Tallies
from kpis.measures import ContactColumns
from kpis.query import KpiQuery
from kpis.repeat_measures import MEASURES, POPULATION, scope
from kpis.rows import Counted, Moment, Rows
from kpis.schema import rollup_repeat
from kpis.subject import Rollup, Subject

#: How a measure is read: from the rollup's column, or worked out on the rows.
Value = ColumnElement[int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A count that formulas read as `key`: that measure, of the ripe ones only if so said."""

    key: str
    measure: str
    ripe: bool = False


def asked(query: KpiQuery) -> tuple[Asked, ...]:
    """What the KPIs read of the links, under the query's window."""
    window = query.repeats
    chosen = scope(same_reason=window.same_reason, same_channel=window.same_channel)
    anywhere = scope(same_reason=window.same_reason, same_channel=False)
    here = scope(same_reason=window.same_reason, same_channel=True)
    days = window.days
    return (
        Asked("identified", "identified"),
        Asked("identified_answered", "identified_answered"),
        Asked("identified_abandoned", "identified_abandoned"),
        Asked("repeated", chosen.named("followed", days)),
        Asked("repeated_answered", chosen.named("followed_answered", days)),
        Asked("repeated_abandoned", chosen.named("followed_abandoned", days)),
        Asked("repeated_elsewhere", anywhere.named("crossed", days)),
        Asked("firsts", here.named("first", days)),
        Asked("firsts_ripe", here.named("first", days), ripe=True),
        Asked("firsts_repeated", here.named("first_followed", days), ripe=True),
        Asked("firsts_ripe_anywhere", anywhere.named("first", days), ripe=True),
        Asked("firsts_repeated_anywhere", anywhere.named("first_followed", days), ripe=True),
    )


def repeat_cells(moved: FromClause) -> Select[Any]:
    """The cells of ``rollup_repeat``."""
    return measured(rollup_repeat, moved, tuple(MEASURES.values()), POPULATION)


def count(tallies: Tallies, connection: Connection, keys: Keys) -> None:
    """Add what the links of the query's contacts say."""
    query = keys.query
    if not query.rolled():
        keys.add(tallies, keys.asked(_read))
        return
    keys.add(tallies, keys.asked(_rolled))
    ripe_before = _ripe_before(query)
    quarter = datetime.fromtimestamp(ripe_before.timestamp() // 900 * 900, UTC)
    # The quarter in which ripeness ends is read from the links.
    if query.from_ <= quarter < query.to and quarter < ripe_before:
        keys.add(tallies, keys.asked(_ripening))


def rows(query: KpiQuery) -> Rows:
    """The links one by one, under the query's window."""
    of = _links(query)
    c = of.c
    ripe = c.arrived_at < _ripe_before(query)
    values = {each: MEASURES[each.measure].expression(c) for each in asked(query)}
    counts = {
        each.key: Counted("arrived_at", case((ripe, value), else_=0) if each.ripe else value)
        for each, value in values.items()
    }
    moments: dict[str, Moment] = {at: Moment(c[at], who(c)) for at, who in POPULATION.items()}
    return Rows(of, c, c.arrived_at, moments, counts)


#: The requests of known customers.
REPEATS = Subject("repeats", count, (Rollup(rollup_repeat, links, repeat_cells),), rows=rows)


def _ripe_before(query: KpiQuery) -> datetime:
    """Who came before this is older than the window."""
    return query.now - query.repeats.length


def _ripe_from(keys: Keys) -> ColumnElement[Any]:
    """The same, for a statement."""
    return keys.time("now", -keys.query.repeats.length)


def _rolled(keys: Keys) -> Select[Any]:
    """From the rollup: ripe are the quarters that are so as a whole."""
    query, c = keys.query, rollup_repeat.c
    ripe: ColumnElement[bool] = c.quarter < quarter_of(_ripe_from(keys))
    values = [_sum(c[each.measure], each, ripe).label(each.key) for each in asked(query)]
    return _chosen(keys, c, c.quarter, values).group_by(*keys.of_quarters(c.quarter))


def _ripening(keys: Keys) -> Select[Any]:
    """The ripe ones of a quarter that is not ripe as a whole."""
    c, ripe_from = _links(keys.query).c, _ripe_from(keys)
    ripe = and_(c.arrived_at >= quarter_of(ripe_from), c.arrived_at < ripe_from)
    values = [
        func.sum(MEASURES[each.measure].expression(c)).label(each.key)
        for each in asked(keys.query)
        if each.ripe
    ]
    return _chosen(keys, c, c.arrived_at, values).where(ripe).group_by(*keys.names())


def _read(keys: Keys) -> Select[Any]:
    """From the links themselves."""
    query, c = keys.query, _links(keys.query).c
    ripe = c.arrived_at < _ripe_from(keys)
    values = [
        _sum(MEASURES[each.measure].expression(c), each, ripe).label(each.key)
        for each in asked(query)
    ]
    return _chosen(keys, c, c.arrived_at, values).group_by(*keys.names())


def _sum(value: Value, each: Asked, ripe: ColumnElement[bool]) -> ColumnElement[Any]:
    total = func.sum(value)
    return func.coalesce(total.filter(ripe), 0) if each.ripe else total


def _chosen(
    keys: Keys, c: ContactColumns, at: ColumnElement[Any], values: Sequence[ColumnElement[Any]]
) -> Select[Any]:
    return select(*keys.columns(c, at), *values).where(*keys.within(at), *keys.chosen(c, at))


def _links(query: KpiQuery) -> FromClause:
    """The links; with the agent, whom they do not keep, where the query asks for it."""
    asked_for = {dimension.key for dimension in query.dimensions()} | set(query.where)
    if "agent" not in asked_for:
        return links
    same = and_(links.c.thread_key == contacts.c.thread_key, links.c.turn == contacts.c.turn)
    joined = links.outerjoin(contacts, same)
    return select(*links.c, contacts.c.agent).select_from(joined).subquery("links_of_agents")
