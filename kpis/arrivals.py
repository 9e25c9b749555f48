"""Arrivals: when today's contacts of each source came in, a quarter hour a point."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from ingest.schema import contacts
from kpis.intervals import QUARTER, day_of


def arrivals(connection: Connection, now: datetime, zone: ZoneInfo) -> dict[str, list[int]]:
    """Offered contacts by source and quarter hour, from the first of the local day to `now`'s.

    Read by the index on `offered_at`: it costs what the day holds, so not every second.
    """
    start, _end = day_of(now, zone)
    c = contacts.c
    quarter = func.date_bin(QUARTER, c.offered_at, start).label("quarter")
    rows = connection.execute(
        select(c.source, quarter, func.count())
        .where(c.offered_at >= start, c.offered_at <= now)
        .group_by(c.source, quarter)
    )
    points = (now - start) // QUARTER + 1
    found: dict[str, list[int]] = {}
    for source, at, many in rows:
        found.setdefault(source, [0] * points)[(at - start) // QUARTER] = many
    return found
