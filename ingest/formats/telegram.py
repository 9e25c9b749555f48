"""What Telegram's updates tell, as events.

The thread is the chat (its topic, where a group has topics; a business connection keeps its
chats apart from the bot's own).  Ids are made of chat and message, never of ``update_id``:
that one is drawn anew after a quiet week.

What says who wrote: in a bot's private chat only the customer's side is ever told.  In a chat
of a business account a sender who is not the chat's own customer is the account's owner; in a
group an anonymous administrator (``sender_chat`` is the group) or one of the option
``agents``.  These are people of ours: ``message_out``.  A bot is never a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ingest.connector import Parsed, Source
from ingest.errors import RejectedEvent
from ingest.events import Event, Identity, Rejected
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.payload import Payload

#: Updates that bring a message.
MESSAGES = ("message", "business_message", "guest_message")
EDITED = ("edited_message", "edited_business_message")
#: What happens in a chat and is no message to anyone, by the field that tells it.
SERVICE = frozenset({
    "boost_added", "channel_chat_created", "chat_background_set", "chat_owner_changed",
    "chat_owner_left", "chat_shared", "checklist_tasks_added", "checklist_tasks_done",
    "community_chat_added", "community_chat_removed", "connected_website",
    "delete_chat_photo", "direct_message_price_changed", "forum_topic_closed",
    "forum_topic_created", "forum_topic_edited", "forum_topic_reopened",
    "general_forum_topic_hidden", "general_forum_topic_unhidden", "gift", "giveaway",
    "giveaway_completed", "giveaway_created", "giveaway_winners", "gift_upgrade_sent",
    "group_chat_created", "left_chat_member", "managed_bot_created",
    "message_auto_delete_timer_changed", "migrate_from_chat_id", "migrate_to_chat_id",
    "new_chat_members", "new_chat_photo", "new_chat_title", "paid_message_price_changed",
    "passport_data", "pinned_message", "poll_option_added", "poll_option_deleted",
    "proximity_alert_triggered", "refunded_payment", "successful_payment",
    "suggested_post_approval_failed", "suggested_post_approved", "suggested_post_declined",
    "suggested_post_paid", "suggested_post_refunded", "supergroup_chat_created",
    "unique_gift", "user_shared", "users_shared", "video_chat_ended",
    "video_chat_participants_invited", "video_chat_scheduled", "video_chat_started",
    "write_access_allowed",
})  # fmt: skip


def told(source: Source, update: Payload) -> Iterator[Parsed]:
    """The event of an update; none where it speaks of no customer or tells no time.

    An update that cannot be used is handed back as :class:`~ingest.events.Rejected`.
    """
    try:
        pl.needed(update, "update_id")
        for name, reader in _READERS.items():
            if name in update:
                yield reader(source, name, _content(update, name))
    except RejectedEvent as error:
        yield Rejected.of(error, pl.encode(update))


def _content(update: Payload, name: str) -> Payload:
    content = update[name]
    if not isinstance(content, dict):
        raise RejectedEvent("unknown_shape", f"{name} is no object")
    return content


def _message(source: Source, name: str, message: Payload) -> Event:
    kind, direction = _kind(source, message)
    return _event(source, message, kind, direction, _key(message))


def _edited(source: Source, name: str, message: Payload) -> Event:
    """A message that was changed: not another contact."""
    at = pl.instant(message, "edit_date") or pl.needed_instant(message, "date")
    _, direction = _kind(source, message)
    edition = f"{_key(message)}:edited:{at.timestamp():.0f}"
    return _event(source, message, "edited", direction, edition, at=at)


def _reaction(source: Source, name: str, reaction: Payload) -> Event:
    """A mark on a message: it asks for nothing."""
    who = pl.text(reaction, "user", "id") or pl.text(reaction, "actor_chat", "id") or ""
    mark = f"{_key(reaction)}:reaction:{who}:{pl.needed(reaction, 'date')}"
    return _event(source, reaction, "reaction", "in", mark)


_READERS = (
    dict.fromkeys(MESSAGES, _message)
    | dict.fromkeys(EDITED, _edited)
    | {"message_reaction": _reaction}
)


def _kind(source: Source, message: Payload) -> tuple[str, str]:
    """What a message is to us, and its direction."""
    if not SERVICE.isdisjoint(message):
        return "service", "in"
    if pl.table(message, "from").get("is_bot") is True and not _is_anonymous(message):
        return "bot_out", "out"
    if pl.table(message, "sender_business_bot") or message.get("is_automatic_forward") is True:
        return "bot_out", "out"
    return ("message_out", "out") if _is_ours(source, message) else ("message_in", "in")


def _is_ours(source: Source, message: Payload) -> bool:
    writer, chat = pl.text(message, "from", "id"), pl.text(message, "chat", "id")
    if pl.text(message, "business_connection_id"):
        return writer != chat
    return _is_anonymous(message) or writer in options.texts(source, "agents")


def _is_anonymous(message: Payload) -> bool:
    """An administrator who writes as the group: the account shown as writer is a stand-in."""
    behalf = pl.text(message, "sender_chat", "id")
    return behalf is not None and behalf == pl.text(message, "chat", "id")


def _event(
    source: Source,
    message: Payload,
    kind: str,
    direction: str,
    key: str,
    *,
    at: datetime | None = None,
) -> Event:
    writer = pl.text(message, "from", "id")
    return Event(
        event_id=key,
        occurred_at=at or pl.needed_instant(message, "date"),
        kind=kind,
        contact_id=_thread(message),
        channel="messaging",
        direction=direction,
        queue=options.text(source, "queue"),
        reason=options.text(source, "reason"),
        segment=options.text(source, "segment"),
        agent=f"user:{writer}" if kind == "message_out" and writer else None,
        identities=_customer(message, direction),
    )


def _thread(message: Payload) -> str:
    """Which conversation: business connection, chat, topic."""
    connection = pl.text(message, "business_connection_id")
    topic = pl.text(message, "message_thread_id") if message.get("is_topic_message") else None
    parts = [connection, pl.needed(message, "chat", "id"), topic and f"topic {topic}"]
    return ":".join(part for part in parts if part)


def _key(message: Payload) -> str:
    """A message's number is unique in its chat only."""
    parts = [
        pl.text(message, "business_connection_id"), pl.needed(message, "chat", "id"),
        pl.needed(message, "message_id"),
    ]  # fmt: skip
    return "message:" + ":".join(part for part in parts if part)


def _customer(message: Payload, direction: str) -> tuple[Identity, ...]:
    """Who the customer is: the writer, or whose private chat it is.

    Who sends a contact card of their own tells the number too.
    """
    private = pl.text(message, "chat", "type") == "private"
    writer = pl.text(message, "from", "id") or pl.text(message, "user", "id")
    number = pl.text(message, "chat", "id") if private else writer
    if number is None or not (private or direction == "in"):
        return ()
    found = [Identity("telegram", number)]
    phone = pl.text(message, "contact", "phone_number")
    if phone and pl.text(message, "contact", "user_id") == number == writer:
        found.append(Identity("phone", f"+{phone.removeprefix('+')}"))
    return tuple(found)


