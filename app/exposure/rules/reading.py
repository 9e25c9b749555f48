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
from kpis.feeds import read_feed
from kpis.staff import read_staff

Connection = psycopg.Connection[TupleRow]
_SQL = files(__package__).joinpath("readings.sql").read_bytes()


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
    queue = None if rule.queue == ANY else rule.queue
    feed = read_feed(driver, now, rule.channel, queue)
    free = None
    if any(each.measure is Measure.AGENTS_FREE for each in rule.conditions):
        staff = read_staff(connection, now)
        found = staff.get((rule.channel, queue))
        free = None if found is None else float(found.free)
    return replace(reading, fed_at=feed.at, fed_by=feed.by, agents_free=free)
