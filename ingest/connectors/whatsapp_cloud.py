"""WhatsApp Cloud API, pushed by its webhooks: messages of customers on our own lines.

The thread is (our line, the customer): a conversation has no end of its own, the channel's
silence cuts it into contacts.  What each record becomes:

===========================  ==============================================================
``messages[]``               ``message_in``, whatever its type, a type we cannot read too
… reaction, edit, revoke     ``reaction``, ``edited``, ``revoked``: nobody asks for service
… system (number change)     ``identity_changed`` with both numbers
``message_echoes[]``         ``message_out``: a person replied in the WhatsApp Business app
``statuses[]``               ``status_sent``, ``status_delivered``…: the life of *our* message
===========================  ==============================================================

Statuses do not count as replies: the API tells in the same words of a person's answer, a
bot's and a campaign's.  Where every reply goes out through the API and a person writes it,
``replies = "statuses"`` makes the ``sent`` status of a service conversation a
``message_out`` (of any other category a ``bot_out``) under the id of the message itself, so
that its echo, should it come too, supersedes it and nothing counts twice.

Options: ``verify_token`` (the GET verification), ``replies``, ``queue`` (the queue of this
source), ``reason``, ``segment``.  Fields that speak of no customer (account_update…) are no
facts about a contact.  Bodies are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar

from ingest.connector import Parsed, Source
from ingest.errors import BadSignature, RejectedEvent
from ingest.events import Event, Identity, Rejected
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.payload import Payload
from ingest.reading.signature import check, same

#: Records that change or mark a message and ask for nothing.
MARKS = {"reaction": "reaction", "edit": "edited", "revoke": "revoked"}
#: Conversation categories in which an answer of ours is no campaign.
SERVICE = {"service", "user_initiated", "referral_conversion"}


class WhatsAppCloud:
    """WebhookConnector and ChallengedConnector."""

    name: ClassVar[str] = "whatsapp-cloud"

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Check ``sha256=hex(HMAC-SHA256(app secret, body))``."""
        check(source, headers, "x-hub-signature-256", body, prefix="sha256=")

    def challenge(self, source: Source, query: Mapping[str, str]) -> str:
        """``hub.challenge`` back to who knows the source's ``verify_token``."""
        if (token := options.text(source, "verify_token")) is None:
            raise BadSignature(f'source {source.name} needs a line verify_token = "…"')
        known = same(query.get("hub.verify_token", ""), token)
        if query.get("hub.mode") != "subscribe" or not known:
            raise BadSignature("hub.mode is not subscribe or hub.verify_token is not ours")
        return query.get("hub.challenge", "")

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """The events of every change of every entry; one bad record leaves its neighbours."""
        try:
            values = _values(pl.decode(body))
        except RejectedEvent as error:
            return [Rejected.of(error, body)]
        return [parsed for value in values for parsed in _of(source, value)]


def _values(payload: Payload) -> list[Payload]:
    """What every change tells.  Raises RejectedEvent: a delivery of another shape is not lost."""
    entries = _objects(payload.get("entry"), "entry")
    changes = [
        change for entry in entries for change in _objects(entry.get("changes", []), "changes")
    ]
    return _objects([change.get("value", {}) for change in changes], "value")


def _objects(found: object, name: str) -> list[Payload]:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise RejectedEvent("unknown_shape", f"{name} is not what WhatsApp sends there")
    return found


def _of(source: Source, value: Payload) -> Iterator[Parsed]:
    readers: dict[str, Callable[[Source, Payload, Payload], Event]] = {
        "messages": _message,
        "message_echoes": _echo,
        "statuses": _status,
    }
    for field, reader in readers.items():
        told = value.get(field) or []
        for record in told if isinstance(told, list) else [told]:
            try:
                [told_one] = _objects([record], field)
                yield reader(source, value, told_one)
            except RejectedEvent as error:
                yield Rejected.of(error, pl.encode(_alone(value, field, record)))


def _alone(value: Payload, field: str, record: object) -> Payload:
    """The delivery as if it had brought this record only: what a replay can parse again."""
    about = {name: value[name] for name in ("metadata", "contacts") if name in value}
    return {"entry": [{"changes": [{"value": {**about, field: [record]}}]}]}


def _message(source: Source, value: Payload, record: Payload) -> Event:
    """A record the customer made."""
    customer = _customer(value, record, "from")
    told = pl.text(record, "type") or "unknown"
    kind = MARKS.get(told, "identity_changed" if told == "system" else "message_in")
    return _event(source, value, record, customer, kind=kind, message_type=told)


def _echo(source: Source, value: Payload, record: Payload) -> Event:
    """A record a person of ours made in the app."""
    customer = _customer(value, record, "to")
    told = pl.text(record, "type") or "unknown"
    kind = MARKS.get(told, "message_out")
    revision = int(kind == "message_out")
    return _event(
        source, value, record, customer,
        kind=kind, message_type=told, direction="out", revision=revision,
    )  # fmt: skip


def _status(source: Source, value: Payload, record: Payload) -> Event:
    """One step in the life of our message."""
    customer = _customer(value, record, "recipient")
    status = pl.needed(record, "status")
    if status == "sent" and source.options.get("replies") == "statuses":
        kind = "message_out" if _category(record) in SERVICE else "bot_out"
        return _event(source, value, record, customer, kind=kind, direction="out")
    return _event(
        source, value, record, customer,
        kind=f"status_{status}", direction="out", suffix=f":{status}",
    )  # fmt: skip


def _event(
    source: Source,
    value: Payload,
    record: Payload,
    customer: tuple[Identity, ...],
    *,
    kind: str,
    message_type: str | None = None,
    direction: str = "in",
    suffix: str = "",
    revision: int = 0,
) -> Event:
    line = pl.text(value, "metadata", "phone_number_id") or "unknown"
    return Event(
        event_id=pl.needed(record, "id") + suffix,
        occurred_at=pl.needed_instant(record, "timestamp"),
        kind=kind,
        contact_id=f"{line}:{customer[0].value}",
        channel="messaging",
        direction=direction,
        queue=options.text(source, "queue"),
        reason=options.text(source, "reason"),
        segment=options.text(source, "segment"),
        identities=customer,
        revision=revision,
        attributes={"message_type": message_type} if message_type else {},
    )


def _customer(value: Payload, record: Payload, role: str) -> tuple[Identity, ...]:
    """Who the customer is, the name of the thread first: the number, else the user id.

    A change of number tells the new one in ``system``: both belong to one customer.
    """
    number = pl.text(record, {"recipient": "recipient_id"}.get(role, role))
    user = pl.text(record, f"{role}_user_id") or _user_of(value, number)
    successor = pl.text(record, "system", "wa_id") or pl.text(record, "system", "new_wa_id")
    numbers = dict.fromkeys(each for each in (number, successor) if each)
    found = [Identity("whatsapp", each) for each in numbers]
    found += [Identity("whatsapp_user", user)] if user else []
    found += [Identity("phone", f"+{each}") for each in numbers if each.isdecimal()]
    if not found:
        raise RejectedEvent("missing_field", f"no customer: neither {role} nor a user id")
    return tuple(found)


def _user_of(value: Payload, number: str | None) -> str | None:
    for contact in pl.records(value, "contacts"):
        if number is not None and pl.text(contact, "wa_id") == number:
            return pl.text(contact, "user_id")
    return None


def _category(record: Payload) -> str:
    """What Meta bills the message as; where it does not tell, our answer to the customer."""
    origin = pl.text(record, "conversation", "origin", "type")
    return origin or pl.text(record, "pricing", "category") or "service"
