"""Feeds: until when the sources that feed a place are known to have told all."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import psycopg
from psycopg.rows import TupleRow

#: A source that gives less of a place's contacts is not waited for.
_WEIGHT = 0.05
_LATELY = timedelta(days=1)
#: How far behind each source is that fed the place of late; a pull that brings nothing counts.
_FEEDS = """
    select greatest(s.last_event_at, s.last_seen_at) as at, fed.source as by
    from (
        select source, count(*) as many, sum(count(*)) over () as all_ from contacts
        where (%(channel)s::text is null or channel = %(channel)s)
            and offered_at >= %(since)s and offered_at < %(now)s
            and (%(queue)s::text is null or queue = %(queue)s)
        group by source
    ) fed join sources s using (source)
    where fed.many >= fed.all_ * %(weight)s
    order by at nulls first limit 1
"""


class Feed(msgspec.Struct, frozen=True):
    """The source that is farthest behind and how far it is; nothing where no source feeds."""

    at: datetime | None
    by: str


def read_feed(
    connection: psycopg.Connection[TupleRow],
    now: datetime,
    channel: str | None = None,
    queue: str | None = None,
) -> Feed:
    """The freshness of what feeds the channel and queue (None: any of them)."""
    asked = {
        "channel": channel, "queue": queue, "since": now - _LATELY, "now": now, "weight": _WEIGHT,
    }  # fmt: skip
    row = connection.execute(_FEEDS, asked).fetchone()
    return Feed(None, "") if row is None else Feed(*row)
