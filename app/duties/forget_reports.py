"""Forgets the reports that were sent long ago."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.reports.sending.archive import forget
from app.reports.sending.writing import driver

EVERY_S = 3600.0


def run(house: House, now: datetime) -> None:
    """Drop what the archive has kept for thirteen months, and to whom it was sent."""
    with house.database.engine.begin() as connection:
        forget(driver(connection), now)
