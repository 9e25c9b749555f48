"""Chatwoot, pushed by its webhooks: conversations of its chat, mail and messaging inboxes.

One conversation is one thread.  What each fact becomes:

====================================  =====================================================
message, incoming                     ``message_in`` (``auto_reply`` where Chatwoot says so)
message, outgoing, by a person        ``message_out``; also a reply typed in the channel's own
                                      app (``external_echo``)
message, outgoing, by anything else   ``bot_out``: bots, automation, campaigns, templates
message, private                      ``note``
message, activity                     ``activity``
status → resolved / open again        ``resolved`` / ``reopened``; others ``status_…``
anything else about a conversation    its own event name
====================================  =====================================================

Only the first two and the statuses are counted; the others are kept.  What speaks of no
conversation (contact_updated, webwidget_triggered, typing) is no fact about a contact.

Options: ``unsigned = true`` (versions that send no signature), ``account`` (for status
changes of conversations without a message, which do not name theirs), ``reason_attribute``
and ``segment_attribute`` (custom attributes; else the first label is the reason),
``channel`` (for inboxes of type Api and unknown ones).  Bodies are not kept.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ingest import payload as pl
from ingest.connector import Parsed, Source
from ingest.errors import BadSignature, RejectedEvent
from ingest.events import Event, Identity, Rejected
from ingest.payload import Payload
from ingest.signature import check_sha256

#: How old or how far ahead a signed delivery may be.
TOLERANCE_S = 300

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
#: They say nothing of a contact.
BESIDE = {
    "contact_created", "contact_updated", "webwidget_triggered", "inbox_created",
    "inbox_updated", "conversation_typing_on", "conversation_typing_off",
}  # fmt: skip


class Chatwoot:
    """WebhookConnector."""

    name: ClassVar[str] = "chatwoot"
    #: Epoch seconds; the clock of the signature's tolerance.
    clock: Callable[[], float] = staticmethod(time.time)

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Check ``sha256=hex(HMAC-SHA256(secret, "{timestamp}.{body}"))`` and its age."""
        if source.options.get("unsigned") is True and "x-chatwoot-signature" not in headers:
            return
        sent_at = headers.get("x-chatwoot-timestamp", "")
        signed = sent_at.encode(errors="replace") + b"." + body
        check_sha256(source, headers, "x-chatwoot-signature", signed)
        if not sent_at.isdecimal() or abs(self.clock() - int(sent_at)) > TOLERANCE_S:
            raise BadSignature("x-chatwoot-timestamp is more than 5 minutes away from our clock")

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """The one event of a delivery; none where it speaks of no conversation."""
        try:
            payload = pl.decode(body)
            if (event := pl.needed(payload, "event")) not in BESIDE:
                yield _event(source, event, payload)
        except RejectedEvent as error:
            yield Rejected(reason=error.reason, detail=error.detail, raw=body)


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is new in a delivery; the rest of it describes the conversation."""

    event_id: str
    at: datetime
    kind: str
    direction: str = "in"
    agent: str | None = None


def _event(source: Source, event: str, payload: Payload) -> Event:
    """The fact of a delivery together with what it tells of the conversation."""
    of_message = event.startswith("message_")
    conversation = pl.table(payload, "conversation")
    if not of_message and not conversation:
        conversation = payload
    account = _account(source, payload, conversation)
    thread = f"{account}/{pl.needed(conversation, 'id')}"
    fact = _message(event, payload) if of_message else _change(event, payload, conversation, thread)
    return Event(
        event_id=fact.event_id,
        occurred_at=fact.at,
        kind=fact.kind,
        contact_id=thread,
        channel=_channel(source, conversation),
        direction=fact.direction,
        queue=_queue(payload, conversation),
        reason=_reason(source, conversation),
        segment=_attribute(source, "segment_attribute", "segment", conversation),
        agent=fact.agent,
        identities=_identities(account, payload, conversation),
    )


# --- messages ---------------------------------------------------------------------


def _message(event: str, payload: Payload) -> _Fact:
    created = event == "message_created"
    kind = _kind_of_message(payload) if created else event
    return _Fact(
        event_id=f"message:{pl.needed(payload, 'id')}" + ("" if created else _edition(payload)),
        at=_when(payload, "created_at"),
        kind=kind,
        direction="in" if kind in ("message_in", "auto_reply") else "out",
        agent=_user(pl.table(payload, "sender")) if kind == "message_out" else None,
    )


def _kind_of_message(payload: Payload) -> str:
    told = pl.needed(payload, "message_type")
    message_type = MESSAGE_TYPES.get(told, told)
    if payload.get("private") is True:
        return "note"
    if message_type == "incoming":
        automatic = pl.table(payload, "content_attributes", "email").get("auto_reply")
        return "auto_reply" if automatic is True else "message_in"
    if message_type == "outgoing":
        return "message_out" if _by_a_person(payload) else "bot_out"
    return "bot_out" if message_type == "template" else message_type


def _by_a_person(payload: Payload) -> bool:
    automatic = pl.table(payload, "content_attributes").get("automation_rule_id")
    campaign = pl.table(payload, "additional_attributes").get("campaign_id")
    if automatic or campaign:
        return False
    if pl.table(payload, "content_attributes").get("external_echo") is True:
        return True
    return pl.text(payload, "sender", "type") == "user"


def _edition(payload: Payload) -> str:
    """A message has no version of its own in the webhook: its status and text make one."""
    changing = [payload.get("status"), payload.get("content"), payload.get("content_attributes")]
    return f":updated:{_digest(changing)}"


# --- conversations ----------------------------------------------------------------


def _change(event: str, payload: Payload, conversation: Payload, thread: str) -> _Fact:
    created = event == "conversation_created"
    at = _when(conversation, *(("created_at",) if created else ("updated_at", "timestamp")))
    kind = event
    if event == "conversation_status_changed":
        kind = _kind_of_status(payload, conversation)
    return _Fact(
        event_id=f"conversation:{thread}:{kind}" + ("" if created else f":{_stamp(at)}"),
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


# --- what both tell ---------------------------------------------------------------


def _queue(payload: Payload, conversation: Payload) -> str | None:
    inbox = pl.text(payload, "inbox", "name") or pl.text(conversation, "inbox", "name")
    return pl.text(conversation, "meta", "team", "name") or inbox


def _account(source: Source, payload: Payload, conversation: Payload) -> str:
    """A conversation's number is unique per account only."""
    messages = pl.records(conversation, "messages")
    told = [pl.text(payload, "account", "id"), pl.text(payload, "account_id")]
    told += [pl.text(message, "account_id") for message in messages]
    known = source.options.get("account")
    return next((account for account in told if account), "1" if known is None else str(known))


def _channel(source: Source, conversation: Payload) -> str:
    told = pl.text(conversation, "channel") or pl.text(conversation, "meta", "channel") or ""
    configured = source.options.get("channel")
    return CHANNELS.get(told.rpartition("::")[2], str(configured) if configured else "chat")


def _reason(source: Source, conversation: Payload) -> str | None:
    labels = conversation.get("labels")
    first = next(iter(labels), None) if isinstance(labels, list) else None
    told = _attribute(source, "reason_attribute", "reason", conversation)
    return told or (first if isinstance(first, str) and first else None)


def _attribute(source: Source, option: str, usual: str, conversation: Payload) -> str | None:
    name = str(source.options.get(option) or usual)
    own = pl.text(conversation, "custom_attributes", name)
    return own or pl.text(conversation, "meta", "sender", "custom_attributes", name)


def _identities(account: str, payload: Payload, conversation: Payload) -> tuple[Identity, ...]:
    sender = pl.table(payload, "sender")
    incoming = pl.text(payload, "message_type") in ("incoming", "0")
    person = sender if incoming and sender else pl.table(conversation, "meta", "sender")
    whatsapp = pl.text(conversation, "channel") == "Channel::Whatsapp"
    number = pl.text(person, "id")
    found = {
        "email": pl.text(person, "email"),
        "phone": pl.text(person, "phone_number"),
        "crm": pl.text(person, "identifier"),
        "whatsapp": pl.text(conversation, "contact_inbox", "source_id") if whatsapp else None,
        "chatwoot": f"{account}/{number}" if number else None,
    }
    return tuple(Identity(kind, value) for kind, value in found.items() if value)


def _user(person: Payload) -> str | None:
    """Agents by number, not by name."""
    return f"user:{found}" if (found := pl.text(person, "id")) else None


def _when(payload: Payload, *names: str) -> datetime:
    for name in names:
        if (at := pl.instant(payload, name)) is not None:
            return at
    raise RejectedEvent("missing_field", f"{names[0]} is missing")


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _digest(told: object) -> str:
    return hashlib.blake2b(pl.encode(told), digest_size=8).hexdigest()
