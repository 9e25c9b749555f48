"""Planning: every occurrence that is due gets its row, once, whoever looks, however late."""

from __future__ import annotations

from datetime import datetime

from app.reports.sending import runs, schedules
from app.reports.sending.occurrences import LATEST, between
from app.reports.sending.runs import State
from app.reports.sending.schedules import Connection, Kept


def plan(connection: Connection, now: datetime, name: str | None = None) -> int:
    """Plan what is due of that schedule or of all that are on; how many are new."""
    found = [each for each in schedules.kept(connection, name) if each.enabled]
    return sum(_plan(connection, each, now) for each in found)


def _plan(connection: Connection, kept: Kept, now: datetime) -> int:
    """Those since the last that has a row; what is older than anybody wants is skipped, and said
    to be."""
    planned = runs.planned_until(connection, kept.schedule.name)
    since = kept.since if planned is None else max(kept.since, planned)
    return sum(
        runs.plan(connection, kept, due, State.SKIPPED if due.at < now - LATEST else State.DUE, now)
        for due in between(kept.schedule, since, now)
    )
