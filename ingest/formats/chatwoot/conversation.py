"""What Chatwoot tells of a conversation, as events: the same whichever way it was told.

Its webhooks and its REST API describe one message in two dialects and at two moments.  So an
event of ours holds only what can never change: a message its sender and its time (in whole
seconds, as the API tells it), a conversation its number and its channel.  All that does change
(team, labels, attributes, the customer's addresses) stands in a ``described`` event of its own,
whose id is made from what it says: told twice in the same words it is the same event, told in
other words it is news, and never a conflict.

Of one message that says less when told again, the earlier telling stands: a deleted one has
lost its attributes (revision -1); only the webhook says that it was a campaign's (revision 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ingest.connector import Source
from ingest.errors import RejectedEvent
from ingest.events import Event
from ingest.formats.chatwoot.described import described, inbox_type
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.payload import Payload

CHANNELS = {
    "WebWidget": "chat",
    "Email": "email",
    "Whatsapp": "messaging",
    "Telegram": "messaging",
    "Sms": "messaging",
    "TwilioSms": "messaging",
    "Line": "messaging",
    "FacebookPage": "social",
    "Instagram": "social",
    "TwitterProfile": "social",
    "Tiktok": "social",
    "Voice": "phone",
}
#: The REST API writes a number where the webhook writes a word.
MESSAGE_TYPES = {"0": "incoming", "1": "outgoing", "2": "activity", "3": "template"}
#: A change of status leaves an activity message, a sentence in the account's language.  The
#: options ``resolved_text`` and ``reopened_text`` add those of other languages.
STATUS_TEXTS = {
    "resolved": ("marked resolved", "was resolved by", "comme résolue", "résolue par"),
    "reopened": ("was reopened", "system reopened", "rouverte par", "réouverte par"),
}


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is new in a delivery; the rest of it describes the conversation."""

    event_id: str
    at: datetime
    kind: str
    direction: str = "in"
    agent: str | None = None
    revision: int = 0


def told(source: Source, event: str, payload: Payload) -> Iterator[Event]:
    """The fact of a delivery, then what it tells of the conversation.

    Raises RejectedEvent where one of them cannot be told; what came before it stands.
    """
    of_message = event.startswith("message_")
    conversation = pl.table(payload, "conversation")
    if not of_message and not conversation:
        conversation = payload
    thread = thread_of(source, payload, conversation)
    if of_message:
        fact = _message(source, event, payload)
    elif event == "conversation_updated":
        fact = _Fact("", _when(conversation, "updated_at", "timestamp", "created_at"), "described")
    else:
        fact = _change(event, payload, conversation, thread)
    if fact.event_id:
        yield _event(source, fact, thread, conversation)
    bare = _event(source, _Fact("", fact.at, "described"), thread, conversation)
    yield described(source, bare, payload, conversation)


def resolved_after(source: Source, conversation: Payload, message: Payload) -> Event:
    """That a conversation was resolved, told by nothing but its state.

    Its time is that of the last message before: never later than the truth, so that the
    webhook's own word, should it ever come, decides (the fold takes the later of two).
    """
    thread = thread_of(source, message, conversation)
    fact = _Fact(
        event_id=f"conversation:{thread}:resolved:after:{pl.needed(message, 'id')}",
        at=second(message, "created_at"),
        kind="resolved",
    )
    return _event(source, fact, thread, conversation)


def thread_of(source: Source, payload: Payload, conversation: Payload) -> str:
    """A conversation's number is unique per account only."""
    messages = pl.records(conversation, "messages")
    accounts = [
        pl.text(payload, "account", "id"), pl.text(payload, "account_id"),
        pl.text(conversation, "account_id"),
        *(pl.text(message, "account_id") for message in messages),
    ]  # fmt: skip
    usual = options.text(source, "account") or "1"
    account = next((account for account in accounts if account), usual)
    return f"{account}/{pl.needed(conversation, 'id')}"


def _event(source: Source, fact: _Fact, thread: str, conversation: Payload) -> Event:
    return Event(
        event_id=fact.event_id,
        occurred_at=fact.at,
        kind=fact.kind,
        contact_id=thread,
        channel=channel_of(source, conversation),
        direction=fact.direction,
        agent=fact.agent,
        revision=fact.revision,
    )


# --- messages ---------------------------------------------------------------------


def _message(source: Source, event: str, payload: Payload) -> _Fact:
    created = event == "message_created"
    kind = kind_of_message(source, payload) if created else event
    return _Fact(
        event_id=f"message:{pl.needed(payload, 'id')}" + ("" if created else _edition(payload)),
        at=second(payload, "created_at"),
        kind=kind,
        direction="in" if kind in ("message_in", "auto_reply") else "out",
        agent=_user(pl.table(payload, "sender")) if kind == "message_out" else None,
        revision=_knowledge(payload),
    )


def kind_of_message(source: Source, payload: Payload) -> str:
    """What a message is to us.  Raises RejectedEvent where it has no type."""
    number = pl.needed(payload, "message_type")
    message_type = MESSAGE_TYPES.get(number, number)
    if payload.get("private") is True:
        return "note"
    if message_type == "incoming":
        automatic = pl.table(payload, "content_attributes", "email").get("auto_reply")
        return "auto_reply" if automatic is True else "message_in"
    if message_type == "outgoing":
        return "message_out" if _by_a_person(payload) else "bot_out"
    if message_type == "activity":
        return _kind_of_activity(source, payload)
    return "bot_out" if message_type == "template" else message_type


def _kind_of_activity(source: Source, payload: Payload) -> str:
    sentence = (pl.text(payload, "content") or "").casefold()
    for kind, fragments in STATUS_TEXTS.items():
        own = options.texts(source, f"{kind}_text")
        if any(each and each.casefold() in sentence for each in (*fragments, *own)):
            return kind
    return "activity"


def _by_a_person(payload: Payload) -> bool:
    automatic = pl.table(payload, "content_attributes").get("automation_rule_id")
    if automatic or _campaign(payload):
        return False
    if pl.table(payload, "content_attributes").get("external_echo") is True:
        return True
    sender = pl.text(payload, "sender", "type") or pl.text(payload, "sender_type") or ""
    return sender.lower() in ("user", "agent")


def _campaign(payload: Payload) -> object:
    return pl.table(payload, "additional_attributes").get("campaign_id")


def _knowledge(payload: Payload) -> int:
    """How well this telling knows the message, against any other telling of it."""
    if pl.table(payload, "content_attributes").get("deleted") is True:
        return -1
    return 1 if _campaign(payload) else 0


def _edition(payload: Payload) -> str:
    """A message has no version of its own in the webhook: its status and text make one."""
    changing = [payload.get("status"), payload.get("content"), payload.get("content_attributes")]
    return f":updated:{pl.digest(changing)}"


# --- conversations ----------------------------------------------------------------


def _change(event: str, payload: Payload, conversation: Payload, thread: str) -> _Fact:
    if event == "conversation_created":
        at = second(conversation, "created_at")
        return _Fact(f"conversation:{thread}:{event}", at, event)
    at = _when(conversation, "updated_at", "timestamp")
    kind = event
    if event == "conversation_status_changed":
        kind = _kind_of_status(payload, conversation)
    return _Fact(
        event_id=f"conversation:{thread}:{kind}:{at.isoformat(timespec='milliseconds')}",
        at=at,
        kind=kind,
        agent=_user(pl.table(conversation, "meta", "assignee")),
    )


def _kind_of_status(payload: Payload, conversation: Payload) -> str:
    """`reopened` only out of `resolved`: a bot that hands over opens a pending conversation."""
    status = pl.needed(conversation, "status")
    if status == "resolved":
        return "resolved"
    was = [pl.text(change, "status", "previous_value") for change in _changes(payload)]
    previous = next((value for value in was if value), None)
    return "reopened" if status == "open" and previous in (None, "resolved") else f"status_{status}"


def _changes(payload: Payload) -> list[Payload]:
    return pl.records(payload, "changed_attributes") or [pl.table(payload, "changed_attributes")]


# --- what every event needs -------------------------------------------------------


def channel_of(source: Source, conversation: Payload) -> str:
    """The inbox's channel; the option ``channel`` for types of no channel of their own."""
    named = inbox_type(conversation).rpartition("::")[2]
    return CHANNELS.get(named, options.text(source, "channel") or "chat")


def second(payload: Payload, name: str) -> datetime:
    """The moment in whole seconds: the webhook tells milliseconds, the API does not."""
    return _when(payload, name).replace(microsecond=0)


def _user(person: Payload) -> str | None:
    """Agents by number, not by name."""
    return f"user:{found}" if (found := pl.text(person, "id")) else None


def _when(payload: Payload, *names: str) -> datetime:
    for name in names:
        if (at := pl.instant(payload, name)) is not None:
            return at
    raise RejectedEvent("missing_field", f"{names[0]} is missing")
