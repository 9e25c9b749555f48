"""Forgets what other systems were told long ago."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.exposure.desk import reading
from app.outbox.deliveries import forget

EVERY_S = 3600.0


def run(house: House, now: datetime) -> None:
    """Drop the deliveries that were settled more than 30 days ago."""
    with reading(house.database) as desk:
        forget(desk.rows, now)
