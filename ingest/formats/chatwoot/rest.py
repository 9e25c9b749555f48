"""Chatwoot's REST API, read to fill the holes that its webhooks leave.

One pass = the conversations from the latest activity down to a window behind the last pass,
page by page (a page a pull), and of each the messages of that window.  What moves while we
read moves to the front: it is met twice, or in the next pass; what is deleted shifts the rest
by one, and the window meets it again.

What is recovered: every message (under the very id and content of its webhook), the
description, and the end.  A status has no history in the API, so its ``resolved`` comes from

1. the activity message that says so, in a language we know: exact, counted even where the
   conversation was opened again since;
2. else from the status as it stands: dated at the last message before it, so never later than
   the truth; the webhook's own word, if we have it, is later and decides.

Both stand beside the webhook's: a contact ends at the latest of them, once.

What is not recovered: that an agent opened a conversation again without a message, in a
language we do not know; pending and snoozed; edits; messages deleted before we looked keep
their place, but no longer tell who wrote them by which rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from ingest.connector import Page, Parsed, Source
from ingest.errors import Fatal, RejectedEvent, Retriable
from ingest.events import Rejected
from ingest.formats.chatwoot.conversation import kind_of_message, resolved_after, told
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.api_client import ApiClient
from ingest.reading.cursors import decoded, encoded
from ingest.reading.payload import Payload

HISTORY_DAYS = 7
A_DAY_S = 86_400
OVERLAP_MINUTES = 30
#: Kinds of messages that neither customer nor agent nor bot wrote.
UNSPOKEN = ("activity", "resolved", "reopened", "note")

log = structlog.get_logger(__name__)


class Cursor(msgspec.Struct, frozen=True):
    """Where we are: the newest activity of the last whole pass, and of the one under way."""

    since: float | None = None
    newest: float | None = None
    page: int = 1
    #: The conversations of the page before: the same ones again are no next page.
    before: list[str] = []


def is_configured(source: Source) -> bool:
    """Whether everything is there that the API needs."""
    return not _missing(source)


def check(source: Source) -> None:
    """Raise Fatal where the API is meant to be read, and something for it is missing."""
    missing = _missing(source)
    if missing and (options.text(source, "url") or source.token):
        raise Fatal(f"[sources.{source.name}] reads no REST API: {missing[0]} is missing")
    options.number(source, "history_days", HISTORY_DAYS)
    options.number(source, "overlap_minutes", OVERLAP_MINUTES)


def pull(source: Source, cursor: str | None, now: float) -> Page:
    """The conversations of the next page and their messages; `now` in epoch seconds.

    Raises Retriable, also where the next page is the one before again; Fatal.
    """
    check(source)
    at = decoded(cursor, Cursor) or Cursor()
    with _client(source) as api:
        listed = _listed(api, at)
        newest = at.newest if at.newest is not None else _newest(listed, at.since, now)
        after = _horizon(source, at.since, newest)
        inboxes = _inboxes(api) if listed else {}
        recent = [each for each in listed if _is_since(each, after)]
        parsed = list(_told(source, api, recent, inboxes, after))
    if not recent:
        return Page(parsed, encoded(Cursor(since=newest)))
    here = [str(each.get("id")) for each in listed]
    return Page(parsed, encoded(Cursor(at.since, newest, at.page + 1, here)), more=True)


# --- the list ---------------------------------------------------------------------


def _listed(api: ApiClient, at: Cursor) -> list[Payload]:
    asked: dict[str, str | int] = {
        "status": "all", "assignee_type": "all", "sort_by": "last_activity_at_desc",
        "page": at.page,
    }  # fmt: skip
    answer = api.get("conversations", asked)
    if not isinstance(pl.table(answer, "data").get("payload"), list):
        raise Retriable("Chatwoot's list of conversations is not what its API describes")
    listed = pl.records(answer, "data", "payload")
    if listed and [str(each.get("id")) for each in listed] == at.before:
        raise Retriable(f"Chatwoot gives page {at.page - 1} again where page {at.page} should be")
    return listed


def _newest(listed: Sequence[Payload], since: float | None, now: float) -> float | None:
    """The latest activity there is, by Chatwoot's clock; one of another century is none."""
    moments = (_activity(each) for each in listed)
    known = [each for each in moments if each is not None and each < now + A_DAY_S]
    return max(known + ([] if since is None else [since]), default=None)


def _activity(conversation: Payload) -> float | None:
    """When a conversation was last active; None where it does not tell that as a moment."""
    for name in ("last_activity_at", "timestamp", "created_at"):
        try:
            if (at := pl.instant(conversation, name)) is not None:
                return at.timestamp()
        except RejectedEvent:
            # The next name may do; if none does, the conversation is refused where it is read.
            continue
    return None


def _is_since(conversation: Payload, after: datetime) -> bool:
    moment = _activity(conversation)
    return moment is None or moment >= after.timestamp()


def _horizon(source: Source, since: float | None, newest: float | None) -> datetime:
    """Nothing before is read: the window behind the last pass, or the history of the first."""
    if since is None:
        back = timedelta(days=options.number(source, "history_days", HISTORY_DAYS))
        return datetime.fromtimestamp(newest or back.total_seconds(), UTC) - back
    overlap = timedelta(minutes=options.number(source, "overlap_minutes", OVERLAP_MINUTES))
    return datetime.fromtimestamp(since, UTC) - overlap


def _inboxes(api: ApiClient) -> dict[str, str]:
    """The names of the inboxes: a conversation gives a number only."""
    listed = pl.records(api.get("inboxes"), "payload")
    named = ((pl.text(each, "id"), pl.text(each, "name")) for each in listed)
    return {number: name for number, name in named if number and name}


# --- a conversation ---------------------------------------------------------------


def _told(
    source: Source,
    api: ApiClient,
    conversations: Sequence[Payload],
    inboxes: dict[str, str],
    after: datetime,
) -> Iterator[Parsed]:
    """What all of them tell.  One that is gone since it was listed leaves its neighbours."""
    refusals = []
    for conversation in conversations:
        name = inboxes.get(pl.text(conversation, "inbox_id") or "")
        whole = {**conversation, "inbox": {"name": name}} if name else conversation
        try:
            yield from _of(source, api, whole, after)
        except RejectedEvent as error:
            yield _refused(error, {"event": "conversation_updated", **whole})
        except Fatal as error:
            refusals.append(error)
            log.warning("conversation cannot be read", source=source.name, error=str(error))
    if refusals and len(refusals) == len(conversations):
        raise refusals[0]


def _of(source: Source, api: ApiClient, conversation: Payload, after: datetime) -> Iterator[Parsed]:
    number = pl.needed(conversation, "id")
    messages = list(_messages(api, f"conversations/{number}/messages", after))
    if (opened := pl.instant(conversation, "created_at")) is not None and opened >= after:
        yield from _events(source, "conversation_created", conversation)
    for message in messages:
        # What the conversation is like stands once, below.
        yield from _events(source, "message_created", {**message, "conversation": conversation})
    yield from _events(source, "conversation_updated", conversation)
    if (last := _last_word(source, conversation, messages)) is not None:
        yield resolved_after(source, conversation, last)


def _events(source: Source, event: str, payload: Payload) -> Iterator[Parsed]:
    """The fact that the webhook of that name would tell."""
    try:
        events = list(told(source, event, payload))
        yield from events[:1]
    except RejectedEvent as error:
        yield _refused(error, {"event": event, **payload})


def _messages(api: ApiClient, path: str, after: datetime) -> Iterator[Payload]:
    """The messages since, oldest first, however many pages back; then those of no number."""
    found: dict[int, Payload] = {}
    unnumbered: list[Payload] = []
    earliest: int | None = None
    while True:
        asked: dict[str, str | int] = {} if earliest is None else {"before": earliest}
        page = pl.records(api.get(path, asked), "payload")
        numbered = {number: each for each in page if (number := _number_of(each)) is not None}
        unnumbered += [each for each in page if _number_of(each) is None]
        fresh = {number: each for number, each in numbered.items() if number not in found}
        if numbered and not fresh:
            raise Retriable(f"Chatwoot gives the same messages again: {path}")
        found |= fresh
        if not fresh or any(_before(each, after) for each in fresh.values()):
            break
        earliest = min(fresh)
    yield from (found[number] for number in sorted(found) if not _before(found[number], after))
    yield from unnumbered


def _number_of(message: Payload) -> int | None:
    number = pl.text(message, "id") or ""
    return int(number) if number.isdecimal() and len(number) < 19 else None


def _before(message: Payload, after: datetime) -> bool:
    """Whether a message is older; one without a readable time is not, and is refused later."""
    try:
        at = pl.instant(message, "created_at")
    except RejectedEvent:
        return False
    return at is not None and at < after


def _last_word(
    source: Source, conversation: Payload, messages: Sequence[Payload]
) -> Payload | None:
    """The last message of a conversation that is resolved, where nothing after it says so.

    None where a message is newer than the list: then the status may be older than it.
    """
    active_at = _activity(conversation)
    if pl.text(conversation, "status") != "resolved" or active_at is None:
        return None
    last: Payload | None = None
    for message in messages:
        try:
            kind, at = kind_of_message(source, message), pl.instant(message, "created_at")
        except RejectedEvent:
            continue  # It has been refused where it was told.
        if at is not None and at.timestamp() > active_at + 1:
            return None
        if kind == "resolved":
            last = None
        elif kind not in UNSPOKEN:
            last = message
    return last


def _refused(error: RejectedEvent, payload: Payload) -> Rejected:
    """Kept as the webhook that would have told it, so that a replay can parse it."""
    return Rejected.of(error, pl.encode(payload))


# --- the source's table -----------------------------------------------------------


def _client(source: Source) -> ApiClient:
    url, account = options.needed(source, "url").rstrip("/"), options.needed(source, "account")
    base = f"{url}/api/v1/accounts/{account}/"
    return ApiClient(base, headers={"api_access_token": source.token or ""})


def _missing(source: Source) -> list[str]:
    named = (name for name in ("url", "account") if options.text(source, name) is None)
    lines = [f'a line {name} = "…"' for name in named]
    return lines + ([] if source.token else ["its VIGIE_SOURCE_…_TOKEN variable"])
