"""Makes contacts of the callbacks whose slot has begun: from then on somebody waits."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.callback_desk.by_itself import begin

EVERY_S = 10.0


def run(house: House, now: datetime) -> None:
    """Once is enough, whoever does it; late is no loss: the contact begins with its slot."""
    begin(house, now)
