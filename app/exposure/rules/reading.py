"""Readings of a rule's place: live, and minute by minute of the past, from the contacts.

Both come from one statement (``readings.sql``), so that a trial sees what the rule would have
seen.  Agents are not kept minute by minute: of the past nobody knows how many were free.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.resources import files

import psycopg
from msgspec.structs import replace
from psycopg.rows import TupleRow, dict_row
from sqlalchemy import Connection as SqlConnection

from app.exposure.model import ANY
from app.exposure.rules.deciding import Reading
from app.exposure.rules.model import Measure, Rule
from kpis.staff import read_staff

Connection = psycopg.Connection[TupleRow]
_SQL = files(__package__).joinpath("readings.sql").read_bytes()
#: A source that gives less of a place's contacts is not waited for.
_WEIGHT = 0.05
#: How far behind each source is that fed the place of late; a pull that brings nothing counts.
_FEEDS = """
    select fed.source, greatest(s.last_event_at, s.last_seen_at) as fed_at
    from (
        select source, count(*) as many, sum(count(*)) over () as all_ from contacts
        where channel = %(channel)s and offered_at >= %(since)s and offered_at < %(now)s
            and (%(queue)s::text is null or queue = %(queue)s)
        group by source
    ) fed join sources s using (source)
    where fed.many >= fed.all_ * %(weight)s
    order by fed_at nulls first limit 1
"""


def read_past(connection: Connection, rule: Rule, start: datetime, end: datetime) -> list[Reading]:
    """A reading per minute of [start, end], oldest first.  `fed_at` is the last fact by then."""
    asked = {
        "from": start,
        "to": end,
        "window": max(1, rule.window_s // 60),
        "channel": rule.channel,
        "queue": None if rule.queue == ANY else rule.queue,
        "reason": None if rule.reason == ANY else rule.reason,
        "reach": _reach(rule),
        "past": start < end,
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL, asked).fetchall()
    return [Reading(**row) for row in rows if row["at"] >= start]


def _reach(rule: Rule) -> timedelta:
    """How long before its window a contact may have come; open ones count whenever they came.

    Nobody holds the line for more than four hours; what is written may be answered days later.
    """
    ended = (Measure.AVERAGE_WAIT, Measure.SERVICE_LEVEL)
    judges = any(each.measure in ended for each in rule.conditions)
    return timedelta(days=3) if judges else timedelta(hours=4)


def read_now(connection: SqlConnection, rule: Rule, now: datetime) -> Reading:
    """The live reading: as in the past, with the sources' own word on how fresh they are."""
    driver: Connection = connection.connection.driver_connection  # type: ignore[assignment]
    reading = read_past(driver, rule, now, now)[-1]
    fed_at, fed_by = _feed(driver, rule, now)
    free = None
    if any(each.measure is Measure.AGENTS_FREE for each in rule.conditions):
        staff = read_staff(connection, now)
        found = staff.get((rule.channel, None if rule.queue == ANY else rule.queue))
        free = None if found is None else float(found.free)
    return replace(reading, fed_at=fed_at, fed_by=fed_by, agents_free=free)


def _feed(connection: Connection, rule: Rule, now: datetime) -> tuple[datetime | None, str]:
    """The freshness of the source that is farthest behind; (None, "") where none feeds."""
    asked = {
        "channel": rule.channel,
        "queue": None if rule.queue == ANY else rule.queue,
        "since": now - timedelta(days=1),
        "now": now,
        "weight": _WEIGHT,
    }
    row = connection.execute(_FEEDS, asked).fetchone()
    return (None, "") if row is None else (row[1], row[0])
