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
    return Later(_standings, Question(_SOURCES, [now.astimezone(UTC).date()]))


#: A delivery that waits may be the first of its source.  Who has a source, as the workers see
#: it themselves: time is the server's.
_SOURCES = f"""
select coalesce(s.source, i.source), coalesce(s.connector, i.connector),
    s.last_event_at, s.last_seen_at, s.error, s.error_at,
    exists (
        select from ledger k
        where k.source = s.source and k.new > 0
            and k.day - (s.last_event_at at time zone 'UTC')::date in (0, 1)
    ),
    coalesce(i.waiting, 0), i.waiting_since, w.worker is not null, e.not_before,
    {", ".join(f"coalesce(l.{name}, 0)" for name in Today.__struct_fields__)}
from sources s
full join (
    select source, min(connector) as connector, count(*) as waiting,
        min(received_at) as waiting_since
    from inbox group by source
) i on i.source = s.source
left join ledger l on l.source = s.source and l.day = $1
left join leases e on e.source = coalesce(s.source, i.source)
left join workers w on w.worker = e.worker and w.alive_until > now()
"""


def _standings(told: Rows) -> dict[str, Standing]:
    return {row[0]: _standing(row) for row in told}


def _standing(row: TupleRow) -> Standing:
    _name, connector, event_at, seen_at, error, error_at, came_live, *more = row
    waiting, since, attended, not_before, *numbers = more
    return Standing(
        connector,
        event_at,
        seen_at,
        error,
        error_at,
        Today(*numbers),
        waiting,
        since,
        attended,
        not_before,
        came_live,
    )
