"""Forgets what the quarantine has kept for long enough."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from ingest.quarantine import sweep

EVERY_S = 3600.0


def run(house: House, now: datetime) -> None:
    """Purge what is older than 30 days."""
    sweep(house.database.engine, now)
