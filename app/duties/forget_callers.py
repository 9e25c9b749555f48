"""Gives up callbacks that were not made in a day, and forgets the numbers of those that ended."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.callback_desk.by_itself import forget, give_up

EVERY_S = 300.0


def run(house: House, now: datetime) -> None:
    """Once is enough, whoever does it."""
    give_up(house, now)
    forget(house, now)
