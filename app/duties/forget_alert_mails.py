"""Forgets who was mailed of an alert long ago."""

from __future__ import annotations

from datetime import datetime

from app.alerts.mailbox import forget
from app.bootstrap import House
from app.exposure.desk import reading

EVERY_S = 3600.0


def run(house: House, now: datetime) -> None:
    """Drop the e-mails that were settled more than 30 days ago."""
    with reading(house.database) as desk:
        forget(desk.rows, now)
