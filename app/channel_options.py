"""The queues that can be chosen: those that have seen a contact lately, as rows of the data."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from app.labels import reason
from kpis.schema import rollup_quarter

_LATELY = timedelta(days=35)
_MOST = 500


def queues(connection: Connection, now: datetime) -> list[dict[str, str]]:
    """Options by name."""
    c = rollup_quarter.c
    names = (
        select(c.queue)
        .where(c.quarter >= now - _LATELY, c.quarter <= now, c.queue != "")
        .distinct()
        .order_by(c.queue)
        .limit(_MOST)
    )
    # A queue is often named after the reason it serves: then it has a word already.
    return [{"value": name, "label": reason(name)} for name in connection.scalars(names)]
