"""E-mail, read from an IMAP server: one mail is one event, one thread of mails one thread.

What a mail means is decided in :mod:`ingest.formats.mail.message`.  Folders are opened read-only
and mails are peeked at: nothing is marked as seen, nothing is moved, no body is kept.

The cursor is JSON, ``{folder: {"uidvalidity": …, "uid": …}}``: the last mail read of each.
When a folder's UIDVALIDITY changes its numbers mean nothing any more and it is read from
the start; ids are those of the mails themselves, so nothing counts twice.  A mail that is
moved from one folder to another that is read is the same mail.

Followed, a mail is told as it arrives in the first folder (IDLE) or within ``poll_s`` in the
others, and everywhere where the server knows no IDLE.  A line that breaks loses nothing: the
next one goes on from the cursor.

Options: ``host``, ``user`` (the password is the source's secret), ``port``, ``ssl`` (``on``,
``starttls``, ``off``), ``ca_file``, ``folders`` (default INBOX), ``sent`` (default: the one
the server marks as such; ``""`` for none), ``page_size``, ``timeout_s``, ``poll_s``, and
those of :mod:`ingest.formats.mail.options`.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event as Stop
from typing import ClassVar

import msgspec
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from ingest.connector import Page, Parsed, Source
from ingest.errors import Fatal, Retriable
from ingest.formats.mail import message as mail
from ingest.formats.mail.header import CONTENT_BYTES, HEADER_BYTES
from ingest.formats.mail.idle import beats
from ingest.formats.mail.options import mailbox_of
from ingest.reading import options
from ingest.reading.cursors import decoded, encoded

PAGE_SIZE = 200
TIMEOUT_S = 30
#: All folders are looked at this often while the first one is listened to.
POLL_S = 15
#: Answers to a log-in or a folder that say «later» rather than «no» (RFC 5530).
LATER = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN", "Temporary")
_UID = re.compile(rb"UID (\d+)")
_RECEIVED = re.compile(rb'INTERNALDATE "([^"]+)"')


class Mark(msgspec.Struct, frozen=True):
    """How far a folder has been read."""

    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Folder:
    name: str
    mailbox: mail.Mailbox


class Imap:
    """PullConnector and LiveConnector."""

    name: ClassVar[str] = "imap"

    def check(self, source: Source) -> None:
        """Raise Fatal where host, user or password is missing."""
        options.needed(source, "host")
        options.needed(source, "user")
        options.password(source)

    def pull(self, source: Source, cursor: str | None) -> Page:
        """The next mails after the cursor, `page_size` at most, folder by folder."""
        with _session(source) as server:
            return _look(server, source, _folders(source, server), cursor)

    def follow(self, source: Source, cursor: str | None, stop: Stop) -> Iterator[Page]:
        """What is there already, then every mail as it arrives."""
        poll_s = options.number(source, "poll_s", POLL_S)
        with _session(source) as server:
            folders = _folders(source, server)
            while not stop.is_set():
                page = _look(server, source, folders, cursor)
                cursor = page.cursor
                yield page
                # What came while the other folders were read is not announced any more.
                if not page.more and not _waiting(server, folders[0], _marks(cursor))[1]:
                    yield from (Page([], cursor) for _ in beats(server, poll_s, stop))


# --- folders ----------------------------------------------------------------------


def _look(
    server: BaseMailBox, source: Source, folders: Sequence[Folder], cursor: str | None
) -> Page:
    """The next mails of all the folders, as many as a page has room for."""
    marks = _marks(cursor)
    room = int(options.number(source, "page_size", PAGE_SIZE))
    parsed: list[Parsed] = []
    more = False
    for folder in folders:
        found, marks[folder.name], left = _read(server, folder, marks, room - len(parsed))
        parsed += found
        more = more or left
    return Page(parsed, encoded(marks), more)


def _read(
    server: BaseMailBox, folder: Folder, marks: Mapping[str, Mark], room: int
) -> tuple[list[Parsed], Mark, bool]:
    """The next `room` mails of a folder, how far that is, and whether there are more."""
    mark, waiting = _waiting(server, folder, marks)
    page = waiting[: max(room, 0)]
    found = list(_parsed(server, folder, page)) if page else []
    return found, Mark(mark.uidvalidity, (page or [mark.uid])[-1]), len(page) < len(waiting)


def _waiting(
    server: BaseMailBox, folder: Folder, marks: Mapping[str, Mark]
) -> tuple[Mark, list[int]]:
    """How far the open folder was read, and the numbers of its mails since."""
    server.folder.set(folder.name, readonly=True)
    uidvalidity = int((server.client.response("UIDVALIDITY")[1] or [b"0"])[0] or 0)
    mark = marks.get(folder.name)
    if mark is None or mark.uidvalidity != uidvalidity:
        mark = Mark(uidvalidity, 0)
    # «n:*» names the last mail even where its number is below n.
    found = sorted(map(int, server.uids(f"UID {mark.uid + 1}:*")))
    return mark, [uid for uid in found if uid > mark.uid]


def _parsed(server: BaseMailBox, folder: Folder, uids: Sequence[int]) -> Iterator[Parsed]:
    for uid, received_at, headers in _fetch(server, uids, f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>"):
        raw = headers + _content(server, uid) if mail.lacks_id(headers) else headers
        yield from mail.told(raw, received_at, folder.mailbox)


def _content(server: BaseMailBox, uid: int) -> bytes:
    what = f"BODY.PEEK[TEXT]<0.{CONTENT_BYTES}>"
    return b"".join(content for _, _, content in _fetch(server, [uid], what))


def _fetch(
    server: BaseMailBox, uids: Sequence[int], what: str
) -> Iterator[tuple[int, datetime, bytes]]:
    """(UID, moment of receipt, bytes) of each mail that is still there."""
    asked = ",".join(map(str, uids))
    status, answer = server.client.uid("FETCH", asked, f"(UID INTERNALDATE {what})")
    if status != "OK":
        raise Retriable(f"the mail server does not give its mails: {answer!r:.200}")
    for place, item in enumerate(answer):
        if not isinstance(item, tuple):
            continue
        # What the server tells after the bytes stands in the next item.
        after = answer[place + 1] if place + 1 < len(answer) else b""
        told = item[0] + (after if isinstance(after, bytes) else b"")
        if (uid := _UID.search(told)) and (received := _RECEIVED.search(told)):
            yield int(uid[1]), _moment(received[1]), item[1]


def _moment(internaldate: bytes) -> datetime:
    return parsedate_to_datetime(internaldate.decode().strip()).astimezone(UTC)


def _folders(source: Source, server: BaseMailBox) -> list[Folder]:
    sent = source.options.get("sent")
    if sent is None:
        sent = next((each.name for each in server.folder.list() if r"\Sent" in each.flags), "")
    names = options.texts(source, "folders") or ["INBOX"]
    inboxes = [Folder(name, mailbox_of(source, sent=False)) for name in names if name != sent]
    return inboxes + ([Folder(str(sent), mailbox_of(source, sent=True))] if sent else [])


def _marks(cursor: str | None) -> dict[str, Mark]:
    return decoded(cursor, dict[str, Mark]) or {}


# --- the server -------------------------------------------------------------------


@contextmanager
def _session(source: Source) -> Iterator[BaseMailBox]:
    """A logged-in connection; what goes wrong inside says whether trying again may help."""
    where = f"source {source.name}: mail server {options.text(source, 'host')}"
    try:
        server = _connect(source)
        try:
            user, password = options.needed(source, "user"), options.password(source)
            server.login(user, password, initial_folder=None)
            yield server
        finally:
            _leave(server)
    except ssl.SSLCertVerificationError as error:
        raise Fatal(f"{where} shows a certificate we do not trust; see ca_file") from error
    except MailboxLoginError as error:
        raise _refusal(f"{where} refuses user and password", error) from error
    except MailboxFolderSelectError as error:
        raise _refusal(f"{where} has no such folder", error) from error
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
        raise Retriable(f"{where} does not answer as it should: {error}") from error


def _connect(source: Source) -> BaseMailBox:
    host = options.needed(source, "host")
    mode = options.one_of(source, "ssl", "on", "starttls", "off", usual="on")
    port = options.port(source, 993 if mode == "on" else 143)
    timeout = options.number(source, "timeout_s", TIMEOUT_S)
    if mode == "off":
        return MailBoxUnencrypted(host, port, timeout)
    trusted = options.trusted(source)
    if mode == "starttls":
        return MailBoxStartTls(host, port, timeout, ssl_context=trusted)
    return MailBox(host, port, timeout, ssl_context=trusted)


def _leave(server: BaseMailBox) -> None:
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error, ImapToolsError):
        # It hung up first: the session is over either way, and what it brought is kept.
        server.client.shutdown()


def _refusal(what: str, error: ImapToolsError) -> Fatal | Retriable:
    said = str(error)
    kind = Retriable if any(word in said for word in LATER) else Fatal
    return kind(f"{what}: {said[:200]}")
