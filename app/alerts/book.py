"""The alert book: what people do with alerts.  Reading is for everybody, the rest by right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection as SqlConnection

from app.access.rights import Right, refusal
from app.alerts import records, watching
from app.alerts.model import Alert, Kind, tidy_alert
from app.alerts.past import read_past
from app.alerts.records import Connection, Firing, Kept, Why
from app.alerts.trial import Trial, try_on
from app.errors import Conflict, Forbidden, NotFound, WrongUse
from app.exposure.model import ANY, Actor
from ingest.database import AWAY, Database
from ingest.errors import DatabaseUnavailable
from kpis.versions import formula_in_force

LONGEST_DAYS = 60
LONGEST_SNOOZE = timedelta(days=7)
#: A trial that takes longer is given up.
_PATIENCE_MS = 60_000
#: When «tomorrow» begins for whoever was snoozed.
_MORNING = time(8)


class AlertBook:
    """Reads and writes of the alerts on one database; `domains`: those that may be mailed."""

    def __init__(self, database: Database, zone: ZoneInfo, domains: Iterable[str] = ()) -> None:
        self._database = database
        self._zone = zone
        self._domains = frozenset(domains)

    def list(self) -> tuple[Kept, ...]:
        """Every alert by name."""
        with self._transaction() as (connection, _):
            return tuple(records.kept(connection))

    def get(self, name: str) -> Kept:
        """The alert of that name.  Raises NotFound, naming those that exist."""
        with self._transaction() as (connection, _):
            return _known(connection, name)

    def firing(self) -> tuple[Firing, ...]:
        """What is not over, the newest first."""
        with self._transaction() as (connection, _):
            return tuple(records.open_firings(connection))

    def history(self, name: str | None = None, limit: int = 100) -> tuple[Firing, ...]:
        """What has fired, over or not, the newest first."""
        with self._transaction() as (connection, _):
            return tuple(records.firings(connection, name, limit))

    def save(self, alert: Alert, actor: Actor, now: datetime) -> Kept:
        """Keep it: a new one is watched at once, a changed one is its next version.

        Raises Forbidden, InvalidAlert, Conflict: the house itself has that name.
        """
        by = _holder(actor, "set_alerts")
        wanted = _theirs(tidy_alert(alert, self._domains), actor)
        with self._transaction() as (connection, _):
            connection.execute("lock table alert_versions in share row exclusive mode")
            records.hold(connection, wanted.name)
            known = next(iter(records.kept(connection, wanted.name)), None)
            if known is not None:
                _theirs(known.alert, actor)
            if known is not None and known.alert == wanted:
                return known
            if known is not None and known.alert.kind is Kind.INCIDENT:
                raise Conflict(f"«{wanted.name}» is raised by the house itself: take another name")
            version = known.version + 1 if known else 1
            records.add_version(connection, wanted, version, now, by)
            return _known(connection, wanted.name)

    def switch(self, name: str, enabled: bool, actor: Actor, now: datetime) -> Kept:
        """Watch it or not; switched off it fires no more.  Raises Forbidden, NotFound."""
        by = _holder(actor, "set_alerts")
        with self._transaction() as (connection, _):
            records.hold(connection, name)
            _theirs(_known(connection, name).alert, actor)
            if _known(connection, name).enabled is not enabled:
                records.switch(connection, name, enabled, now, by)
                watching.close(connection, name, Why.OFF, None, now)
            return _known(connection, name)

    def acknowledge(self, id: int, actor: Actor, now: datetime) -> Firing:
        """Tell the others that somebody sees to it.  Raises Forbidden, NotFound, Conflict."""
        by = _holder(actor, "acknowledge_alerts")
        with self._transaction() as (connection, _):
            if (firing := records.firing(connection, id)) is None:
                raise NotFound(f"no firing {id}: `vigie alerts history` shows them")
            _theirs(firing.alert, actor)
            done = records.acknowledge(connection, id, by, now)
            firing = records.firing(connection, id) or firing
            if not done:
                raise Conflict(_settled(firing))
            return firing

    def acknowledge_named(self, name: str, actor: Actor, now: datetime) -> Firing:
        """The same for what that alert fires now."""
        with self._transaction() as (connection, _):
            _known(connection, name)
            found = records.open_firings(connection, name)
        if not found:
            raise Conflict(f"alert «{name}» is not firing: there is nothing to acknowledge")
        return self.acknowledge(found[0].id, actor, now)

    def snooze(self, name: str, until: datetime, actor: Actor, now: datetime) -> Kept:
        """Tell nothing of it until then; a past moment ends the snooze.

        What begins meanwhile is told when the snooze ends, if it still fires.
        Raises Forbidden, NotFound, WrongUse.
        """
        by = _holder(actor, "acknowledge_alerts")
        if until - now > LONGEST_SNOOZE:
            raise WrongUse(f"snooze for {LONGEST_SNOOZE.days} days at most, or switch it off")
        with self._transaction() as (connection, _):
            records.hold(connection, name)
            _theirs(_known(connection, name).alert, actor)
            records.snooze(connection, name, until if until > now else None, by)
            return _known(connection, name)

    def try_on(self, alert: Alert, days: int, actor: Actor, now: datetime) -> Trial:
        """When it would have fired in the last `days`; nothing is kept.

        Raises Forbidden, InvalidAlert, WrongUse: the days, or a KPI without a past.
        """
        _holder(actor, "set_alerts")
        if not 1 <= days <= LONGEST_DAYS:
            raise WrongUse(f"{days} days cannot be tried: use 1 to {LONGEST_DAYS}")
        wanted = _theirs(tidy_alert(alert, self._domains), actor)
        start = now - timedelta(days=days)
        with self._transaction() as (driver, connection):
            driver.execute(f"set local statement_timeout = {_PATIENCE_MS}".encode())
            formula = formula_in_force(connection)
            readings = read_past(connection, wanted, start, now, self._zone, formula)
        return try_on(wanted, readings, start, now)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Connection, SqlConnection]]:
        """A transaction on a pooled connection; committed on leaving, undone by any error."""
        try:
            with self._database.engine.begin() as pooled:
                driver: Connection = pooled.connection.driver_connection  # type: ignore[assignment]
                yield driver, pooled
        except AWAY as error:
            raise DatabaseUnavailable("the database went away: look again, then retry") from error


def tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    """The morning after the local day of `now`."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, _MORNING, zone)


def _holder(actor: Actor, right: Right) -> str:
    if not actor.may(right):
        raise Forbidden(refusal(right, f"{actor.name} lacks it"))
    return actor.name


def _theirs(alert: Alert, actor: Actor) -> Alert:
    """The alert, where it watches nothing out of the actor's scope.  Raises Forbidden."""
    told = (None if word == ANY else word for word in (alert.channel, alert.site))
    if not actor.within.sees(*told):
        where = f"say which of {actor.within.words()} it watches"
        raise Forbidden(f"alert «{alert.name}» is not of your scope: {where}")
    return alert


def _known(connection: Connection, name: str) -> Kept:
    if found := records.kept(connection, name):
        return found[0]
    there = ", ".join(each.alert.name for each in records.kept(connection)) or "none yet"
    raise NotFound(f"no alert «{name}»; there are: {there}")


def _settled(firing: Firing) -> str:
    """Why it can no longer be acknowledged."""
    name = firing.alert.name
    if firing.over_at is not None:
        return f"alert «{name}» is over since {firing.over_at:%Y-%m-%d %H:%M}Z: nothing to do"
    return f"{firing.acknowledged_by} has acknowledged alert «{name}» already"
