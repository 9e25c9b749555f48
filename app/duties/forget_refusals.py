"""Forgets what the quarantine has kept for long enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.bootstrap import House
from ingest.quarantine import sweep

EVERY_S = 3600.0


def run(house: House, now: datetime) -> None:
    """Purge what is older than ``[privacy]`` lets it be."""
    sweep(
        house.database.engine, now, timedelta(days=house.settings.tables().privacy.quarantine_days)
    )
