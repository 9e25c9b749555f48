"""Genesys Cloud: conversation details, asked for over REST or from exported files.

Each ``acd`` session is one contact, see :mod:`ingest.formats.genesys_cloud.conversation`:
``queued`` while it waits, ``answered`` while it is talked, then ``closed`` or ``transferred``;
``abandoned`` or ``flowed_out`` where nobody answered.  A conversation answered without a queue
is a contact too; one that never left the IVR is ``left_ivr``.  Phones rung in vain
are ``ring_no_answer``.

Details arrive and change late.  So what was read is read again: the last :data:`NEAR` each
turn, the last :data:`OVERLAP` once an hour; the same again is a duplicate, a newer story
takes the place of the older one.  A sweep goes in stretches of :data:`STRETCH`, page by page
in order of start: a conversation that slips to another page meanwhile comes with the next.

Options: ``domain`` (mypurecloud.de…) or ``api_url`` and ``login_url``; ``client_id`` of an OAuth
client (client credentials), whose secret is the source's; ``since`` (a date; else the last two
days), ``queues`` (``["id = name"]``), ``site``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import msgspec

from ingest.connector import Page, Parsed, Source
from ingest.errors import Fatal, NotAdmitted, RejectedEvent, Retriable
from ingest.events import Rejected
from ingest.formats.genesys_cloud.conversation import events_of
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.api_client import ApiClient
from ingest.reading.cursors import decoded, encoded
from ingest.reading.json_documents import LONGEST_RAW, Bytes, documents, opened
from ingest.reading.lines import recognised
from ingest.reading.payload import Payload

EXPECTED = "Genesys Cloud conversation details are JSON objects with a conversationId"
QUERY = "/api/v2/analytics/conversations/details/query"
#: Lines that say where it is; «region» is the country of telephone numbers, of any source.
_ADDRESS = ("domain", "api_url", "login_url")
#: Read again once an hour, and each turn.
OVERLAP = timedelta(hours=48)
NEAR = timedelta(hours=2)
HOUR = timedelta(hours=1)
#: One query covers so much; it may find at most 100,000 conversations.
STRETCH = timedelta(hours=12)
PAGE_SIZE = 100
LAST_PAGE = 1_000
#: Genesys admits 300 questions a minute and client.
PER_MINUTE = 200
#: A token is given back this long before it expires.
EARLY = timedelta(minutes=1)


class Cursor(msgspec.Struct, frozen=True):
    """How far it was read: all before `until`, deeply at `deep_at`.

    A sweep under way goes from `at` to `goal`; `page` of the stretch at hand was read last,
    and `last` is the fingerprint of what it brought.
    """

    until: datetime
    deep_at: datetime | None = None
    at: datetime | None = None
    goal: datetime | None = None
    page: int = 0
    last: str = ""


class Token(msgspec.Struct, frozen=True):
    text: str
    expires_at: datetime


class GenesysCloud:
    """FileConnector and PullConnector."""

    name: ClassVar[str] = "genesys-cloud"
    every_s: ClassVar[float] = 30.0
    clock: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    def __init__(self) -> None:
        #: By who asks whom with what.
        self._tokens: dict[tuple[str, str, str], Token] = {}

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """Every conversation of the file: an answer as saved, an array, or one a line.

        Raises WrongFormat where none of the first 50 is one.
        """
        with opened(path) as data:
            yield from recognised(_parsed(data, source), path, EXPECTED)

    def again(self, raw: bytes, source: Source) -> Iterable[Parsed]:
        """One conversation out of the quarantine."""
        return list(_parsed(raw, source))

    def pulled(self, source: Source) -> bool:
        """Whether the table says whom to ask; else the source is filled by ``vigie load``."""
        return any(options.text(source, each) for each in ("client_id", *_ADDRESS))

    def check(self, source: Source) -> None:
        """Raise Fatal where the table lacks the address, the client or its secret."""
        _urls(source)
        _credentials(source)
        _since(source)

    def pull(self, source: Source, cursor: str | None) -> Page:
        """The next page of the sweep under way, or of a new one."""
        now = self.clock()
        known = _begun(_known(cursor, source, now), now)
        at, goal = known.at or known.until, known.goal or now
        page, end = known.page + 1, min(at + STRETCH, goal)
        found, hits = self._ask(source, at, end, page)
        fingerprint = _fingerprint(found)
        if found and page > 1 and fingerprint == known.last:
            raise Retriable(f"Genesys Cloud gives page {page - 1} again as page {page}")
        parsed = [one for each in found for one in _told(source, each)]
        if len(found) == PAGE_SIZE and page * PAGE_SIZE < hits:
            if page >= LAST_PAGE:
                raise Fatal(f"over {PAGE_SIZE * LAST_PAGE} conversations in 12 hours: export them")
            there = msgspec.structs.replace(known, page=page, last=fingerprint)
        elif end < goal:
            there = msgspec.structs.replace(known, at=end, page=0, last="")
        else:
            there = Cursor(max(known.until, goal), known.deep_at)
        return Page(parsed, encoded(there), there.at is not None)

    # --- asking -------------------------------------------------------------------

    def _ask(
        self, source: Source, start: datetime, end: datetime, page: int
    ) -> tuple[list[object], int]:
        """The conversations of one page, and how many the query finds.

        A token refused before its time is replaced once.
        """
        question: dict[str, object] = {
            "interval": f"{_iso(start)}/{_iso(end)}",
            "order": "asc",
            "orderBy": "conversationStart",
            "paging": {"pageSize": PAGE_SIZE, "pageNumber": page},
        }
        try:
            answer = self._answer(source, question)
        except NotAdmitted:
            self._forget(source)
            answer = self._answer(source, question)
        found = pl.table(answer).get("conversations", [])
        hits = pl.table(answer).get("totalHits")
        if not isinstance(answer, dict) or not isinstance(found, list):
            raise Retriable("Genesys Cloud answers with something else than conversations")
        return found, hits if isinstance(hits, int) else LAST_PAGE * PAGE_SIZE * 2

    def _answer(self, source: Source, question: dict[str, object]) -> object:
        api_url, _ = _urls(source)
        headers = {"authorization": f"Bearer {self._token(source)}"}
        with ApiClient(api_url, headers=headers, requests_per_minute=PER_MINUTE) as client:
            return client.post(QUERY, json=question)

    def _token(self, source: Source) -> str:
        key, now = _key(source), self.clock()
        known = self._tokens.get(key)
        if known is None or now >= known.expires_at:
            known = self._tokens[key] = _new_token(*key, now)
        return known.text

    def _forget(self, source: Source) -> None:
        self._tokens.pop(_key(source), None)


def _new_token(login_url: str, client_id: str, secret: str, now: datetime) -> Token:
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    with ApiClient(login_url, headers={"authorization": f"Basic {basic}"}) as client:
        answer = client.post("/oauth/token", form={"grant_type": "client_credentials"})
    text, lasts = pl.text(answer, "access_token"), pl.table(answer).get("expires_in")
    if text is None:
        raise Retriable("Genesys Cloud gives no access_token")
    seconds = lasts if isinstance(lasts, int) and 0 < lasts < 10_000_000 else 3_600
    return Token(text, now + max(timedelta(), timedelta(seconds=seconds) - EARLY))


# --- the table --------------------------------------------------------------------


def _key(source: Source) -> tuple[str, str, str]:
    return _urls(source)[1], *_credentials(source)


def _credentials(source: Source) -> tuple[str, str]:
    client_id = options.needed(source, "client_id", "… (an OAuth client)")
    if not source.secret:
        raise Fatal(
            f"source {source.name} needs the secret of its OAuth client: set "
            f"{options.secret_variable(source.name)}"
        )
    return client_id, source.secret


def _urls(source: Source) -> tuple[str, str]:
    """Where the API is, and where tokens are given."""
    domain, api_url, login_url = (options.text(source, each) for each in _ADDRESS)
    if not domain and not (api_url and login_url):
        raise Fatal(f'[sources.{source.name}] needs a line domain = "mypurecloud.de" or its like')
    return api_url or f"https://api.{domain}", login_url or f"https://login.{domain}"


def _since(source: Source) -> datetime | None:
    try:
        return pl.instant(source.options, "since")
    except RejectedEvent as error:
        raise Fatal(f'[sources.{source.name}] since reads "2026-11-01"') from error


# --- the sweep --------------------------------------------------------------------


def _known(cursor: str | None, source: Source, now: datetime) -> Cursor:
    """The cursor; of the first sweep where there is none."""
    start = _since(source)
    first = Cursor(until=min(start, now) if start else now - OVERLAP, deep_at=now)
    return decoded(cursor, Cursor) or first


def _begun(known: Cursor, now: datetime) -> Cursor:
    """The sweep under way, or one begun now."""
    if known.at is not None:
        return known
    deep = known.deep_at is None or now - known.deep_at >= HOUR
    return msgspec.structs.replace(
        known,
        at=known.until - (OVERLAP if deep else NEAR),
        goal=max(now, known.until),
        deep_at=now if deep else known.deep_at,
    )


def _fingerprint(found: list[object]) -> str:
    numbers = [pl.text(each, "conversationId") or "" for each in found]
    return hashlib.blake2b("\x1f".join(numbers).encode(), digest_size=9).hexdigest()


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- conversations ----------------------------------------------------------------


def _parsed(data: Bytes, source: Source) -> Iterator[Parsed]:
    for document in documents(data):
        answer = document.value
        wrapped = answer.get("conversations") if isinstance(answer, dict) else None
        if isinstance(wrapped, list):
            for conversation in wrapped:
                yield from _told(source, conversation)
        else:
            yield from _told(source, answer, document.raw)


def _told(source: Source, conversation: object, raw: bytes | None = None) -> Iterator[Parsed]:
    """The events of a conversation, all or none; `raw` where its bytes are at hand."""
    try:
        yield from list(events_of(source, _object(conversation)))
    except RejectedEvent as error:
        kept = (raw or pl.encode(conversation))[:LONGEST_RAW]
        yield Rejected.of(error, kept)


def _object(conversation: object) -> Payload:
    if not isinstance(conversation, dict):
        raise RejectedEvent("bad_record", "not a JSON object, or only a part of one")
    return conversation
