"""One mail → one event: who wrote, in which thread, and whether it is a contact at all.

Pure: bytes in, :class:`~ingest.events.Event` out.  Only bytes without any header are no mail.

**Thread.**  The first id of ``References`` is the root of the thread, whatever arrives first;
else the first of ``In-Reply-To``; else the mail's own id.  A reply without either, and a mail
without an id, falls back to (customer, subject without its «Re:», window).  The limits of
deciding from one mail alone, so that order and repetition do not matter: programs that send
``In-Reply-To`` only split a thread after its first answer, a fallback thread is cut at the
window's edge, and the answers to a mailing of ours are one thread.

**Contact.**  Bounces, automatic answers and mass mail are kept under their own kind and never
counted.  Mail of one of our addresses is our reply, unless it is a form that names the
customer in ``Reply-To``.  A list that is our own (a group mailbox) is no mass mail.

**Time.**  ``Date``, unless it is missing, unreadable or absurd (before 1990, or over an hour
after the server received the mail): then the moment of receipt.

**Id.**  ``Message-ID``, else a digest of the content, the same for a server's mail and an
archive's (:mod:`ingest.formats.mail.header`, which reads the headers).

Neither body nor names are kept; the subject only where asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import Message
from email.utils import getaddresses

from ingest.connector import Parsed
from ingest.errors import RejectedEvent
from ingest.events import EARLIEST, Event, Identity, Rejected
from ingest.formats.mail.header import (
    clean,
    damaged,
    digest,
    fingerprint,
    header,
    ids,
    moment,
    parsed,
    subject,
    values,
)

#: A clock may be that much ahead of the server's.
AHEAD = timedelta(hours=1)
#: Begins where a word does: else a long word without an @ is tried again at each of its letters.
_ADDRESS = re.compile(r"(?<![^\s<>,;:\"()])[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
#: Of a header that names addresses so much is read: some hundred of them.
_ADDRESSES_CHARS = 16_384
_REPLY = re.compile(
    r"^(?:\s*+(?:re|fwd?|tr|rép|aw|wg|sv|vs|antw|rv)\s*+(?:\[\d+\]\s*+)?:\s*+)+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Whose mail it is: our addresses (``a@b``, or ``@b`` for all of a domain), lower case."""

    own: frozenset[str] = frozenset()
    #: The folder holds what we sent.
    sent: bool = False
    queue: str | None = None
    reason: str | None = None
    segment: str | None = None
    keep_subject: bool = False
    #: How long the fallback thread of one customer and one subject lasts.
    window: timedelta = field(default=timedelta(days=30))

    def owns(self, address: str) -> bool:
        return address in self.own or "@" + address.rpartition("@")[2] in self.own


def lacks_id(headers: bytes) -> bool:
    """Whether the mail's id must be made of its content: then :func:`read` needs the body too."""
    return not ids(parsed(headers), "Message-ID")


def told(
    raw: bytes, received_at: datetime | None, mailbox: Mailbox, ahead: timedelta = AHEAD
) -> Iterator[Parsed]:
    """What becomes of a mail: refused lines of its header, then its event or why there is none."""
    for line in damaged(raw):
        reason = "bad_text" if b"\x00" in line else "bad_encoding"
        yield Rejected(reason=reason, detail="a header line without a readable name", raw=line)
    try:
        yield read(raw, received_at, mailbox, ahead)
    except RejectedEvent as error:
        yield Rejected.of(error, raw)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # The standard library's parser has met a mail that it cannot take.
        yield Rejected(reason="bad_mail", detail=f"{type(error).__name__}: {error}", raw=raw)


def read(
    raw: bytes, received_at: datetime | None, mailbox: Mailbox, ahead: timedelta = AHEAD
) -> Event:
    """The event of a mail: its headers, or all of it where :func:`lacks_id`.

    Raises RejectedEvent for bytes without any header, and where no time is told at all.
    """
    mail = parsed(raw)
    if not mail.keys():
        raise RejectedEvent("bad_mail", "there is no header in it")
    sender, customer, outgoing = _parties(mail, mailbox)
    sent_at = _sent_at(mail, received_at, ahead)
    message_id = next(iter(ids(mail, "Message-ID")), None) or f"content:{fingerprint(raw)}"
    kind = _automatic(mail, sender, mailbox) or ("message_out" if outgoing else "message_in")
    about = subject(mail)
    return Event(
        event_id=message_id,
        occurred_at=sent_at,
        kind=kind,
        contact_id=_thread(mail, message_id, customer, sent_at, mailbox),
        channel="email",
        direction="out" if outgoing else "in",
        queue=None if outgoing else mailbox.queue,
        reason=None if outgoing else mailbox.reason,
        segment=None if outgoing else mailbox.segment,
        identities=(Identity("email", customer),) if customer else (),
        attributes={"subject": about[:200]} if mailbox.keep_subject and about else {},
    )


# --- who --------------------------------------------------------------------------


def _parties(mail: Message, mailbox: Mailbox) -> tuple[str | None, str | None, bool]:
    """The sender, the customer, and whether the mail is ours."""
    sender = next(iter(_addresses(mail, "From", "Sender")), None)
    recipients = _addresses(mail, "To", "Cc")
    if mailbox.sent:
        return sender, _foreign(recipients, mailbox), True
    if sender is None or not mailbox.owns(sender):
        return sender, sender, False
    # Our own address, but on behalf of a customer: a contact form, a group mailbox.
    behalf = _foreign(_addresses(mail, "Reply-To", "X-Original-Sender", "X-Original-From"), mailbox)
    if behalf is not None:
        return sender, behalf, False
    return sender, _foreign(recipients, mailbox), True


def _addresses(mail: Message, *names: str) -> list[str]:
    found: list[str] = []
    for name in names:
        for value in values(mail, name):
            value = value[:_ADDRESSES_CHARS]
            found += [clean(each).lower() for each in _strict(value) or _ADDRESS.findall(value)]
    return found


def _strict(value: str) -> list[str]:
    """The addresses, as the standard library reads them; none where it cannot."""
    try:
        told = getaddresses([value])
    except RecursionError:  # comments in comments in comments
        return []
    return [address for _, address in told if _ADDRESS.fullmatch(address)]


def _foreign(addresses: Iterable[str], mailbox: Mailbox) -> str | None:
    return next((address for address in addresses if not mailbox.owns(address)), None)


# --- what -------------------------------------------------------------------------


def _automatic(mail: Message, sender: str | None, mailbox: Mailbox) -> str | None:
    """The kind of a mail that nobody wrote to us, or to whom nobody waits for an answer."""
    report = header(mail, "Content-Type").lower()
    daemon = (sender or "").startswith(("mailer-daemon@", "postmaster@"))
    if report.startswith("multipart/report"):
        return "bounce" if daemon or "delivery-status" in report else "auto_reply"
    if _answers_by_itself(mail):
        return "auto_reply"
    if values(mail, "Return-Path") and header(mail, "Return-Path").strip() in ("<>", ""):
        return "bounce"
    if daemon:
        return "bounce"
    return "list_mail" if _is_mass_mail(mail) and not _is_our_list(mail, mailbox) else None


def _answers_by_itself(mail: Message) -> bool:
    submitted = header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    marks = [header(mail, name).strip().lower() for name in ("X-Autoreply", "X-Autorespond")]
    precedence = header(mail, "Precedence").strip().lower()
    return (
        submitted not in ("", "no")
        or precedence in ("auto_reply", "auto-reply")
        or any(mark not in ("", "no") for mark in marks)
    )


def _is_mass_mail(mail: Message) -> bool:
    bulk = header(mail, "Precedence").strip().lower() in ("bulk", "junk", "list")
    return bulk or any(values(mail, name) for name in ("List-Id", "List-Post", "List-Unsubscribe"))


def _is_our_list(mail: Message, mailbox: Mailbox) -> bool:
    post = _ADDRESS.findall(header(mail, "List-Post").lower().replace("mailto:", ""))
    listed = [each.lower() for each in ids(mail, "List-Id")]
    dotted = {address.replace("@", ".") for address in mailbox.own}
    return any(mailbox.owns(address) for address in post) or any(each in dotted for each in listed)


# --- where and when ---------------------------------------------------------------


def _thread(
    mail: Message, message_id: str, customer: str | None, sent_at: datetime, mailbox: Mailbox
) -> str:
    earlier = ids(mail, "References") or ids(mail, "In-Reply-To")
    if earlier:
        return earlier[0]
    about = subject(mail)
    bare = " ".join(_REPLY.sub("", about).split()).casefold()
    if not bare or (bare == " ".join(about.split()).casefold() and ids(mail, "Message-ID")):
        return message_id
    window = int((sent_at - EARLIEST) / mailbox.window)
    return f"subject:{digest(repr((customer, bare, window)).encode(errors='replace'))}"


def _sent_at(mail: Message, received_at: datetime | None, ahead: timedelta) -> datetime:
    sent_at = moment(header(mail, "Date"))
    latest = sent_at if received_at is None else received_at + ahead
    if sent_at is not None and latest is not None and EARLIEST <= sent_at <= latest:
        return sent_at
    if received_at is None:
        raise RejectedEvent("bad_time", "neither its Date nor the moment of its receipt is told")
    return received_at
