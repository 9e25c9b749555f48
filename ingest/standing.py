"""How each source stands: its last event, its last error, today's ledger."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, and_, select

from ingest.schema import ledger, sources


class Today(msgspec.Struct, frozen=True):
    """The ledger of the day (UTC): received = new + duplicate + superseded + quarantined."""

    received: int = 0
    new: int = 0
    duplicate: int = 0
    superseded: int = 0
    quarantined: int = 0


class Standing(msgspec.Struct, frozen=True):
    """One source as the database knows it."""

    connector: str | None = None
    last_event_at: datetime | None = None
    last_seen_at: datetime | None = None
    error: str | None = None
    today: Today = Today()


def standings(connection: Connection, now: datetime) -> dict[str, Standing]:
    """Every source that ever brought anything, by name."""
    today = and_(ledger.c.source == sources.c.source, ledger.c.day == now.astimezone(UTC).date())
    counted = [ledger.c[name] for name in Today.__struct_fields__]
    query = select(
        sources.c.source,
        sources.c.connector,
        sources.c.last_event_at,
        sources.c.last_seen_at,
        sources.c.error,
        *counted,
    ).join_from(sources, ledger, today, isouter=True)
    found = {}
    for source, connector, last_event_at, last_seen_at, error, *numbers in connection.execute(
        query
    ):
        of_today = Today(*(number or 0 for number in numbers))
        found[source] = Standing(connector, last_event_at, last_seen_at, error, of_today)
    return found
