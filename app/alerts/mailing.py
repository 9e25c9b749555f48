"""Sending e-mails: what is due, one by one, by SMTP; what fails is tried again, then given up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import uuid4

import structlog
from sqlalchemy import Connection as SqlConnection

from app.alerts import mailbox, records
from app.alerts.mailbox import LEASE_S, Mail
from app.alerts.records import Connection, Firing
from app.outbox.schedule import Outcome, follows
from app.smtp import NEVER, Post, may_be_mailed
from ingest.database import Database

#: A turn takes no more than so many.
MOST = 50
_log = structlog.get_logger(__name__)
#: A firing → subject and text.
Compose = Callable[[Firing], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Postman:
    """Sends what is due; `domains`: those that may be mailed, as they are now."""

    database: Database
    post: Post
    domains: frozenset[str]
    compose: Compose
    lease_s: float = LEASE_S
    jitter: Callable[[float, float], float] = random.uniform

    def turn(self, now: datetime) -> int:
        """Send what is due at `now`; how many were taken by the mail server."""
        name, sent = uuid4().hex, 0
        for _ in range(MOST):
            with self.database.engine.begin() as connection:
                mail = mailbox.take(_driver(connection), name, now, self.lease_s)
            if mail is None:
                break
            outcome = self._attempt(mail, now)
            sent += outcome.taken
            self._settle(mail, name, outcome, now)
        return sent

    def _attempt(self, mail: Mail, now: datetime) -> Outcome:
        if not may_be_mailed(mail.recipient, self.domains):
            return Outcome(status=NEVER, error="its domain may not be mailed any more")
        with self.database.engine.begin() as connection:
            firing = records.firing(_driver(connection), mail.firing)
        if firing is None:
            return Outcome(status=NEVER, error="its alert is gone")
        subject, text = self.compose(firing)
        return self.post.send(written(mail, self.post.sender, subject, text, firing.fired_at))

    def _settle(self, mail: Mail, sender: str, outcome: Outcome, now: datetime) -> None:
        then = follows(outcome, mail.attempts, mail.attempts, now, self.jitter)
        never = not outcome.taken and (outcome.status or 0) >= NEVER
        state = "dead" if never else then.state
        with self.database.engine.begin() as connection:
            mailbox.settle(
                _driver(connection), mail, sender, state, then.next_at, outcome.error, now
            )
        if state == "dead":
            _log.error("an alert could not be mailed", to=mail.recipient, error=outcome.error)


def written(mail: Mail, sender: str, subject: str, text: str, at: datetime) -> EmailMessage:
    """The message, the same at every attempt; headers cannot be broken into."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, mail.recipient
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail.message}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _driver(connection: SqlConnection) -> Connection:
    driver: Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return driver
