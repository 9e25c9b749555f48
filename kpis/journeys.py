"""Journeys: from which channel to which known customers move when they come again.

Read from the links (:mod:`ingest.links`) by the arrival of the earlier contact.  Every move is
the way from one contact to the very next one of the same customer (for the same reason where
that is asked for), so what leaves a channel for another adds up to its cross-channel repeats.
Customers are counted each once: unlike all else here they do not add up over intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, distinct, func, select, true

from ingest.customer_schema import identities
from ingest.link_schema import links
from kpis.keys import Keys
from kpis.query import KpiQuery
from kpis.repeat_measures import scope


class Move(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """So many contacts on one channel were followed by one on another (or the same)."""

    from_: str
    to: str
    count: int
    #: Half of them came no later than this after the earlier one.
    median_gap_s: float


class Origin(msgspec.Struct, frozen=True):
    """What known customers did on one channel, and how much of it was repeated anywhere."""

    channel: str
    contacts: int
    repeated: int


class Flow(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """So many contacts of a reason and an outcome were followed by one on a channel."""

    from_: str
    reason: str | None
    outcome: str | None
    to: str
    count: int


class Returner(msgspec.Struct, frozen=True):
    """A customer who came again, by masked identities: how often, after how many contacts."""

    customer_key: int
    known_by: list[str]
    contacts: int
    repeated: int
    channels: int
    last_at: datetime


class Journeys(msgspec.Struct, frozen=True):
    """`repeating`: customers who came again; `crossing`: those who did on another channel."""

    customers: int
    repeating: int
    crossing: int
    channels: list[Origin]
    moves: list[Move]


def journeys(
    connection: Connection, query: KpiQuery, *, ever: bool = False, after: str | None = None
) -> Journeys:
    """The matrix of a query's time, filters and repeat window; `ever`: however long after.

    `after`: only from the contacts of that outcome, answered or abandoned.
    """
    way = _Way(query, ever, after)
    customers, repeating, crossing = connection.execute(way.customers()).one()
    return Journeys(
        customers=customers,
        repeating=repeating,
        crossing=crossing,
        channels=[Origin(*row) for row in connection.execute(way.origins())],
        moves=[
            Move(came, went, count, float(gap_ms) / 1000)
            for came, went, count, gap_ms in connection.execute(way.moves())
        ],
    )


def flows(connection: Connection, query: KpiQuery, *, after: str | None = None) -> list[Flow]:
    """The moves again, by the reason and the outcome of the earlier contact."""
    return [Flow(*row) for row in connection.execute(_Way(query, after=after).flows())]


def returners(
    connection: Connection, query: KpiQuery, *, after: str | None = None, limit: int = 10
) -> list[Returner]:
    """The customers who came again most often, these first."""
    way = _Way(query, after=after)
    found = connection.execute(way.returners(limit)).all()
    known = _masked(connection, [row[0] for row in found])
    return [Returner(row[0], known.get(row[0], []), *row[1:]) for row in found]


def _masked(connection: Connection, customers: Sequence[int]) -> dict[int, list[str]]:
    """Their identities as they may be shown."""
    c = identities.c
    asked = select(c.customer_key, c.masked).where(c.customer_key.in_(customers))
    known: dict[int, list[str]] = {}
    for key, masked in connection.execute(asked.order_by(c.kind, c.masked)):
        known.setdefault(key, []).append(masked)
    return known


class _Way:
    """From a contact to the next one, as the query wants it."""

    def __init__(self, query: KpiQuery, ever: bool = False, after: str | None = None) -> None:
        asked = scope(same_reason=query.repeats.same_reason, same_channel=False)
        assert asked.next_channel is not None
        c = links.c
        keys = Keys.of(query)
        self._chosen = [*keys.within(c.arrived_at), *keys.chosen(c, c.arrived_at)]
        if after is not None:
            self._chosen.append(c.outcome == after)
        self._gap: ColumnElement[Any] = c[asked.until]
        self._to: ColumnElement[Any] = c[asked.next_channel]
        length_ms = query.repeats.days * 86_400_000
        self._followed = and_(self._gap.is_not(None), true() if ever else self._gap <= length_ms)

    def customers(self) -> Select[int, int, int]:
        """How many there are, came again, came again on another channel."""
        c = links.c
        elsewhere = and_(self._followed, self._to != c.channel)
        # A customer a row first: groups are hashed, distinct values would be sorted.
        each = (
            select(
                func.bool_or(self._followed).label("came_again"),
                func.bool_or(elsewhere).label("crossed"),
            )
            .where(*self._chosen)
            .group_by(c.customer_key)
            .subquery()
        )
        everybody = func.count()
        return select(
            everybody, everybody.filter(each.c.came_again), everybody.filter(each.c.crossed)
        ).select_from(each)

    def origins(self) -> Select[Any]:
        """Contacts and repeated contacts by channel, the busiest first."""
        c, many = links.c, func.count()
        return (
            select(c.channel, many, many.filter(self._followed))
            .where(*self._chosen)
            .group_by(c.channel)
            .order_by(many.desc(), c.channel)
        )

    def moves(self) -> Select[Any]:
        """Channel to channel, the most frequent first."""
        c, many = links.c, func.count()
        median = func.percentile_cont(0.5).within_group(self._gap)
        return (
            select(c.channel, self._to, many, median)
            .where(*self._chosen, self._followed)
            .group_by(c.channel, self._to)
            .order_by(many.desc(), c.channel, self._to)
        )

    def flows(self) -> Select[Any]:
        """Channel, reason and outcome to channel, the most frequent first."""
        c, many = links.c, func.count()
        by = (c.channel, c.reason, c.outcome, self._to)
        return (
            select(*by, many)
            .where(*self._chosen, self._followed)
            .group_by(*by)
            .order_by(many.desc(), *by)
        )

    def returners(self, limit: int) -> Select[Any]:
        """Customers by how many of their contacts were repeated."""
        c, many = links.c, func.count()
        repeated = many.filter(self._followed)
        most = (
            select(
                c.customer_key, many.label("contacts"), repeated.label("repeated"),
                func.max(c.arrived_at).label("last_at"),
            )
            .where(*self._chosen)
            .group_by(c.customer_key)
            .having(repeated > 0)
            .order_by(repeated.desc(), many.desc(), c.customer_key)
            .limit(limit)
            .subquery()
        )  # fmt: skip
        # Channels of these few only: distinct values are sorted.
        channels = (
            select(func.count(distinct(c.channel)))
            .where(*self._chosen, c.customer_key == most.c.customer_key)
            .scalar_subquery()
        )
        told = most.c
        return select(
            told.customer_key, told.contacts, told.repeated, channels, told.last_at
        ).order_by(told.repeated.desc(), told.contacts.desc(), told.customer_key)
