"""How each source stands: its last event, its last error, today's ledger, what waits."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from psycopg.rows import TupleRow
from sqlalchemy import Connection

from ingest.asking import Later, Question, Rows


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
    #: Its last event came in about when it happened: on that day (UTC) or the next.
    came_live: bool = False


def standings(connection: Connection, now: datetime) -> dict[str, Standing]:
    """Every source that ever brought anything, by name."""
    return standings_at(now).read(connection)


def standings_at(now: datetime) -> Later[dict[str, Standing]]:
    """The same, to be asked."""
    today = Question(_SOURCES, [now.astimezone(UTC).date()])
    return Later(_standings, today, Question(_WAITING), Question(_LEASES))


_SOURCES = f"""
select s.source, s.connector, s.last_event_at, s.last_seen_at, s.error, s.error_at,
    exists (
        select from ledger k
        where k.source = s.source and k.new > 0
            and k.day - (s.last_event_at at time zone 'UTC')::date in (0, 1)
    ),
    {", ".join(f"coalesce(l.{name}, 0)" for name in Today.__struct_fields__)}
from sources s
left join ledger l on l.source = s.source and l.day = $1
order by s.source
"""
#: A delivery that waits may be the first of its source.
_WAITING = """
select source, min(connector), count(*), min(received_at) from inbox group by source
"""
#: Who has it, as the workers themselves see it: time is the server's.
_LEASES = """
select l.source, l.not_before, w.worker is not null
from leases l
left join workers w on w.worker = l.worker and w.alive_until > now()
"""


def _standings(told: Rows, waiting: Rows, leased: Rows) -> dict[str, Standing]:
    found = {row[0]: _standing(row) for row in told}
    for name, connector, many, since in waiting:
        known = found.get(name) or Standing(connector)
        found[name] = msgspec.structs.replace(known, waiting=many, waiting_since=since)
    for name, until, attended in leased:
        if name in found:
            found[name] = msgspec.structs.replace(found[name], attended=attended, not_before=until)
    return found


def _standing(row: TupleRow) -> Standing:
    _name, connector, event_at, seen_at, error, error_at, came_live, *numbers = row
    today = Today(*numbers)
    return Standing(connector, event_at, seen_at, error, error_at, today, came_live=came_live)
