"""Sends what the outbox holds for other systems; any number of processes share the work."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.outbox.addresses import Reach
from app.outbox.posting import Post
from app.outbox.sending import Sender

EVERY_S = 1.0


def run(house: House, now: datetime) -> None:
    """Send all that is due."""
    post = Post(Reach.of(house.settings.webhook_networks))
    Sender(house.database, post, house.settings.secret_key).turn(now)
