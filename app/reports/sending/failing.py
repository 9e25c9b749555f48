"""What could not be sent, as an alert of each schedule: given up, unknown, or late."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.alerts import incidents
from app.reports.sending.schedules import Connection

#: An alert's name: this and the schedule's.
PREFIX = "report-"
#: What is not sent by then is late, whatever the reason: no mail server is set, or it is away.
LATE = timedelta(minutes=15)
#: What is older nobody waits for any more.
_OVER = timedelta(days=7)


def tell(connection: Connection, now: datetime, *, mails: bool) -> None:
    """Say of each schedule how many of its reports are not where they should be."""
    found = undone(connection, now)
    known = {name for name in incidents.names(connection) if name.startswith(PREFIX)}
    for name in sorted(known | {PREFIX + schedule for schedule in found}):
        many = found.get(name.removeprefix(PREFIX), 0)
        incidents.tell(connection, name, many, now, mails=mails)


def undone(connection: Connection, now: datetime) -> dict[str, int]:
    """By schedule how many reports were not written and letters not sent, of late."""
    rows = connection.execute(_UNDONE, {"late": now - LATE, "since": now - _OVER})
    return {str(schedule): int(many) for schedule, many in rows}


_UNDONE = """
    select r.schedule, count(*)
    from report_runs r left join report_letters l on l.run = r.id
    where r.due_at > %(since)s and (
        r.state = 'failed' or (r.state = 'due' and r.attempts > 0 and r.due_at < %(late)s)
        or l.state in ('dead', 'unknown')
        or (l.state in ('waiting', 'handed') and l.written_at < %(late)s)
    )
    group by r.schedule
"""
