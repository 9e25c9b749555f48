"""The turn: every alert that is watched is read, decided and told, by one process, at once.

One transaction: the rows that were claimed stay locked, so that whoever comes meanwhile finds
nothing to do, and a process that dies leaves all as it was.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from app.alerts import mailbox, outward, records
from app.alerts.deciding import Note, Reading, Turn, decide
from app.alerts.reading import Readings
from app.alerts.records import Connection, Kept, Why
from ingest.database import Database
from kpis.versions import formula_in_force


def watch(database: Database, now: datetime, zone: ZoneInfo, *, mails: bool) -> int:
    """Look once at all that nobody else is at; how many.  `mails`: there is a mail server."""
    with database.engine.begin() as connection:
        driver: Connection = connection.connection.driver_connection  # type: ignore[assignment]
        claimed = records.claim(driver, now)
        if not claimed:
            return 0
        readings = Readings(connection, now, zone, formula_in_force(connection))
        bands = {each.alert.name: each.state.bands for each in claimed}
        found = readings.of([each.alert for each in claimed], bands)
        for each in claimed:
            if (reading := found.get(each.alert.name)) is not None:
                state = replace(each.state, bands=readings.bands.get(each.alert.name, ()))
                judge(driver, replace(each, state=state), reading, now, mails=mails)
    return len(claimed)


def judge(
    connection: Connection, known: Kept, reading: Reading, now: datetime, *, mails: bool
) -> None:
    """What that reading turns, kept and told; the alert's row is held."""
    name = known.alert.name
    state, turn = decide(known.alert, known.state, reading, now)
    records.keep_state(connection, name, state, reading, now)
    if turn is Turn.FIRED:
        records.begin(connection, known, reading, now)
    if turn is Turn.OVER:
        why = Why.BACK if state.note is Note.NONE else Why.UNJUDGED
        close(connection, name, why, reading.value, now)
    elif state.firing and not known.snoozed(now):
        _tell(connection, name, now, mails=mails)


def _tell(connection: Connection, name: str, now: datetime, *, mails: bool) -> None:
    """Have others told, once: when it fires, or when the snooze that it began in has ended."""
    for firing in records.open_firings(connection, name):
        if firing.told_at is None and records.told(connection, firing.id, now):
            outward.tell(connection, outward.FIRED, firing, now)
            if mails:
                mailbox.put(connection, firing, now)


def close(connection: Connection, name: str, why: Why, value: float | None, now: datetime) -> None:
    """End what is firing, and tell those who were told that it had begun."""
    firing = records.end(connection, name, why, value, now)
    if firing is not None and firing.told_at is not None:
        outward.tell(connection, outward.OVER, firing, now)
