"""Agents as a subject: how long they were available and engaged, from their own words.

Workload is split by overlap: a spell counts in each interval by the time it lasted there.
Agents are personal data: a group of fewer than five says nothing, unless the query may ask
for agents by name.
"""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    DateTime,
    Integer,
    Select,
    Subquery,
    Text,
    column,
    func,
    select,
    text,
)

from kpis.agent_words import understood
from kpis.keys import Keys, Tallies
from kpis.query import KpiQuery
from kpis.staff import FEWEST, LIVENESS, STAFF_FOLLOWS
from kpis.subject import Subject

#: What no agent's word is about.
_UNTOLD = frozenset({"reason", "segment"})
_TEXTS = ("source", "agent", "queue", "site", "reason", "segment", "channel", "modality")
_PIECES = (
    files("kpis").joinpath("agents.sql").read_text().format(understood=understood("said"))
)


def count(tallies: Tallies, connection: Connection, keys: Keys) -> None:
    """Add the milliseconds that the agents of the query were available and engaged.

    An agent is there for no reason or segment alone: by these there is nothing to tell.
    """
    if _UNTOLD.isdisjoint(keys.query.by):
        keys.add(tallies, connection.execute(_counted(keys)))


#: Those who answer.
AGENTS = Subject("agents", count, follows=(STAFF_FOLLOWS,))


def _counted(keys: Keys) -> Select[tuple[int, ...]]:
    c = _pieces(keys.query).c
    lasted, told = c.lasted_ms, c.tells
    sums = {
        "engaged_ms": func.sum(lasted).filter(c.engaged, told),
        "available_ms": func.sum(lasted).filter(~c.engaged, told),
        "held_ms": func.sum(lasted * c.contacts),
        "holding_ms": func.sum(lasted).filter(c.contacts.is_not(None)),
    }
    asked = (
        select(*keys.columns(c, c.at), *[total.label(name) for name, total in sums.items()])
        .where(*keys.chosen(c, c.at))
        .group_by(*keys.names())
    )
    if keys.query.agents:
        return asked
    return asked.having(func.count(func.distinct(c.who)) >= FEWEST)


def _pieces(query: KpiQuery) -> Subquery:
    """The pieces of the spells that lie in the query, until its now."""
    asked = {dimension.key for dimension in query.dimensions()} | {*query.where, *query.only}
    until = max(query.from_, min(query.to, query.now))
    span = {"since": query.from_ - LIVENESS, "from": query.from_, "until": until}
    bound = text(_PIECES).bindparams(**span, by_queue="queue" in asked)
    return bound.columns(
        column("who", BigInteger),
        *[column(name, Text) for name in _TEXTS],
        column("at", DateTime(timezone=True)),
        column("tells", Boolean),
        column("engaged", Boolean),
        column("contacts", Integer),
        column("lasted_ms", BigInteger),
    ).subquery("pieces")
