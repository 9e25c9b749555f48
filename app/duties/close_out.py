"""Writes down that switches are over, once each, for the audit and for those who listen.

They have not counted since they expired, whenever this runs.
"""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.exposure.errors import Busy
from app.exposure.service import ExposureService

EVERY_S = 5.0


def run(house: House, now: datetime) -> None:
    """Close out what is over, if anything is: the writers' lock is not taken for nothing."""
    service = ExposureService(house.database)
    if not any(switch.over(now) for switch in service.read().switches):
        return
    try:
        service.close_out(now)
    except Busy:
        return  # Somebody is writing; the next time is in some seconds.
