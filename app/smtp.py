"""Handing e-mails in by SMTP: the one way for all that the house mails.

An e-mail is the server's from the dot that ends it on.  Whoever must know on which side of that
moment a process died is called right before it (:meth:`Post.hand_in`); after it only the
server's answer tells, and where none is heard nobody can (:class:`Unheard`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib.protocol import PERIOD_REGEX, SMTPProtocol, normalize_message_line_endings
from aiosmtplib.typing import SMTPStatus

from app.errors import WrongUse
from app.outbox.schedule import Outcome

ATTEMPT_S = 20.0
#: From here on a mail server says «never», not «not now».
NEVER = 500
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)")
_POLL_S = 0.005


class Unheard(Exception):
    """The end was sent and no answer heard: the server has it, or not."""


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
            raise WrongUse("VIGIE_MAIL_FROM: write the address that Vigie mails from")
        tls = parts.scheme == "smtps"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return Post(parts.hostname, port or (465 if tls else 587), user, password, tls, sender)

    def send(self, message: EmailMessage) -> Outcome:
        """Try once; never raises for what the mail server does.  Unheard is not taken."""
        try:
            return self.hand_in(message, lambda: None)
        except Unheard as error:
            return Outcome(error=str(error))

    def hand_in(self, message: EmailMessage, before_end: Callable[[], None]) -> Outcome:
        """Try once; `before_end` is called when all but the end has been sent.

        What it raises ends the attempt, and the server drops what it has.  Raises Unheard.
        """
        try:
            asyncio.run(self._hand_in(message, before_end))
        except aiosmtplib.SMTPResponseException as error:
            return Outcome(status=error.code, error=f"{error.code} {error.message}")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return Outcome(error=f"{type(error).__name__}: {error}")
        return Outcome()

    async def _hand_in(self, message: EmailMessage, before_end: Callable[[], None]) -> None:
        # Where the server offers STARTTLS it is taken; where there is a password it must be.
        starts = None if self.tls or not self.user else True
        client = aiosmtplib.SMTP(
            hostname=self.host, port=self.port, use_tls=self.tls,
            start_tls=False if self.tls else starts, username=self.user or None,
            password=self.password or None, timeout=ATTEMPT_S,
        )  # fmt: skip
        try:
            await client.connect()
            await client.mail(self.sender)
            await client.rcpt(str(message["To"]))
            assert client.protocol is not None
            await _data(client.protocol, message.as_bytes(), before_end)
        finally:
            client.close()


async def _data(protocol: SMTPProtocol, message: bytes, before_end: Callable[[], None]) -> None:
    """The command DATA; what the library does in one is done in two here."""
    protocol.write(b"DATA\r\n")
    start = await protocol.read_response(ATTEMPT_S)
    if start.code != SMTPStatus.start_input:
        raise aiosmtplib.SMTPDataError(start.code, start.message)
    protocol.write(PERIOD_REGEX.sub(b"..", normalize_message_line_endings(message)))
    await asyncio.wait_for(_written(protocol), ATTEMPT_S)
    before_end()
    protocol.write(b".\r\n")
    try:
        end = await protocol.read_response(ATTEMPT_S)
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
        raise Unheard(f"the mail server did not answer whether it took it: {error}") from error
    if end.code != SMTPStatus.completed:
        raise aiosmtplib.SMTPDataError(end.code, end.message)


async def _written(protocol: SMTPProtocol) -> None:
    """Wait until the kernel has all that was written."""
    transport = protocol.transport
    assert isinstance(transport, asyncio.WriteTransport)
    while transport.get_write_buffer_size() and not transport.is_closing():
        await asyncio.sleep(_POLL_S)


def may_be_mailed(address: str, domains: Iterable[str]) -> bool:
    """Whether it is one plain address in one of the domains."""
    match = _ADDRESS.fullmatch(address)
    return match is not None and match[1].lower() in domains
