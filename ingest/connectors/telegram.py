"""Telegram, by webhook or by long polling: messages of customers to our bot or business account.

What each update becomes (:mod:`ingest.formats.telegram` says who is who):

================================  =========================================================
``message``, ``business_message``,  ``message_in``, whatever it carries, commands and what we
``guest_message``                 cannot read too; ``message_out`` by a person of ours;
                                  ``bot_out`` by a bot
… of the chat itself              ``service``: members, titles, payments, shared contacts
``edited_…``                      ``edited``: no contact anew
``message_reaction``              ``reaction``
anything else                     no event: it speaks of no customer's chat (channel posts,
                                  polls, memberships), or tells no time (buttons, deletions)
================================  =========================================================

In a bot's own chat our replies go out through the Bot API, which never tells of them: where
people write them in another tool, that tool has to (``POST /api/v1/events``), else contacts
stay unanswered.  In chats of a business account and in groups they are told.

Telegram gives its updates by webhook or by ``getUpdates``, never both.  With the source's
token (the bot's) this source is followed by ``getUpdates``; without, it is pushed, and its
secret is the ``secret_token`` that was told to ``setWebhook``.  An update is forgotten over
there once the one after it is asked for, and that is done only after it was stored.

Options: ``agents`` (user numbers of our people in groups), ``queue``, ``reason``, ``segment``
(of this source), ``url`` (of a Bot API server of one's own).  Texts are not kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Event as Stop
from typing import ClassVar

import msgspec

from ingest.connector import Page, Parsed, Source
from ingest.errors import BadSignature, Fatal, RejectedEvent, Retriable
from ingest.events import Rejected
from ingest.formats.telegram import EDITED, MESSAGES, told
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.api_client import ApiClient
from ingest.reading.cursors import decoded, encoded
from ingest.reading.payload import Payload
from ingest.reading.signature import same, secret_of

SERVER = "https://api.telegram.org"
#: How long Telegram holds the line open when there is nothing to tell.
POLL_S = 4
MOST = 100
#: After a quiet week Telegram draws its numbers anew, maybe below ours.
QUIET_S = 6 * 86_400
WANTED = [*MESSAGES, *EDITED, "message_reaction"]


class Cursor(msgspec.Struct, frozen=True):
    """The update to ask for next, and when the last one was read (epoch seconds)."""

    offset: int
    read_at: float


class Telegram:
    """WebhookConnector; LiveConnector, PullConnector and SeldomPulledConnector."""

    name: ClassVar[str] = "telegram"
    #: Epoch seconds; only to tell a quiet week.
    clock: Callable[[], float] = staticmethod(time.time)

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Compare ``X-Telegram-Bot-Api-Secret-Token`` with the source's secret."""
        expected = secret_of(source).decode()
        if not same(headers.get("x-telegram-bot-api-secret-token", ""), expected):
            raise BadSignature("x-telegram-bot-api-secret-token is missing or not ours")

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """The event of one update; none where it speaks of no customer's chat."""
        try:
            return list(told(source, pl.decode(body)))
        except RejectedEvent as error:
            return [Rejected.of(error, body)]

    def pulled(self, source: Source) -> bool:
        """Whether it is asked for updates: it has the bot's token."""
        return bool(source.token)

    def check(self, source: Source) -> None:
        """Raise Fatal where there is no token."""
        if not source.token:
            raise Fatal(f"source {source.name} has no bot token: set VIGIE_SOURCE_…_TOKEN")

    def pull(self, source: Source, cursor: str | None) -> Page:
        """What waits now, at most a hundred updates."""
        with self._client(source) as api:
            return self._page(source, api, cursor, wait_s=0)

    def follow(self, source: Source, cursor: str | None, stop: Stop) -> Iterator[Page]:
        """Updates as they come; an empty page at least every few seconds."""
        with self._client(source) as api:
            while not stop.is_set():
                page = self._page(source, api, cursor, wait_s=POLL_S)
                cursor = page.cursor or None
                yield page

    def _client(self, source: Source) -> ApiClient:
        self.check(source)
        server = (options.text(source, "url") or SERVER).rstrip("/")
        return ApiClient(f"{server}/bot{source.token}/")

    def _page(self, source: Source, api: ApiClient, cursor: str | None, wait_s: int) -> Page:
        now = self.clock()
        at = decoded(cursor, Cursor)
        if at is not None and now - at.read_at > QUIET_S:
            at = None
        updates = _updates(api, at, wait_s)
        parsed = [event for update in updates for event in told(source, update)]
        numbers = [number for each in updates if (number := _number(each)) is not None]
        if not numbers:
            return Page(parsed, cursor or "")
        after = Cursor(max(numbers) + 1, now)
        return Page(parsed, encoded(after), more=len(updates) >= MOST)


def _updates(api: ApiClient, at: Cursor | None, wait_s: int) -> list[Payload]:
    asked: dict[str, str | int] = {
        "timeout": wait_s, "limit": MOST, "allowed_updates": pl.encode(WANTED).decode(),
    }  # fmt: skip
    try:
        answer = api.get("getUpdates", asked if at is None else {**asked, "offset": at.offset})
    except Fatal as error:
        if " 409" in str(error):
            raise Fatal(
                "Telegram answered 409: updates come by webhook, or another process asks for"
                " them: call deleteWebhook, or take the token from this source"
            ) from error
        raise
    if not isinstance(answer, dict) or answer.get("ok") is not True:
        raise Retriable("Telegram's answer to getUpdates is not «ok»")
    return pl.records(answer, "result")


def _number(update: Payload) -> int | None:
    number = update.get("update_id")
    return number if isinstance(number, int) and not isinstance(number, bool) else None
