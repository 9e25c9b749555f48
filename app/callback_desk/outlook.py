"""What the coming days bring the agents: calls expected, how long each takes, who will answer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, distinct, func, select, tuple_

from app.callback_desk.capacity import CHANNEL, Staffed
from app.callback_desk.terms import ANY, Book
from ingest.schema import contacts
from kpis.errors import WrongQuery
from kpis.schema import rollup_quarter

#: Whose agents call back, and the calls that keep them from it.
INCOMING = "phone"
#: How long a contact takes where no source tells it.
HANDLE_S = 300.0
_QUARTER = timedelta(minutes=15)
_SEEN, _WEEK = timedelta(days=28), timedelta(days=7)
#: A weekday and an hour of it, on the wall.
_Hour = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outlook:
    """By pool: calls expected by quarter hour, agents by hour of the week (None: none told)."""

    zone: ZoneInfo
    handle_s: float = HANDLE_S
    quarters: tuple[datetime, ...] = ()
    expected: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    agents: Mapping[str, Mapping[_Hour, int]] = field(default_factory=dict)

    def staffed(self, pool: str, told: int | None, start: datetime, end: datetime) -> Staffed:
        """Who is there in [start, end), and their expected work; `told` agents go first."""
        seen = self.agents.get(pool, {})
        local = start.astimezone(self.zone)
        known = seen.get((local.weekday(), local.hour), 0) if seen else None
        return Staffed(known if told is None else told, self._calls(pool, start, end))

    def _calls(self, pool: str, start: datetime, end: datetime) -> float:
        """Seconds of handling; a quarter that is in part within counts in part."""
        expected, total = self.expected.get(pool, ()), 0.0
        for number in range(max(0, bisect_right(self.quarters, start) - 1), len(expected)):
            begin = self.quarters[number]
            if begin >= end:
                break
            shared = min(end, begin + _QUARTER) - max(start, begin)
            total += expected[number] * max(0.0, shared / _QUARTER)
        return total * self.handle_s


def read_outlook(
    connection: Connection, book: Book, now: datetime, zone: ZoneInfo, country: str
) -> Outlook:
    """The outlook for the pools of these terms, as it can be known at `now`."""
    quarters, expected = _forecast(connection, book, now, zone, country)
    ahead = timedelta(days=1 + max(terms.ahead_days for terms in book.values()))
    agents = {
        pool: _agents(connection, pool, now - _WEEK, min(now, now - _WEEK + ahead), zone)
        for pool, terms in book.items()
        if terms.agents is None
    }
    return Outlook(zone, _handle_s(connection, now), quarters, expected, agents)


def _forecast(
    connection: Connection, book: Book, now: datetime, zone: ZoneInfo, country: str
) -> tuple[tuple[datetime, ...], dict[str, tuple[float, ...]]]:
    # numpy: only who plans slots pays for it
    from kpis.forecast import HORIZONS
    from kpis.forecasting.asking import Asked

    ahead = max(terms.ahead_days for terms in book.values())
    horizon = next(name for name, days in HORIZONS.items() if days >= ahead)
    by = "reason" if set(book) - {ANY} else "channel"
    asked = Asked(zone=zone.key, site_country=country, horizon=horizon, by=by)
    try:
        known = asked.forecast(connection, now)
    except WrongQuery:  # there is no history to go by yet
        return (), {}
    lines = {
        ANY if line.reason is None else line.reason: tuple(line.expected)
        for line in known.lines
        if line.channel == INCOMING
    }
    return tuple(known.quarters), {pool: lines[pool] for pool in book if pool in lines}


def _agents(
    connection: Connection, pool: str, start: datetime, end: datetime, zone: ZoneInfo
) -> dict[_Hour, int]:
    """Who answered in each hour of [start, end), by its place in the week."""
    c = contacts.c
    hour = func.date_trunc("hour", c.answered_at).label("hour")
    found = (
        select(hour, func.count(distinct(tuple_(c.source, c.agent))))
        .where(c.offered_at >= start, c.offered_at < end, c.channel.in_((INCOMING, CHANNEL)))
        .where(c.agent.is_not(None), c.answered_at.is_not(None))
        .group_by(hour)
    )
    if pool != ANY:
        found = found.where(c.reason == pool)
    return _by_hour(((at.astimezone(zone), many) for at, many in connection.execute(found)))


def _by_hour(rows: Iterable[tuple[datetime, int]]) -> dict[_Hour, int]:
    seen: dict[_Hour, int] = {}
    for at, many in rows:
        place = at.weekday(), at.hour
        seen[place] = max(seen.get(place, 0), many)
    return seen


def _handle_s(connection: Connection, now: datetime) -> float:
    """Seconds of the agent's time that a call took in the last weeks."""
    c = rollup_quarter.c
    total, many = connection.execute(
        select(func.sum(c.handle_ms), func.sum(c.handled))
        .where(c.quarter >= now - _SEEN, c.quarter <= now)
        .where(c.channel.in_((INCOMING, CHANNEL)))
    ).one()
    return int(total) / int(many) / 1000 if total and many else HANDLE_S
