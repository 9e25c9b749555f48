"""Keeps the estimated wait of every queue once a minute, so that its error can be told."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from kpis.estimates import forget, sample

EVERY_S = 20.0


def run(house: House, now: datetime) -> None:
    """Sample the minute that runs, unless another process has; forget what is old."""
    with house.database.engine.begin() as connection:
        sample(connection, now)
        forget(connection, now)
