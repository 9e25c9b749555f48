"""Forgets by age, once a night: contacts, agents' names, looks, refused records, whole days of
events; after how long is said under ``[privacy]``."""

from __future__ import annotations

from datetime import datetime

import structlog

from app.bootstrap import House
from app.privacy.retention import retain, tonight

EVERY_S = 600.0
_log = structlog.get_logger(__name__)


def run(house: House, now: datetime) -> None:
    """Whoever comes first in a night does it; a night that was missed is made good in the next."""
    if tonight(house, now):
        forgotten = {line.what.replace(" ", "_"): line.forgotten for line in retain(house, now)}
        _log.info("forgotten by age", **forgotten)
