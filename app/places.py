"""What can be chosen: queues, sites, reasons and segments that have seen a contact lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from app.labels import reason
from ingest.schema import contacts
from kpis.schema import rollup_quarter

_LATELY = timedelta(days=35)
#: What no rollup knows is looked for in the contacts themselves.
_OF_LATE = timedelta(days=14)
_MOST = 500


def queues(connection: Connection, now: datetime) -> list[str]:
    """By name, as rows of the data."""
    c = rollup_quarter.c
    lately = (c.quarter >= now - _LATELY, c.quarter <= now, c.queue != "")
    names = select(c.queue).where(*lately).distinct().order_by(c.queue).limit(_MOST)
    return [str(name) for name in connection.scalars(names)]


def queue_options(connection: Connection, now: datetime) -> list[dict[str, str]]:
    """The queues as a reader sees them."""
    # A queue is often named after the reason it serves: then it has a word already.
    return [{"value": name, "label": reason(name)} for name in queues(connection, now)]


class Told(NamedTuple):
    """What contacts lately told of themselves, each by name; of what none tells, nothing."""

    sites: list[str]
    reasons: list[str]
    segments: list[str]


def told(connection: Connection, now: datetime) -> Told:
    """The sites, reasons and segments of the last two weeks."""
    c = contacts.c
    lately = (c.offered_at >= now - _OF_LATE, c.offered_at <= now)
    seen = select(c.site, c.reason, c.segment).where(*lately).distinct().limit(_MOST**2)
    columns = zip(*connection.execute(seen), strict=True)
    named = [sorted({str(name) for name in names if name})[:_MOST] for names in columns]
    return Told(*named) if named else Told([], [], [])
