"""Forgets who looked at which customer, so many months after as ``[privacy]`` says."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from ingest.accesses import forget_accesses

EVERY_S = 3600.0


def run(house: House, now: datetime) -> None:
    """Drop the looks that are older."""
    with house.database.engine.begin() as connection:
        forget_accesses(connection, now, house.settings.tables().privacy.accesses_months)
