"""How each source stands: its last event, its last error, today's ledger, what waits."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, and_, func, select

from ingest.schema import inbox, leases, ledger, sources, workers


class Today(msgspec.Struct, frozen=True):
    """The ledger of the day (UTC): received = new + duplicate + superseded + quarantined."""

    received: int = 0
    new: int = 0
    duplicate: int = 0
    superseded: int = 0
    quarantined: int = 0

    @property
    def astray(self) -> int:
        """Records of which nobody knows what became of them: 0, or the ledger does not close."""
        return self.received - self.new - self.duplicate - self.superseded - self.quarantined


class Standing(msgspec.Struct, frozen=True):
    """One source as the database knows it.

    `waiting`: deliveries that are kept but not stored yet, the oldest from `waiting_since`.
    `attended`: a worker that lives has it; `not_before`: it asked to be left alone until then.
    """

    connector: str | None = None
    last_event_at: datetime | None = None
    last_seen_at: datetime | None = None
    error: str | None = None
    error_at: datetime | None = None
    today: Today = Today()
    waiting: int = 0
    waiting_since: datetime | None = None
    attended: bool = False
    not_before: datetime | None = None


def standings(connection: Connection, now: datetime) -> dict[str, Standing]:
    """Every source that ever brought anything, by name."""
    today = and_(ledger.c.source == sources.c.source, ledger.c.day == now.astimezone(UTC).date())
    counted = [ledger.c[name] for name in Today.__struct_fields__]
    c = sources.c
    told = (c.connector, c.last_event_at, c.last_seen_at, c.error, c.error_at)
    query = select(c.source, *told, *counted).join_from(sources, ledger, today, isouter=True)
    found = {}
    for row in connection.execute(query.order_by(c.source)):
        name, connector, last_event_at, last_seen_at, error, error_at, *numbers = row
        of_today = Today(*(number or 0 for number in numbers))
        found[name] = Standing(connector, last_event_at, last_seen_at, error, error_at, of_today)
    return _with_leases(_with_inbox(found, connection), connection)


def _with_inbox(found: dict[str, Standing], connection: Connection) -> dict[str, Standing]:
    """Also a source whose first delivery still waits."""
    c = inbox.c
    query = select(c.source, func.min(c.connector), func.count(), func.min(c.received_at))
    for name, connector, waiting, since in connection.execute(query.group_by(c.source)):
        known = found.get(name) or Standing(connector)
        found[name] = msgspec.structs.replace(known, waiting=waiting, waiting_since=since)
    return found


def _with_leases(found: dict[str, Standing], connection: Connection) -> dict[str, Standing]:
    """Who has it, as the workers themselves see it: time is the server's."""
    alive = and_(workers.c.worker == leases.c.worker, workers.c.alive_until > func.now())
    query = select(leases.c.source, leases.c.not_before, workers.c.worker.is_not(None))
    query = query.join_from(leases, workers, alive, isouter=True)
    for name, until, attended in connection.execute(query):
        if (known := found.get(name)) is not None:
            found[name] = msgspec.structs.replace(known, attended=attended, not_before=until)
    return found
