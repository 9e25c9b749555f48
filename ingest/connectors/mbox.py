"""E-mail from an archive: an ``mbox`` file of any age and size, one mail after the other.

A mail begins with an envelope line, «From someone Wed Jul  1 10:00:00 2026»: a «From» and a
date, so a sentence that begins so is none, quoted (``>From``) or not.  Neither the blank line
before it nor the end of the last line is needed, and line ends may be either.  A mail is read
to its end but only its header is kept, and the beginning of its body where it makes the id:
how large it is does not matter.

Events and ids are those that :mod:`ingest.connectors.imap` tells of the same mails, so an
archive may be loaded into the source whose mailbox is read, before or after.  Where a mail
has no ``Date`` the envelope's counts, in the source's zone if it names none: told with
another moment by the server, that mail is in conflict and the first one told stands.

A file named like the folder of what we sent (option ``sent``, else «Sent», «Sent Items»…) is
what we sent.  Options: ``sent`` and those of :mod:`ingest.formats.mail.options`; without ``own``
nothing can be told to be our answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from ingest.connector import Parsed, Source
from ingest.errors import WrongFormat
from ingest.events import EARLIEST
from ingest.formats.mail import message as mail
from ingest.formats.mail.header import CONTENT_BYTES, HEADER_BYTES, header, moment
from ingest.formats.mail.header import parsed as header_of
from ingest.formats.mail.options import mailbox_of
from ingest.reading import options
from ingest.reading.lines import recognised

EXPECTED = "an mbox begins with a line such as «From ann@example.org Wed Jul  1 10:00:00 2026»"
#: Names of the folder that holds what we sent, as programs give them.
SENT = ("sent", "sent items", "sent mail", "sent messages", "envoyés", "gesendet")
#: A clock without a zone may be that much behind.
AHEAD_OF_LOCAL = timedelta(hours=15)
_PIECE = 65_536
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ENVELOPE = re.compile(
    rb"From (?:[^\n]*\s)?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?P<month>[A-Z][a-z]{2})"
    rb" +(?P<day>\d\d?) +(?P<time>\d\d?:\d\d(?::\d\d)?)(?: +(?P<zone>[+-]\d{4}|[A-Z]{1,5}))?"
    rb" +(?P<year>\d{4})(?: +(?P<offset>[+-]\d{4}))?\s*"
)


@dataclass(slots=True)
class Record:
    """A mail as it grows line by line: its beginning, and no more than is needed of it."""

    envelope: bytes
    head: bytearray = field(default_factory=bytearray)
    body: bytearray = field(default_factory=bytearray)
    in_body: bool = False

    def take(self, piece: bytes, begins: bool) -> None:
        part, most = (self.body, CONTENT_BYTES) if self.in_body else (self.head, HEADER_BYTES)
        part += piece[: most - len(part)]
        self.in_body = self.in_body or (begins and not piece.strip(b"\r\n"))

    @property
    def raw(self) -> bytes:
        return self.envelope + self.head + self.body


class Mbox:
    """FileConnector."""

    name: ClassVar[str] = "mbox"
    #: A source of these may be loaded from archives too: `vigie load mbox … --source`.
    kin: ClassVar[tuple[str, ...]] = ("imap",)

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """Every mail of the file.  Raises WrongFormat unless it begins as an archive does."""
        mailbox = mailbox_of(source, sent=_is_sent(path, source))
        parsed = (one for record in _records(path) for one in _told(record, source, mailbox))
        return recognised(parsed, path, EXPECTED)

    def again(self, raw: bytes, source: Source) -> Iterable[Parsed]:
        """One mail out of the quarantine."""
        envelope, _, rest = raw.partition(b"\n")
        if not _ENVELOPE.fullmatch(envelope):
            raise WrongFormat("a line of a header tells nothing alone: load the archive again")
        record = Record(envelope + b"\n", bytearray(rest))
        return _told(record, source, mailbox_of(source, sent=False))


def _records(path: Path) -> Iterator[Record]:
    record: Record | None = None
    for piece, begins in _pieces(path):
        if begins and piece.startswith(b"From ") and _ENVELOPE.fullmatch(piece):
            if record is not None:
                yield record
            record = Record(piece)
        elif record is not None:
            record.take(piece, begins)
        elif piece.strip():
            raise WrongFormat(f"{path} is not what was expected: {EXPECTED}")
    if record is not None:
        yield record


def _pieces(path: Path) -> Iterator[tuple[bytes, bool]]:
    """The file's lines, an endless one in several pieces; and whether the piece begins a line."""
    begins = True
    with path.open("rb") as file:
        while piece := file.readline(_PIECE):
            yield piece, begins
            begins = piece.endswith(b"\n")


def _told(record: Record, source: Source, mailbox: mail.Mailbox) -> Iterator[Parsed]:
    received_at, ahead = _received(record, source.zone)
    return mail.told(record.raw, received_at, mailbox, ahead)


def _received(record: Record, zone: ZoneInfo) -> tuple[datetime | None, timedelta]:
    """When the mail came, and how much later its date may be; None where nothing tells it."""
    found = _ENVELOPE.fullmatch(record.envelope)
    at, exact = _instant(found, zone) if found else (None, False)
    if at is None or at < EARLIEST:
        # The last server's own word stands on top.
        last = header(header_of(bytes(record.head)), "Received").rpartition(";")[2]
        at, exact = moment(last), True
    plausible = at if at is not None and at >= EARLIEST else None
    return plausible, mail.AHEAD if exact else AHEAD_OF_LOCAL


def _instant(found: re.Match[bytes], zone: ZoneInfo) -> tuple[datetime | None, bool]:
    """The envelope's moment, and whether it names its zone."""
    named = (found["offset"] or found["zone"] or b"").decode()
    exact = named in ("GMT", "UTC", "Z") or named[:1] in ("+", "-")
    hour, minute, second = [*map(int, found["time"].split(b":")), 0][:3]
    try:
        month = _MONTHS.index(found["month"].decode()) + 1
        at = datetime(
            int(found["year"]), month, int(found["day"]), hour, minute, second,
            tzinfo=_offset(named) if exact else zone,
        )  # fmt: skip
        return at.astimezone(UTC), exact
    except (ValueError, OverflowError):
        return None, False


def _offset(named: str) -> timezone:
    if named.isalpha():
        return UTC
    minutes = int(named[1:3]) % 24 * 60 + int(named[3:]) % 60
    return timezone(timedelta(minutes=-minutes if named[0] == "-" else minutes))


def _is_sent(path: Path, source: Source) -> bool:
    if source.options.get("sent") is True:
        return True
    ours = options.text(source, "sent")
    names = (ours.rpartition("/")[2].casefold(),) if ours else SENT
    return path.stem.casefold() in names
