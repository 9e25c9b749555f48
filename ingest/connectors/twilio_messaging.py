"""Twilio Messaging, pushed by its webhooks: SMS, WhatsApp and Messenger on our own numbers.

The thread is (our number, the customer): the channel's silence cuts it into contacts.

======================================  ====================================================
inbound message                         ``message_in``; ``opted_out`` for STOP and its like
status callback of our message          ``status_sent``, ``status_delivered``…: its life
``sent``, with replies = "statuses"     ``message_out``: where a person writes every answer
                                        that goes out through the API (bots do, too: so off)
======================================  ====================================================

Twilio tells no time: neither field nor header.  So an event happened when we received it,
which whoever kept the delivery says (`parse_at`).  Its revision is the receipt in milliseconds
below zero: delivered again, the first receipt is the greater one and stands, in any order.

Options: ``url`` (as typed into the console), ``replies``, ``queue`` (the queue of this
source), ``reason``, ``segment``, ``site``.  Bodies are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from ingest.connector import Parsed, Source
from ingest.errors import RejectedEvent
from ingest.events import Event, Identity, Rejected
from ingest.formats.twilio import FORM, Fields, check_signature, fields_of
from ingest.reading import options

#: What Twilio calls an address's carrier, and the identity that it is; none is a phone.
CARRIERS = {"whatsapp": "whatsapp", "messenger": "social", "instagram": "social", "rcs": "phone"}
INBOUND = ("received", "receiving")


class TwilioMessaging:
    """WebhookConnector and StampedConnector."""

    name: ClassVar[str] = "twilio-messaging"
    content_types: ClassVar[tuple[str, ...]] = (FORM,)
    #: Asked only where nobody says when a delivery was received.
    clock: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Check ``X-Twilio-Signature``."""
        check_signature(source, headers, body)

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """The one event of a delivery, received now."""
        return self.parse_at(source, body, self.clock())

    def parse_at(self, source: Source, body: bytes, received_at: datetime) -> Iterable[Parsed]:
        """The one event of a delivery that was received then."""
        try:
            return [_event(source, fields_of(body), received_at)]
        except RejectedEvent as error:
            return [Rejected.of(error, body)]


def _event(source: Source, fields: Fields, received_at: datetime) -> Event:
    message = _needed(fields, "MessageSid", "SmsMessageSid", "SmsSid")
    status = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()
    inbound = "MessageStatus" not in fields and (status in INBOUND or not status)
    ours, theirs = ("To", "From") if inbound else ("From", "To")
    customer = _needed(fields, theirs)
    kind = _kind(source, fields, status, inbound)
    own = inbound or kind == "message_out"
    return Event(
        event_id=message if own else f"{message}:{status}",
        occurred_at=received_at,
        kind=kind,
        contact_id=f"{_needed(fields, ours, 'MessagingServiceSid')}:{customer}",
        channel=_channel(customer),
        direction="in" if inbound else "out",
        queue=options.text(source, "queue"),
        reason=options.text(source, "reason"),
        segment=options.text(source, "segment"),
        site=options.text(source, "site"),
        identities=_identities(fields, customer, inbound),
        revision=-round(received_at.timestamp() * 1000),
        attributes=_attributes(fields),
    )


def _channel(customer: str) -> str:
    return "social" if CARRIERS.get(customer.partition(":")[0]) == "social" else "messaging"


def _kind(source: Source, fields: Fields, status: str, inbound: bool) -> str:
    if inbound:
        return "opted_out" if fields.get("OptOutType", "").upper() == "STOP" else "message_in"
    if status == "sent" and source.options.get("replies") == "statuses":
        return "message_out"
    return f"status_{status}"


def _identities(fields: Fields, customer: str, inbound: bool) -> tuple[Identity, ...]:
    """``+33…``, ``whatsapp:+33…`` (known by the number without its +), ``messenger:123``."""
    carrier, _, address = customer.rpartition(":")
    kind = CARRIERS.get(carrier, "phone")
    phone = (Identity("phone", address),) if address.startswith("+") else ()
    if kind == "phone":
        return phone
    if kind == "social":
        return (Identity(kind, customer),)
    told = fields.get("WaId") if inbound else None
    return (Identity(kind, told or address.removeprefix("+")), *phone)


def _attributes(fields: Fields) -> dict[str, str | int | float | bool | None]:
    media, error = fields.get("NumMedia", ""), fields.get("ErrorCode", "")
    kept: dict[str, str | int | float | bool | None] = {}
    if media.isdecimal() and len(media) < 4 and int(media):
        kept["media"] = int(media)
    if error and error != "0":
        kept["error_code"] = error[:32]
    return kept


def _needed(fields: Fields, *names: str) -> str:
    """The first of the fields that says something."""
    for name in names:
        if value := fields.get(name, "").strip():
            return value
    raise RejectedEvent("missing_field", f"{names[0]} is missing")
