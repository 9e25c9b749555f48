"""Writes the reports that are due by their schedules; any number of processes share the work."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.reports.sending.writing import Writer

EVERY_S = 5.0


def run(house: House, now: datetime) -> None:
    """Write all that is due; what was due while nobody ran is written now."""
    Writer(house.database).turn(now)
