"""Sends the e-mails that alerts have written; any number of processes share the work."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from app.alerts.mailing import Postman
from app.bootstrap import House
from app.components.alert_words import mailed
from app.i18n import speaking
from app.smtp import Post

EVERY_S = 2.0


def run(house: House, now: datetime) -> None:
    """Send all that is due, in the site's language; nothing where no mail server is set."""
    settings = house.settings
    if not settings.smtp_url:
        return
    post = Post.of(settings.smtp_url, settings.mail_from)
    with speaking(settings.language):
        compose = partial(mailed, zone=settings.tz)
        Postman(house.database, post, settings.mailable, compose).turn(now)
