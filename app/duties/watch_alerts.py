"""Looks at every alert that is on, and has others told of what fires."""

from __future__ import annotations

from datetime import datetime

from app.alerts.watching import watch
from app.bootstrap import House

EVERY_S = 2.0


def run(house: House, now: datetime) -> None:
    """Once is enough, whoever does it: each alert's row is claimed."""
    watch(house.database, now, house.settings.tz, mails=bool(house.settings.smtp_url))
