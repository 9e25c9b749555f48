"""One mail → one event: who wrote, in which thread, and whether it is a contact at all.

Pure: bytes in, :class:`~ingest.events.Event` out, and no mail is so broken that it raises.

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

Neither body nor names are kept; the subject only where asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime

from ingest.events import EARLIEST, Event, Identity

#: A longer id is replaced by its digest: keys have 512 characters at most.
LONGEST_ID = 400
#: A clock may be that much ahead of the server's.
AHEAD = timedelta(hours=1)
_IDS = re.compile(r"<([^<>\s]+)>")
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_REPLY = re.compile(
    r"^(?:\s*(?:re|fwd?|tr|rép|aw|wg|sv|vs|antw|rv)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


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
    return not _ids(_parsed(headers), "Message-ID")


def read(raw: bytes, received_at: datetime, mailbox: Mailbox) -> Event:
    """The event of a mail: its headers, or all of it where :func:`lacks_id`."""
    mail = _parsed(raw)
    sender, customer, outgoing = _parties(mail, mailbox)
    sent_at = _sent_at(mail, received_at)
    message_id = next(iter(_ids(mail, "Message-ID")), None) or f"content:{_digest(raw)}"
    kind = _automatic(mail, sender, mailbox) or ("message_out" if outgoing else "message_in")
    subject = _subject(mail)
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
        attributes={"subject": subject[:200]} if mailbox.keep_subject and subject else {},
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
        for value in _values(mail, name):
            strict = [
                address for _, address in getaddresses([value]) if _ADDRESS.fullmatch(address)
            ]
            found += [_clean(each).lower() for each in strict or _ADDRESS.findall(value)]
    return found


def _foreign(addresses: Iterable[str], mailbox: Mailbox) -> str | None:
    return next((address for address in addresses if not mailbox.owns(address)), None)


# --- what -------------------------------------------------------------------------


def _automatic(mail: Message, sender: str | None, mailbox: Mailbox) -> str | None:
    """The kind of a mail that nobody wrote to us, or to whom nobody waits for an answer."""
    report = _header(mail, "Content-Type").lower()
    daemon = (sender or "").startswith(("mailer-daemon@", "postmaster@"))
    if report.startswith("multipart/report"):
        return "bounce" if daemon or "delivery-status" in report else "auto_reply"
    if _answers_by_itself(mail):
        return "auto_reply"
    if _values(mail, "Return-Path") and _header(mail, "Return-Path").strip() in ("<>", ""):
        return "bounce"
    if daemon:
        return "bounce"
    return "list_mail" if _is_mass_mail(mail) and not _is_our_list(mail, mailbox) else None


def _answers_by_itself(mail: Message) -> bool:
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    marks = [_header(mail, name).strip().lower() for name in ("X-Autoreply", "X-Autorespond")]
    precedence = _header(mail, "Precedence").strip().lower()
    return (
        submitted not in ("", "no")
        or precedence in ("auto_reply", "auto-reply")
        or any(mark not in ("", "no") for mark in marks)
    )


def _is_mass_mail(mail: Message) -> bool:
    bulk = _header(mail, "Precedence").strip().lower() in ("bulk", "junk", "list")
    return bulk or any(_values(mail, name) for name in ("List-Id", "List-Post", "List-Unsubscribe"))


def _is_our_list(mail: Message, mailbox: Mailbox) -> bool:
    post = _ADDRESS.findall(_header(mail, "List-Post").lower().replace("mailto:", ""))
    listed = [each.lower() for each in _ids(mail, "List-Id")]
    dotted = {address.replace("@", ".") for address in mailbox.own}
    return any(mailbox.owns(address) for address in post) or any(each in dotted for each in listed)


# --- where and when ---------------------------------------------------------------


def _thread(
    mail: Message, message_id: str, customer: str | None, sent_at: datetime, mailbox: Mailbox
) -> str:
    earlier = _ids(mail, "References") or _ids(mail, "In-Reply-To")
    if earlier:
        return earlier[0]
    subject = _subject(mail)
    bare = " ".join(_REPLY.sub("", subject).split()).casefold()
    if not bare or (bare == " ".join(subject.split()).casefold() and _ids(mail, "Message-ID")):
        return message_id
    window = int((sent_at - EARLIEST) / mailbox.window)
    return f"subject:{_digest(repr((customer, bare, window)).encode(errors='replace'))}"


def _sent_at(mail: Message, received_at: datetime) -> datetime:
    try:
        told = parsedate_to_datetime(_header(mail, "Date"))
        sent_at = told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return received_at
    return sent_at if EARLIEST <= sent_at <= received_at + AHEAD else received_at


# --- headers ----------------------------------------------------------------------


def _parsed(raw: bytes) -> Message:
    return BytesHeaderParser().parsebytes(raw)


def _values(mail: Message, name: str) -> list[str]:
    """Every value of a header as text: raw bytes are UTF-8 or, failing that, Latin-1."""
    raw = [value for key, value in mail.raw_items() if key.lower() == name.lower()]
    found = [value.encode("utf-8", "surrogateescape") for value in raw]
    return [_chunk(each, "utf-8") for each in found]


def _header(mail: Message, name: str) -> str:
    return next(iter(_values(mail, name)), "")


def _ids(mail: Message, name: str) -> list[str]:
    """The ids of a header, without their brackets; a bare word counts where there are none."""
    values = _values(mail, name)
    found = [each for value in values for each in _IDS.findall(value)]
    found = found or [each for value in values for each in value.split() if "@" in each]
    return [_short(_clean(each)) for each in found if _clean(each)]


def _subject(mail: Message) -> str:
    return _clean(_decoded(_header(mail, "Subject"))).strip()


def _decoded(value: str) -> str:
    """A header's text, its encoded words read; what cannot be read stays as it is."""
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(_chunk(chunk, charset) for chunk, charset in chunks)


def _chunk(chunk: bytes | str, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    try:
        return chunk.decode(charset or "utf-8")
    except (LookupError, ValueError):
        return chunk.decode("latin-1")


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()


def _short(message_id: str) -> str:
    return message_id if len(message_id) <= LONGEST_ID else f"long:{_digest(message_id.encode())}"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
