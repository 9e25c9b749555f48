"""What may change about a Chatwoot conversation: where it waits, why, whose it is.

One ``described`` event per state.  Its id is made from its moment and its words, so the same
state told by webhook and by REST is one event, and another state is another event.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from ingest.connector import Source
from ingest.events import Event, Identity
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.payload import Payload


def described(source: Source, empty: Event, payload: Payload, conversation: Payload) -> Event:
    """The description of a conversation; `empty` is an event that says which.

    Its `occurred_at` stands where the conversation does not tell as of when it is described.
    Raises RejectedEvent where what it tells there is no moment.
    """
    saying = msgspec.structs.replace(
        empty,
        occurred_at=_stand(conversation) or empty.occurred_at,
        kind="described",
        queue=_queue(payload, conversation),
        reason=_reason(source, conversation),
        segment=_attribute(source, "segment_attribute", "segment", conversation),
        identities=_identities(empty.contact_id, payload, conversation),
    )
    words = [saying.queue, saying.reason, saying.segment, *saying.identities]
    moment = saying.occurred_at.isoformat(timespec="seconds")
    event_id = f"described:{saying.contact_id}:{moment}:{pl.digest(words)}"
    return msgspec.structs.replace(saying, event_id=event_id)


def inbox_type(conversation: Payload) -> str:
    """«Channel::WebWidget»…, wherever it stands."""
    return pl.text(conversation, "channel") or pl.text(conversation, "meta", "channel") or ""


def _stand(conversation: Payload) -> datetime | None:
    """As of when it is described, in whole seconds."""
    for name in ("updated_at", "last_activity_at", "timestamp", "created_at"):
        if (at := pl.instant(conversation, name)) is not None:
            return at.replace(microsecond=0)
    return None


def _queue(payload: Payload, conversation: Payload) -> str | None:
    inbox = pl.text(payload, "inbox", "name") or pl.text(conversation, "inbox", "name")
    return pl.text(conversation, "meta", "team", "name") or inbox


def _reason(source: Source, conversation: Payload) -> str | None:
    labels = conversation.get("labels")
    first = next(iter(labels), None) if isinstance(labels, list) else None
    named = _attribute(source, "reason_attribute", "reason", conversation)
    return named or (first if isinstance(first, str) and first else None)


def _attribute(source: Source, option: str, usual: str, conversation: Payload) -> str | None:
    name = options.text(source, option) or usual
    own = pl.text(conversation, "custom_attributes", name)
    return own or pl.text(conversation, "meta", "sender", "custom_attributes", name)


def _identities(thread: str, payload: Payload, conversation: Payload) -> tuple[Identity, ...]:
    person = pl.table(conversation, "meta", "sender")
    if not person and pl.text(payload, "message_type") in ("incoming", "0"):
        person = pl.table(payload, "sender")
    number, phone = pl.text(person, "id"), pl.text(person, "phone_number")
    whatsapp = inbox_type(conversation) == "Channel::Whatsapp"
    found = {
        "email": pl.text(person, "email"),
        "phone": phone,
        "crm": pl.text(person, "identifier"),
        "whatsapp": phone.removeprefix("+") if phone and whatsapp else None,
        "chatwoot": f"{thread.partition('/')[0]}/{number}" if number else None,
    }
    return tuple(Identity(kind, value) for kind, value in found.items() if value)
