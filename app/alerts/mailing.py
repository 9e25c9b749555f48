"""Sending e-mails: what is due, one by one, by SMTP; what fails is tried again, then given up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import aiosmtplib
import structlog
from sqlalchemy import Connection as SqlConnection

from app.alerts import mailbox, records
from app.alerts.mailbox import LEASE_S, Mail
from app.alerts.model import may_be_mailed
from app.alerts.records import Connection, Firing
from app.errors import WrongUse
from app.outbox.schedule import Outcome, follows
from ingest.database import Database

ATTEMPT_S = 20.0
#: A turn takes no more than so many.
MOST = 50
#: From here on a mail server says «never», not «not now».
_NEVER = 500
_log = structlog.get_logger(__name__)
#: A firing → subject and text.
Compose = Callable[[Firing], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Post:
    """Where e-mails are handed in; a password is sent over TLS only."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    sender: str

    @staticmethod
    def of(url: str, sender: str) -> Post:
        """From ``smtp://user:password@host:587`` or ``smtps://…``.  Raises WrongUse."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise WrongUse(f"VIGIE_SMTP_URL is no address: {error}") from error
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise WrongUse("VIGIE_SMTP_URL: write smtp://user:password@host:587 or smtps://…")
        if "@" not in sender:
            raise WrongUse("VIGIE_MAIL_FROM: write the address that alerts are mailed from")
        tls = parts.scheme == "smtps"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return Post(parts.hostname, port or (465 if tls else 587), user, password, tls, sender)

    def send(self, message: EmailMessage) -> Outcome:
        """Try once; never raises for what the mail server does."""
        try:
            asyncio.run(self._send(message))
        except aiosmtplib.SMTPResponseException as error:
            return Outcome(status=error.code, error=f"{error.code} {error.message}")
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            return Outcome(status=first.code, error=f"{first.code} {first.message}")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return Outcome(error=f"{type(error).__name__}: {error}")
        return Outcome()

    async def _send(self, message: EmailMessage) -> None:
        # Where the server offers STARTTLS it is taken; where there is a password it must be.
        starts = None if self.tls or not self.user else True
        await aiosmtplib.send(
            message, hostname=self.host, port=self.port, use_tls=self.tls,
            start_tls=False if self.tls else starts, username=self.user or None,
            password=self.password or None, timeout=ATTEMPT_S,
        )  # fmt: skip


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
            return Outcome(status=_NEVER, error="its domain may not be mailed any more")
        with self.database.engine.begin() as connection:
            firing = records.firing(_driver(connection), mail.firing)
        if firing is None:
            return Outcome(status=_NEVER, error="its alert is gone")
        subject, text = self.compose(firing)
        return self.post.send(written(mail, self.post.sender, subject, text, firing.fired_at))

    def _settle(self, mail: Mail, sender: str, outcome: Outcome, now: datetime) -> None:
        then = follows(outcome, mail.attempts, mail.attempts, now, self.jitter)
        never = not outcome.taken and (outcome.status or 0) >= _NEVER
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
