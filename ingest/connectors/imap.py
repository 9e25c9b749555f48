"""E-mail, read from an IMAP server: one mail is one event, one thread of mails one thread.

What a mail means is decided in :mod:`ingest.mail`.  Folders are opened read-only and mails
are peeked at: nothing is marked as seen, nothing is moved, no body is kept.

The cursor is JSON, ``{folder: {"uidvalidity": …, "uid": …}}``: the last mail read of each.
When a folder's UIDVALIDITY changes its numbers mean nothing any more and it is read from
the start; ids are those of the mails themselves, so nothing counts twice.  A mail that is
moved from one folder to another that is read is the same mail.

Options: ``host``, ``user`` (the password is the source's secret), ``port``, ``ssl`` (``on``,
``starttls``, ``off``), ``ca_file``, ``folders`` (default INBOX), ``sent`` (default: the one
the server marks as such; ``""`` for none), ``own`` (our addresses, or ``@domain``; the user
is one), ``queue``, ``reason``, ``segment``, ``keep_subject``, ``subject_window_days``,
``page_size``, ``timeout_s``.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import ClassVar

import msgspec
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from ingest import mail
from ingest.connector import Page, Parsed, Source
from ingest.errors import Fatal, Retriable
from ingest.events import Rejected

#: What is read of a mail at most: its header, and more of it only to make an id.
HEADER_BYTES = 131_072
CONTENT_BYTES = 65_536
PAGE_SIZE = 200
TIMEOUT_S = 30
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
    """PullConnector."""

    name: ClassVar[str] = "imap"

    def check(self, source: Source) -> None:
        """Raise Fatal where host, user or password is missing."""
        _needed(source, "host")
        _needed(source, "user")
        _password(source)

    def pull(self, source: Source, cursor: str | None) -> Page:
        """The next mails after the cursor, `page_size` at most, folder by folder."""
        marks = _marks(cursor)
        room = int(_number(source, "page_size", PAGE_SIZE))
        parsed: list[Parsed] = []
        more = False
        with _session(source) as server:
            for folder in _folders(source, server):
                found, marks[folder.name], left = _read(
                    server, folder, marks.get(folder.name), room - len(parsed)
                )
                parsed += found
                more = more or left
        return Page(parsed, msgspec.json.encode(marks).decode(), more)


# --- folders ----------------------------------------------------------------------


def _read(
    server: BaseMailBox, folder: Folder, mark: Mark | None, room: int
) -> tuple[list[Parsed], Mark, bool]:
    """The next `room` mails of a folder, how far that is, and whether there are more."""
    server.folder.set(folder.name, readonly=True)
    uidvalidity = int((server.client.response("UIDVALIDITY")[1] or [b"0"])[0] or 0)
    last = mark.uid if mark is not None and mark.uidvalidity == uidvalidity else 0
    # «n:*» names the last mail even where its number is below n.
    waiting = sorted(uid for uid in map(int, server.uids(f"UID {last + 1}:*")) if uid > last)
    page = waiting[: max(room, 0)]
    found = list(_events(server, folder, page)) if page else []
    return found, Mark(uidvalidity, page[-1] if page else last), len(page) < len(waiting)


def _events(server: BaseMailBox, folder: Folder, uids: Sequence[int]) -> Iterator[Parsed]:
    for uid, received_at, headers in _fetch(server, uids, f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>"):
        raw = headers
        try:
            if mail.lacks_id(headers):
                raw = headers + _content(server, uid)
            yield mail.read(raw, received_at, folder.mailbox)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            # The standard library's parser has met a mail that it cannot take.
            yield Rejected(reason="bad_record", detail=f"{type(error).__name__}: {error}", raw=raw)


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
    names = _words(source, "folders") or ["INBOX"]
    inboxes = [Folder(name, _mailbox(source, sent=False)) for name in names if name != sent]
    return inboxes + ([Folder(str(sent), _mailbox(source, sent=True))] if sent else [])


def _mailbox(source: Source, *, sent: bool) -> mail.Mailbox:
    own = {each.lower() for each in [*_words(source, "own"), str(source.options.get("user"))]}
    return mail.Mailbox(
        own=frozenset(own),
        sent=sent,
        queue=_text(source, "queue"),
        reason=_text(source, "reason"),
        segment=_text(source, "segment"),
        keep_subject=source.options.get("keep_subject") is True,
        window=timedelta(days=_number(source, "subject_window_days", 30)),
    )


# --- the server -------------------------------------------------------------------


@contextmanager
def _session(source: Source) -> Iterator[BaseMailBox]:
    """A logged-in connection; what goes wrong inside says whether trying again may help."""
    where = f"source {source.name}: mail server {source.options.get('host')}"
    try:
        server = _connect(source)
        try:
            server.login(_needed(source, "user"), _password(source), initial_folder=None)
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
    host, mode = _needed(source, "host"), str(source.options.get("ssl") or "on")
    timeout = _number(source, "timeout_s", TIMEOUT_S)
    if mode == "off":
        return MailBoxUnencrypted(host, int(_number(source, "port", 143)), timeout)
    trusted = ssl.create_default_context(cafile=_text(source, "ca_file"))
    if mode == "starttls":
        port = int(_number(source, "port", 143))
        return MailBoxStartTls(host, port, timeout, ssl_context=trusted)
    if mode != "on":
        raise Fatal(f"[sources.{source.name}] ssl is «{mode}»: use on, starttls or off")
    return MailBox(host, int(_number(source, "port", 993)), timeout, ssl_context=trusted)


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


# --- options ----------------------------------------------------------------------


def _marks(cursor: str | None) -> dict[str, Mark]:
    return {} if cursor is None else msgspec.json.decode(cursor, type=dict[str, Mark])


def _password(source: Source) -> str:
    if not source.secret:
        raise Fatal(f"source {source.name} has no password: set its VIGIE_SOURCE_…_SECRET variable")
    return source.secret


def _needed(source: Source, option: str) -> str:
    if (found := _text(source, option)) is None:
        raise Fatal(f'[sources.{source.name}] needs a line {option} = "…"')
    return found


def _text(source: Source, option: str) -> str | None:
    return str(found) if (found := source.options.get(option)) else None


def _words(source: Source, option: str) -> list[str]:
    found = source.options.get(option)
    return [found] if isinstance(found, str) else found if isinstance(found, list) else []


def _number(source: Source, option: str, usual: float) -> float:
    found = source.options.get(option, usual)
    if isinstance(found, bool) or not isinstance(found, int | float) or found <= 0:
        raise Fatal(f"[sources.{source.name}] {option} must be a number above zero")
    return found
