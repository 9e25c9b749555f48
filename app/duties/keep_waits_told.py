"""Keeps the waits that customers were told with offers, so that their error can be told."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.hub.waits_told import keep_waits_told

EVERY_S = 30.0


def run(house: House, now: datetime) -> None:
    """Keep those of the last minutes; those that are kept already stay as they are."""
    with house.database.engine.begin() as connection:
        keep_waits_told(connection, now)
