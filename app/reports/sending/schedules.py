"""The rows of the schedules: as they stand, and every version they have had."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec
import psycopg
from psycopg.rows import TupleRow, dict_row

from app.reports.sending.model import Schedule

Connection = psycopg.Connection[TupleRow]


class Act(StrEnum):
    """What somebody did to a schedule."""

    KEPT = "kept"
    ON = "on"
    OFF = "off"
    REMOVED = "removed"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as it stands; nothing due before `since` is sent."""

    schedule: Schedule
    version: int
    enabled: bool
    since: datetime
    changed_at: datetime
    changed_by: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did to a schedule, and what it says since."""

    name: str
    version: int
    act: Act
    schedule: Schedule
    at: datetime
    by: str


def kept(connection: Connection, name: str | None = None) -> list[Kept]:
    """Every schedule by name, or the one of that name."""
    query = """
        select version, enabled, content, since, changed_at, changed_by from report_schedules
        where %(name)s::text is null or name = %(name)s order by name
    """
    return [msgspec.convert(row, Kept) for row in _rows(connection, query, {"name": name})]


def versions(connection: Connection, name: str, limit: int) -> list[Version]:
    """What was done to the schedule of that name, the newest first."""
    query = """
        select name, version, act, content, at, by from report_schedule_versions
        where name = %(name)s order by id desc limit %(limit)s
    """
    told = {"name": name, "limit": limit}
    return [msgspec.convert(row, Version) for row in _rows(connection, query, told)]


def hold(connection: Connection) -> None:
    """Nobody else writes schedules until the transaction ends."""
    connection.execute("lock table report_schedule_versions in share row exclusive mode")


def put(connection: Connection, schedule: Schedule, now: datetime, by: str) -> None:
    """Keep it as its next version; what is due from now on is sent as it says."""
    told = {"content": _json(schedule), "name": schedule.name, "at": now, "by": by}
    connection.execute(_PUT, told)
    note(connection, schedule.name, Act.KEPT, now, by)


def switch(connection: Connection, name: str, enabled: bool, now: datetime, by: str) -> None:
    """On or off; what would have been due while it was off is not sent."""
    connection.execute(
        "update report_schedules set enabled = %s, since = %s, changed_at = %s, changed_by = %s"
        " where name = %s",
        [enabled, now, now, by, name],
    )
    note(connection, name, Act.ON if enabled else Act.OFF, now, by)


def remove(connection: Connection, name: str, now: datetime, by: str) -> None:
    """Take it away; its versions and what it sent stay."""
    note(connection, name, Act.REMOVED, now, by)
    connection.execute("delete from report_schedules where name = %s", [name])


def note(connection: Connection, name: str, act: Act, now: datetime, by: str) -> None:
    """Append what was done."""
    connection.execute(
        "insert into report_schedule_versions (name, version, act, content, at, by)"
        " select name, version, %s, content, %s, %s from report_schedules where name = %s",
        [act.value, now, by, name],
    )


# A version that was taken away is not counted again.
_PUT = """
    insert into report_schedules (name, version, enabled, content, since, changed_at, changed_by)
    values (
        %(name)s,
        1 + coalesce((select max(version) from report_schedule_versions where name = %(name)s), 0),
        true, %(content)s, %(at)s, %(at)s, %(by)s
    )
    on conflict (name) do update set version = excluded.version, content = excluded.content,
        since = excluded.since, changed_at = excluded.changed_at,
        changed_by = excluded.changed_by
"""


def _rows(connection: Connection, query: str, told: dict[str, object]) -> list[dict[str, object]]:
    """The rows, with the schedule that their content says."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query.encode(), told).fetchall()
    return [{**row, "schedule": msgspec.json.decode(str(row["content"]))} for row in rows]


def _json(schedule: Schedule) -> str:
    return msgspec.json.encode(schedule).decode()
