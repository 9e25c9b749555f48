"""Twilio's messages tell no time: they happened when they were received, and only once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

from ingest.connector import Source, StampedConnector, WebhookConnector
from ingest.connectors.twilio_messaging import TwilioMessaging
from ingest.database import Database
from ingest.errors import BadSignature
from ingest.events import Event, Identity, Rejected
from ingest.inbox import Inbox
from tests.ingest.telling import NOW, contacts_of, only, store

SAMPLES = Path(__file__).parents[3] / "sample_data" / "twilio_messaging"
SMS = Source(
    "sms", "twilio-messaging", secret="token", options={"url": "https://care.example.com/in"}
)
BY_PEOPLE = Source("sms", "twilio-messaging", options={"replies": "statuses"})
NINE = datetime(2026, 11, 16, 9, tzinfo=UTC)


def body(name: str) -> bytes:
    return (SAMPLES / f"{name}.txt").read_bytes()


def event(name: str, source: Source = SMS, at: datetime = NINE) -> Event:
    (one,) = TwilioMessaging().parse_at(source, body(name), at)
    assert isinstance(one, Event), one
    return one


def test_a_message_tells_who_and_on_which_line_and_was_received_when_it_was() -> None:
    assert event("regular") == Event(
        event_id="SM" + "1".zfill(32),
        occurred_at=NINE,
        kind="message_in",
        contact_id="+33900000000:+33600000301",
        channel="messaging",
        identities=(Identity("phone", "+33600000301"),),
        revision=-1_794_819_600_000,
    )


def test_fields_that_we_do_not_know_change_nothing() -> None:
    assert event("extended") == event("regular")


def test_the_text_and_the_name_are_not_kept() -> None:
    told = repr([event("regular"), event("whatsapp")])
    assert "colis" not in told
    assert "Sample" not in told


def test_whatsapp_is_known_by_its_number_as_meta_writes_it() -> None:
    message = event("whatsapp")
    assert message.identities == (
        Identity("whatsapp", "33600000302"),
        Identity("phone", "+33600000302"),
    )
    assert message.attributes == {"media": 1}


@pytest.mark.parametrize(
    ("name", "kind", "channel", "direction"),
    [
        ("regular", "message_in", "messaging", "in"),
        ("stop", "opted_out", "messaging", "in"),
        ("messenger", "message_in", "social", "in"),
        ("status_queued", "status_queued", "messaging", "out"),
        ("status_sent", "status_sent", "messaging", "out"),
        ("status_read", "status_read", "messaging", "out"),
        ("status_failed", "status_failed", "messaging", "out"),
    ],
)
def test_each_delivery_becomes_its_kind(name: str, kind: str, channel: str, direction: str) -> None:
    told = event(name)
    assert (told.kind, told.channel, told.direction) == (kind, channel, direction)


def test_both_sides_of_a_conversation_are_one_thread() -> None:
    assert event("status_sent").contact_id == event("whatsapp").contact_id


def test_each_status_is_an_event_of_its_own() -> None:
    names = ["status_queued", "status_sent", "status_delivered", "status_read"]
    assert len({event(name).event_id for name in names}) == 4


def test_a_sent_message_is_a_reply_only_where_the_table_says_that_people_write_them() -> None:
    assert event("status_sent").kind == "status_sent"
    assert event("status_sent", BY_PEOPLE).kind == "message_out"
    assert event("status_delivered", BY_PEOPLE).kind == "status_delivered"


def test_a_message_delivered_again_is_the_first_one_in_any_order(database: Database) -> None:
    receipts = [NINE, NINE + timedelta(seconds=7), NINE + timedelta(minutes=3)]
    for number, order in enumerate(permutations(receipts)):
        source = Source(f"sms{number}", "twilio-messaging")
        ledgers = [
            store(database).write(source, [event("regular", source, at)], now=NOW) for at in order
        ]
        contact = only(contacts_of(database, source.name))
        assert (contact["offered_at"], contact["messages_in"]) == (NINE, 1)
        assert sum(each.quarantined for each in ledgers) == 0


def test_the_inbox_says_when_a_delivery_was_received(database: Database) -> None:
    inbox = Inbox(database, store(database))
    delivery = inbox.take(SMS, body("regular"), NINE)
    inbox.settle(SMS, delivery)
    again = inbox.settle(SMS, inbox.take(SMS, body("regular"), NINE + timedelta(seconds=20)))

    assert only(contacts_of(database, "sms"))["offered_at"] == NINE
    assert (again.ledger.superseded, again.ledger.quarantined) == (1, 0)


def test_a_reply_answers_the_contact(database: Database) -> None:
    question = event("whatsapp", BY_PEOPLE)
    reply = event("status_sent", BY_PEOPLE, NINE + timedelta(minutes=4))
    store(database).write(BY_PEOPLE, [reply, question], now=NOW)
    found = only(contacts_of(database, "sms"))
    assert (found["outcome"], found["response_ms"]) == ("answered", 240_000)


def test_without_an_inbox_a_delivery_is_received_now() -> None:
    connector = TwilioMessaging()
    connector.clock = lambda: NINE  # type: ignore[method-assign]
    assert isinstance(connector, WebhookConnector)
    assert isinstance(connector, StampedConnector)
    assert list(connector.parse(SMS, body("regular"))) == [event("regular")]


@pytest.mark.parametrize("field", ["From", "To", "MessageSid"])
def test_what_a_message_cannot_do_without_is_refused(field: str) -> None:
    fields = dict(parse_qsl(body("regular").decode()))
    for name in ("SmsSid", "SmsMessageSid", field):
        fields.pop(name, None)
    raw = urlencode(fields).encode()
    (refused,) = TwilioMessaging().parse_at(SMS, raw, NINE)
    assert refused == Rejected(reason="missing_field", detail=f"{field} is missing", raw=raw)


def test_only_what_was_signed_with_the_token_is_accepted() -> None:
    fields = sorted(dict(parse_qsl(body("regular").decode(), keep_blank_values=True)).items())
    signed = "https://care.example.com/in" + "".join(name + value for name, value in fields)
    digest = hmac.new(b"token", signed.encode(), hashlib.sha1).digest()
    headers = {"x-twilio-signature": base64.b64encode(digest).decode()}

    TwilioMessaging().verify(SMS, headers, body("regular"))
    with pytest.raises(BadSignature):
        TwilioMessaging().verify(SMS, headers, body("whatsapp"))
