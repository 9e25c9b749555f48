"""Sends the letters of reports, and tells of those that could not be sent."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.reports.sending.failing import tell
from app.reports.sending.mailing import Sender
from app.reports.sending.writing import driver
from app.smtp import Post

EVERY_S = 3.0


def run(house: House, now: datetime) -> None:
    """Send all that is due; where no mail server is set the letters wait, and an alert says so."""
    settings = house.settings
    if settings.smtp_url:
        post = Post.of(settings.smtp_url, settings.mail_from)
        Sender(house.database, post, settings.mailable).turn(now)
    with house.database.engine.begin() as connection:
        tell(driver(connection), now, mails=bool(settings.smtp_url))
