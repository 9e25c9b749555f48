"""The rows of the alerts: versions, what the last look left, firings."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec
import psycopg
from psycopg.rows import TupleRow, dict_row

from app.alerts.deciding import AlertState, Reading
from app.alerts.model import Alert

Connection = psycopg.Connection[TupleRow]


class Why(StrEnum):
    """Why a firing is over."""

    BACK = "back"
    #: No value any more, or too few contacts: nothing is left to judge.
    UNJUDGED = "unjudged"
    OFF = "off"


class Status(StrEnum):
    """Where a firing stands."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    OVER = "over"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it stands: its content, and what the last look left."""

    alert: Alert
    version: int
    enabled: bool
    state: AlertState
    reading: Reading | None
    seen_at: datetime | None
    snoozed_until: datetime | None
    snoozed_by: str | None
    changed_at: datetime
    changed_by: str

    def snoozed(self, now: datetime) -> bool:
        return self.snoozed_until is not None and self.snoozed_until > now


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """One time that an alert fired, with the content it had then; `value` is what made it fire."""

    id: int
    alert: Alert
    version: int
    fired_at: datetime
    value: float
    reading: Reading
    told_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    over_at: datetime | None
    over_why: Why | None
    over_value: float | None
    snoozed_until: datetime | None
    snoozed_by: str | None

    def status(self, now: datetime) -> Status:
        """Over, else snoozed, else acknowledged, else firing; a snooze ends by itself."""
        if self.over_at is not None:
            return Status.OVER
        if self.snoozed_until is not None and self.snoozed_until > now:
            return Status.SNOOZED
        return Status.ACKNOWLEDGED if self.acknowledged_at is not None else Status.FIRING


_KEPT = """
    select a.name, a.version, a.enabled, a.state, a.reading, a.seen_at, a.snoozed_until,
        a.snoozed_by, a.changed_at, a.changed_by, v.content
    from alerts a join alert_versions v on v.name = a.name and v.version = a.version
"""
_FIRINGS = """
    select f.id, f.name, f.version, f.fired_at, f.value, f.reading, f.told_at, f.acknowledged_at,
        f.acknowledged_by, f.over_at, f.over_why, f.over_value,
        case when f.over_at is null then a.snoozed_until end as snoozed_until,
        case when f.over_at is null then a.snoozed_by end as snoozed_by, v.content
    from alert_firings f
    join alert_versions v on v.name = f.name and v.version = f.version
    join alerts a on a.name = f.name
"""


def kept(connection: Connection, name: str | None = None) -> list[Kept]:
    """Every alert by name, or the one of that name."""
    rest = " where %(name)s::text is null or a.name = %(name)s order by a.name"
    return _kept_of(connection, _KEPT + rest, {"name": name})


def hold(connection: Connection, name: str) -> None:
    """Wait until nobody else is at the alert; until the transaction ends."""
    connection.execute("select from alerts where name = %s for update", [name])


def claim(connection: Connection, now: datetime) -> list[Kept]:
    """Those that are watched and not yet seen at `now`, locked until the transaction ends; one
    that somebody else is at is left to them.  Incidents are not read but told."""
    rest = """
        where a.enabled and (a.seen_at is null or a.seen_at < %(now)s)
            and coalesce(v.content::json ->> 'kind', '') <> 'incident'
        order by a.name for update of a skip locked
    """
    return _kept_of(connection, _KEPT + rest, {"now": now})


def add_version(connection: Connection, alert: Alert, version: int, at: datetime, by: str) -> None:
    """Append what the alert is from now on, and make it the current version."""
    told = {
        "name": alert.name, "version": version, "content": _json(alert), "at": at, "by": by,
        "state": _json(AlertState()),
    }  # fmt: skip
    connection.execute(_ADD_VERSION, told)
    connection.execute(_PUT, told)


def switch(connection: Connection, name: str, enabled: bool, at: datetime, by: str) -> None:
    """Watch it or not; either way it begins anew."""
    connection.execute(
        "update alerts set enabled = %s, state = %s, reading = null, seen_at = null,"
        " changed_at = %s, changed_by = %s where name = %s",
        [enabled, _json(AlertState()), at, by, name],
    )


def snooze(connection: Connection, name: str, until: datetime | None, by: str) -> None:
    """Tell nothing of it until then; None: from now on again."""
    connection.execute(
        "update alerts set snoozed_until = %s, snoozed_by = %s where name = %s",
        [until, by if until else None, name],
    )


def keep_state(
    connection: Connection, name: str, state: AlertState, reading: Reading, now: datetime
) -> None:
    """What this look leaves to the next."""
    connection.execute(
        "update alerts set state = %s, reading = %s, seen_at = %s where name = %s",
        [_json(state), _json(reading), now, name],
    )


def begin(connection: Connection, known: Kept, reading: Reading, now: datetime) -> None:
    """The alert fires; where it is firing already it goes on."""
    connection.execute(
        "insert into alert_firings (name, version, fired_at, value, reading)"
        " values (%s, %s, %s, %s, %s) on conflict (name) where over_at is null do nothing",
        [known.alert.name, known.version, now, reading.value, _json(reading)],
    )


def end(
    connection: Connection, name: str, why: Why, value: float | None, now: datetime
) -> Firing | None:
    """The firing that is over with this, if one was not yet."""
    row = connection.execute(
        "update alert_firings set over_at = %s, over_why = %s, over_value = %s"
        " where name = %s and over_at is null returning id",
        [now, why.value, value, name],
    ).fetchone()
    return None if row is None else firing(connection, row[0])


def told(connection: Connection, id: int, now: datetime) -> bool:
    """Note that others are told of the firing; False: they were already."""
    done = connection.execute(
        "update alert_firings set told_at = %s where id = %s and told_at is null", [now, id]
    )
    return done.rowcount == 1


def acknowledge(connection: Connection, id: int, by: str, now: datetime) -> bool:
    """Note who has seen it; False: somebody had, or it is over."""
    done = connection.execute(
        "update alert_firings set acknowledged_at = %s, acknowledged_by = %s"
        " where id = %s and acknowledged_at is null and over_at is null",
        [now, by, id],
    )
    return done.rowcount == 1


def firing(connection: Connection, id: int) -> Firing | None:
    """The firing of that number."""
    return next(iter(_firings_of(connection, " where f.id = %(id)s", {"id": id})), None)


def open_firings(connection: Connection, name: str | None = None) -> list[Firing]:
    """What is not over, the newest first."""
    rest = """
        where f.over_at is null and (%(name)s::text is null or f.name = %(name)s)
        order by f.id desc
    """
    return _firings_of(connection, rest, {"name": name})


def firings(connection: Connection, name: str | None, limit: int) -> list[Firing]:
    """Over or not, the newest first."""
    rest = """
        where %(name)s::text is null or f.name = %(name)s order by f.id desc limit %(limit)s
    """
    return _firings_of(connection, rest, {"name": name, "limit": limit})


_ADD_VERSION = """
    insert into alert_versions (name, version, content, at, by)
    values (%(name)s, %(version)s, %(content)s, %(at)s, %(by)s)
"""
# A new alert is watched at once; a changed one goes on as it stands.
_PUT = """
    insert into alerts (name, version, enabled, state, changed_at, changed_by)
    values (%(name)s, %(version)s, true, %(state)s, %(at)s, %(by)s)
    on conflict (name) do update set version = excluded.version,
        changed_at = excluded.changed_at, changed_by = excluded.changed_by,
        state = (alerts.state::jsonb - 'bands' - 'since')::text
"""


def _kept_of(connection: Connection, query: str, asked: dict[str, object]) -> list[Kept]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query.encode(), asked).fetchall()
    return [msgspec.convert(_read(row, "content", "state", "reading"), Kept) for row in rows]


def _firings_of(connection: Connection, rest: str, asked: dict[str, object]) -> list[Firing]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute((_FIRINGS + rest).encode(), asked).fetchall()
    return [msgspec.convert(_read(row, "content", "reading"), Firing) for row in rows]


def _read(row: dict[str, object], *columns: str) -> dict[str, object]:
    """The row with what those columns hold as JSON text; the content is the alert."""
    decoded = {
        name: None if row[name] is None else msgspec.json.decode(str(row[name])) for name in columns
    }
    return {**row, **decoded, "alert": decoded["content"]}


def _json(struct: msgspec.Struct) -> str:
    return msgspec.json.encode(struct).decode()
