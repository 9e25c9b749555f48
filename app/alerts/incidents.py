"""Incidents: alerts that the house raises by itself, of what it could not do.

Nobody writes them and no KPI is read for them: whoever failed says how many things stand undone.
From one on it fires, at none it is over; shown, acknowledged and told as every other alert.
"""

from __future__ import annotations

from datetime import datetime

from app.alerts import records, watching
from app.alerts.deciding import Reading
from app.alerts.model import Alert, Kind, Severity
from app.alerts.records import Connection

#: Who writes them.
HOUSE = "vigie"
#: What stands for the KPI that is none.
UNDONE = "undone"


def tell(connection: Connection, name: str, undone: int, now: datetime, *, mails: bool) -> None:
    """So many things of that name are undone; an alert that is not there yet is made."""
    found = records.kept(connection, name)
    if not found:
        if not undone:
            return
        records.add_version(connection, incident(name), 1, now, HOUSE)
    records.hold(connection, name)
    [known] = records.kept(connection, name)
    if known.enabled and known.alert.kind is Kind.INCIDENT:
        reading = Reading(at=now, fed_at=now, fed_by=HOUSE, value=float(undone))
        watching.judge(connection, known, reading, now, mails=mails)


def incident(name: str) -> Alert:
    """The alert of that name."""
    return Alert(
        name=name, kpi=UNDONE, kind=Kind.INCIDENT, enter=1.0, exit=0.0, window_s=0, held_s=0,
        severity=Severity.CRITICAL,
    )  # fmt: skip


def names(connection: Connection) -> list[str]:
    """The incidents that there are."""
    kept = records.kept(connection)
    return [each.alert.name for each in kept if each.alert.kind is Kind.INCIDENT]
