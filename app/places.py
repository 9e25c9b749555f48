"""The queues and the sites that can be chosen: those that have seen a contact lately."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from app.labels import reason
from ingest.schema import contacts
from kpis.schema import rollup_quarter

_LATELY = timedelta(days=35)
#: No rollup knows the sites: the contacts themselves are looked through for them.
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


def sites(connection: Connection, now: datetime) -> list[str]:
    """By name; of a house whose sources tell of none, nothing."""
    c = contacts.c
    lately = (c.offered_at >= now - _OF_LATE, c.offered_at <= now, c.site.is_not(None))
    names = select(c.site).where(*lately).distinct().order_by(c.site).limit(_MOST)
    return [str(name) for name in connection.scalars(names)]
