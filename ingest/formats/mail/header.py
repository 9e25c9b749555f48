"""What the header of a mail says, as text, however damaged the mail is.

Headers are read with the standard library's parser, which stops at the first line that is no
header.  Two kinds of such lines are left out before: the envelope line of an archive, and a
line in whose name a NUL or a byte that is no text stands (:func:`damaged` tells them).

A mail without an id gets one of its content: :func:`fingerprint` gives the same for one mail
whether a server tells it or an archive, which has other line ends, quoted «From» lines and
headers of its own.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

#: A longer id is replaced by its digest: keys have 512 characters at most.
LONGEST_ID = 400
#: So much of a mail is read at most: of its header, and of its body only to make an id.
HEADER_BYTES = 131_072
CONTENT_BYTES = 65_536
#: So much of the body makes the id; half, since an archive ends its lines with one byte.
_TOLD_APART_BYTES = CONTENT_BYTES // 2

_IDS = re.compile(r"<([^<>\s]+)>")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_ENVELOPE = re.compile(rb"\A>?From [^\n]*\n")
_DAMAGED = re.compile(
    rb"^(?=[^\s:]{1,200}:)[\x21-\x39\x3b-\x7e]*[^\x21-\x7e\s:]"
    rb"[^\n]*(?:\n|\Z)(?:[ \t][^\n]*(?:\n|\Z))*",
    re.MULTILINE,
)
#: Headers that a mailbox file adds to its mails, or takes from them.
_KEPT_BY_ARCHIVES = re.compile(
    rb"^(?:X-)?(?:Status|UID|Keywords|IMAP|IMAPbase|Content-Length|Lines|GM-THRID|Gmail-Labels"
    rb"|Mozilla-Status2?|Mozilla-Keys):[^\n]*(?:\n|\Z)(?:[ \t][^\n]*(?:\n|\Z))*",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTED_FROM = re.compile(rb"^>+From ", re.MULTILINE)


def parsed(raw: bytes) -> Message:
    head, rest = _divided(_ENVELOPE.sub(b"", raw))
    return BytesHeaderParser().parsebytes(_DAMAGED.sub(b"", head) + rest)


def damaged(raw: bytes) -> list[bytes]:
    """The header lines that :func:`parsed` leaves out, as they came."""
    return [found[0] for found in _DAMAGED.finditer(_divided(_ENVELOPE.sub(b"", raw))[0])]


def fingerprint(raw: bytes) -> str:
    """A digest of the mail's content: its header and the beginning of its body."""
    head, rest = _divided(_ENVELOPE.sub(b"", raw[: HEADER_BYTES + CONTENT_BYTES]))
    bare = _KEPT_BY_ARCHIVES.sub(b"", head.replace(b"\r\n", b"\n"))
    body = _QUOTED_FROM.sub(b"From ", rest.replace(b"\r\n", b"\n"))[:_TOLD_APART_BYTES]
    return digest(bare.strip() + b"\n\n" + body.strip())


def values(mail: Message, name: str) -> list[str]:
    """Every value of a header as text: raw bytes are UTF-8 or, failing that, Latin-1."""
    raw = [value for key, value in mail.raw_items() if key.lower() == name.lower()]
    found = [value.encode("utf-8", "surrogateescape") for value in raw]
    return [_chunk(each, "utf-8") for each in found]


def header(mail: Message, name: str) -> str:
    return next(iter(values(mail, name)), "")


def ids(mail: Message, name: str) -> list[str]:
    """The ids of a header, without their brackets; a bare word counts where there are none."""
    told = values(mail, name)
    found = [each for value in told for each in _IDS.findall(value)]
    found = found or [each for value in told for each in value.split() if "@" in each]
    return [_short(clean(each)) for each in found if clean(each)]


def subject(mail: Message) -> str:
    return clean(_decoded(header(mail, "Subject"))).strip()


def moment(told: str) -> datetime | None:
    """The date of a header, UTC where it names no zone; None for what is no date."""
    try:
        at = parsedate_to_datetime(told)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()


def digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _divided(raw: bytes) -> tuple[bytes, bytes]:
    """The header, and the rest from the blank line on."""
    ends = [at for at in (raw.find(b"\n\n"), raw.find(b"\n\r\n")) if at >= 0]
    if raw[:1] == b"\n" or raw[:2] == b"\r\n":
        return b"", raw
    end = min(ends) + 1 if ends else len(raw)
    return raw[:end], raw[end:]


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


def _short(message_id: str) -> str:
    return message_id if len(message_id) <= LONGEST_ID else f"long:{digest(message_id.encode())}"
