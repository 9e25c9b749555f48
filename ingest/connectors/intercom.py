"""Intercom, pushed by its webhooks: conversations of its Messenger and its other channels.

One conversation is one thread, and each of its parts one fact, whatever topic tells it: a
reply that closes is told by two topics and counted once.  What each becomes:

==================================  ======================================================
the customer's first message        ``message_in``
part by a user, lead or contact     ``message_in``
part by an admin, with a text       ``message_out``; ``bot_out`` where an AI wrote it
part by a bot                       ``bot_out``
note                                ``note``
close / open                        ``resolved`` / ``reopened``, beside the text, if any
assignment, snooze, any other part  ``assigned``, ``snoozed``, its own type
rating                              ``rated``, with the figure
team, tags, customer                ``described``, beside every other fact
==================================  ======================================================

Deliveries come at least once and minutes late: ids are those of the parts, times too.  What
may change between two of them stands in ``described`` alone, whose id is made from its words.
Topics of no conversation (contacts, companies, ``ping``) are no facts about a contact.

Options: ``channel`` (of conversations of an unknown kind), ``queue``.  A team is the queue by
its number, the first tag the reason.  Texts are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

import msgspec

from ingest.connector import Parsed, Source
from ingest.errors import RejectedEvent
from ingest.events import Event, Identity, Rejected
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.payload import Payload
from ingest.reading.signature import check

#: What a conversation began as (`source.type`).
CHANNELS = {
    "conversation": "chat", "messenger": "chat", "in_app": "chat", "push": "chat",
    "email": "email", "phone_call": "phone", "phone_switch": "phone",
    "whatsapp": "messaging", "sms": "messaging", "telegram": "messaging",
    "facebook": "social", "instagram": "social", "twitter": "social",
}  # fmt: skip
CUSTOMERS = ("user", "lead", "contact")
#: Parts that change the state of a conversation; they may carry a text as well.
STATES = {
    "close": "resolved", "note_and_close": "resolved",
    "open": "reopened", "note_and_reopen": "reopened", "assign_and_reopen": "reopened",
    "assignment": "assigned", "assign_and_unsnooze": "assigned",
    "default_assignment": "assigned", "away_mode_assignment": "assigned",
}  # fmt: skip
#: A topic of our own: a part out of the quarantine, all else of its notification was kept.
ALONE = "conversation.part"
NOTES = ("note", "note_and_close", "note_and_reopen")


class Intercom:
    """WebhookConnector."""

    name: ClassVar[str] = "intercom"

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Check ``sha1=hex(HMAC-SHA1(client secret, body))``."""
        check(source, headers, "x-hub-signature", body, by="sha1", prefix="sha1=")

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """The events of one notification; a bad part leaves its neighbours."""
        try:
            notification = pl.decode(body)
            topic = pl.needed(notification, "topic")
            if topic.startswith("conversation."):
                yield from _told(source, topic, notification)
        except RejectedEvent as error:
            yield Rejected.of(error, body)


def _told(source: Source, topic: str, notification: Payload) -> Iterator[Parsed]:
    conversation = pl.table(notification, "data", "item")
    bare = Event(
        event_id="",
        occurred_at=pl.needed_instant(notification, "created_at"),
        kind="",
        contact_id=pl.needed(conversation, "id"),
        channel=_channel(source, conversation),
    )
    parts = pl.records(conversation, "conversation_parts", "conversation_parts")
    if topic.endswith(".created"):
        yield _first(bare, conversation)
    elif topic == "conversation.rating.added":
        yield _rating(bare, conversation)
    elif not parts:
        number = pl.needed(notification, "id")
        kind = topic.removeprefix("conversation.").replace(".", "_")
        yield msgspec.structs.replace(bare, event_id=f"notification:{number}", kind=kind)
    for part in parts:
        try:
            yield from _part(bare, part)
        except RejectedEvent as error:
            yield Rejected.of(error, pl.encode(_alone(notification, conversation, part)))
    if topic != ALONE:
        yield _described(source, bare, conversation)


def _alone(notification: Payload, conversation: Payload, part: Payload) -> Payload:
    """The notification as if it had brought this part only: what a replay can parse again."""
    item = {**conversation, "conversation_parts": {"conversation_parts": [part]}}
    return {**notification, "topic": ALONE, "data": {"item": item}}


def _first(bare: Event, conversation: Payload) -> Event:
    """What the conversation began with: the customer's word, or ours."""
    kind = _kind_of_word(pl.table(conversation, "source"))
    return msgspec.structs.replace(
        bare,
        event_id=f"conversation:{bare.contact_id}:first",
        occurred_at=pl.needed_instant(conversation, "created_at"),
        kind=kind,
        direction=_direction(kind),
        agent=_agent(kind, pl.table(conversation, "source")),
    )


def _rating(bare: Event, conversation: Payload) -> Event:
    rating = pl.table(conversation, "conversation_rating")
    at, figure = pl.needed_instant(rating, "created_at"), rating.get("rating")
    return msgspec.structs.replace(
        bare,
        event_id=f"conversation:{bare.contact_id}:rating:{at.timestamp():.0f}:{figure}",
        occurred_at=at,
        kind="rated",
        attributes={"rating": figure} if isinstance(figure, int) else {},
    )


def _part(bare: Event, part: Payload) -> Iterator[Event]:
    """The word of a part, and what it changes; one of them at least."""
    number, told = pl.needed(part, "id"), pl.needed(part, "part_type")
    at = msgspec.structs.replace(bare, occurred_at=pl.needed_instant(part, "created_at"))
    if told in ("comment", *NOTES) or pl.text(part, "body"):
        kind = "note" if told in NOTES else _kind_of_word(part)
        yield msgspec.structs.replace(
            at, event_id=f"part:{number}", kind=kind,
            direction=_direction(kind), agent=_agent(kind, part),
        )  # fmt: skip
    if told not in ("comment", "note"):
        kind = STATES.get(told, told)
        agent = _admin(pl.table(part, "assigned_to")) if kind == "assigned" else None
        yield msgspec.structs.replace(at, event_id=f"part:{number}:{kind}", kind=kind, agent=agent)


def _kind_of_word(word: Payload) -> str:
    author = pl.text(word, "author", "type")
    if author in CUSTOMERS:
        return "message_in"
    written = pl.table(word, "author").get("from_ai_agent") or pl.table(word, "author").get(
        "is_ai_answer"
    )
    return "message_out" if author == "admin" and written is not True else "bot_out"


def _direction(kind: str) -> str:
    return "in" if kind == "message_in" else "out"


def _agent(kind: str, word: Payload) -> str | None:
    return _admin(pl.table(word, "author")) if kind == "message_out" else None


def _admin(person: Payload) -> str | None:
    number = pl.text(person, "id")
    return f"admin:{number}" if number and pl.text(person, "type") == "admin" else None


# --- the conversation ---------------------------------------------------------------


def _described(source: Source, bare: Event, conversation: Payload) -> Event:
    """What may change: which team, what about, who.  The id is made from the words."""
    team = pl.text(conversation, "team_assignee_id")
    tag = next(iter(pl.records(conversation, "tags", "tags")), {})
    event = msgspec.structs.replace(
        bare,
        occurred_at=pl.instant(conversation, "updated_at") or bare.occurred_at,
        kind="described",
        queue=options.text(source, "queue") or (team and f"team:{team}"),
        reason=pl.text(tag, "name"),
        identities=_customer(conversation),
    )
    return msgspec.structs.replace(event, event_id=f"described:{pl.digest(event)}")


def _customer(conversation: Payload) -> tuple[Identity, ...]:
    contacts = pl.records(conversation, "contacts", "contacts")
    author = pl.table(conversation, "source", "author")
    ours = pl.text(author, "type") not in CUSTOMERS
    found = [("intercom", pl.text(each, "id")) for each in contacts]
    found += [("crm", pl.text(each, "external_id")) for each in contacts]
    found += [] if ours else [("email", pl.text(author, "email"))]
    return tuple(Identity(kind, value) for kind, value in found if value)


def _channel(source: Source, conversation: Payload) -> str:
    began = pl.text(conversation, "source", "type") or ""
    return CHANNELS.get(began, options.text(source, "channel") or "chat")
