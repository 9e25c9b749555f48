"""Chatwoot's webhooks become the events of one conversation."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from ingest.connector import Source, connector_named
from ingest.connectors.chatwoot import Chatwoot
from ingest.errors import BadSignature
from ingest.events import Event, Identity, Rejected, check

SAMPLES = Path(__file__).parents[3] / "sample_data" / "chatwoot"
SOURCE = Source("web-chat", "chatwoot", secret="a secret")
SENT_AT = 1_782_900_000


def sample(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((SAMPLES / f"{name}.json").read_bytes()))


def events_of(payload: object, source: Source = SOURCE) -> list[Event | Rejected]:
    return list(Chatwoot().parse(source, json.dumps(payload).encode()))


def event_of(payload: object, source: Source = SOURCE) -> Event:
    """The fact of a delivery, without what it tells of the conversation."""
    event, *described = events_of(payload, source)
    assert isinstance(event, Event), event
    assert len(described) == (event.kind != "described")
    return event


def description_of(payload: object, source: Source = SOURCE) -> Event:
    event = events_of(payload, source)[-1]
    assert isinstance(event, Event), event
    assert event.kind == "described"
    return event


@pytest.mark.parametrize(
    ("name", "kind", "direction"),
    [
        ("conversation_created", "conversation_created", "in"),
        ("message_incoming", "message_in", "in"),
        ("message_template", "bot_out", "out"),
        ("message_bot", "bot_out", "out"),
        ("message_automation", "bot_out", "out"),
        ("message_note", "note", "out"),
        ("message_reply", "message_out", "out"),
        ("message_activity", "activity", "out"),
        ("conversation_updated", "described", "in"),
        ("conversation_handed_over", "status_open", "in"),
        ("conversation_resolved", "resolved", "in"),
        ("conversation_reopened", "reopened", "in"),
    ],
)
def test_each_delivery_becomes_its_kind(name: str, kind: str, direction: str) -> None:
    event = event_of(sample(name))

    assert (event.kind, event.direction) == (kind, direction)
    assert event.contact_id == "1/42"
    check(event, datetime(2026, 7, 2, tzinfo=UTC))


def test_a_message_tells_what_never_changes_and_beside_it_who_where_and_why() -> None:
    event, described = (
        event_of(sample("message_incoming")),
        description_of(sample("message_incoming")),
    )

    assert event.event_id == "message:9000"
    assert event.occurred_at == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert (event.channel, event.queue, event.reason, event.identities) == ("chat", None, None, ())
    assert (described.channel, described.queue, described.reason, described.segment) == (
        "chat", "Site web", "billing", "premium",
    )  # fmt: skip
    assert described.identities == (
        Identity("email", "camille@example.org"),
        Identity("phone", "+33100000001"),
        Identity("crm", "crm-77"),
        Identity("chatwoot", "1/501"),
    )


def test_the_number_of_a_whatsapp_inbox_is_its_customers_whatsapp_id() -> None:
    payload = sample("message_incoming")
    payload["conversation"]["channel"] = "Channel::Whatsapp"

    assert Identity("whatsapp", "33100000001") in description_of(payload).identities


def test_the_text_of_a_message_is_not_kept() -> None:
    assert "facture" not in repr(events_of(sample("message_incoming")))


def test_a_reply_names_the_customer_and_not_the_agent_as_the_customer() -> None:
    described = description_of(sample("message_reply"))

    assert event_of(sample("message_reply")).agent == "user:7"
    assert Identity("email", "agent7@example.com") not in described.identities
    assert Identity("email", "camille@example.org") in described.identities


def test_a_state_told_again_is_one_description_and_another_state_another() -> None:
    reply = sample("message_reply")
    labelled = sample("message_reply")
    labelled["conversation"]["labels"] = ["delivery"]

    assert description_of(reply) == description_of(sample("message_note"))
    assert description_of(labelled).event_id != description_of(reply).event_id


def test_a_broken_description_costs_the_message_nothing() -> None:
    payload = sample("message_reply")
    payload["conversation"]["updated_at"] = "soon"

    told, refused = events_of(payload)

    assert isinstance(told, Event)
    assert told.kind == "message_out"
    assert isinstance(refused, Rejected)
    assert refused.reason == "bad_time"


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Conversation was marked resolved by Agent Sept", "resolved"),
        ("Conversation was marked resolved by system due to 7 days of inactivity", "resolved"),
        ("Conversation was reopened by Agent Sept", "reopened"),
        ("La conversation a été marquée comme résolue par Agent Sept", "resolved"),
        ("Gesprek opgelost door Agent Sept", "resolved"),
        ("Agent Sept added billing", "activity"),
    ],
)
def test_an_activity_message_tells_of_a_status_in_the_accounts_language(
    sentence: str, kind: str
) -> None:
    dutch = Source("web-chat", "chatwoot", options={"resolved_text": ["opgelost door"]})

    assert event_of(sample("message_activity") | {"content": sentence}, dutch).kind == kind


def test_a_deleted_message_knows_less_than_the_message_and_a_campaign_more() -> None:
    reply = sample("message_reply")
    deleted = reply | {"content_attributes": {"deleted": True}}
    campaign = reply | {"additional_attributes": {"campaign_id": 3}}

    found = [event_of(each) for each in (deleted, reply, campaign)]

    assert [each.revision for each in found] == [-1, 0, 1]
    assert {each.event_id for each in found} == {"message:9004"}


@pytest.mark.parametrize(
    "created_at",
    [1782900060, "1782900060", 1782900060.0, "2026-07-01T10:01:00Z", "2026-07-01 10:01:00 UTC",
     "2026-07-01T12:01:00+02:00"],
)  # fmt: skip
def test_created_at_is_read_as_epoch_or_date_time(created_at: object) -> None:
    event = event_of(sample("message_reply") | {"created_at": created_at})

    assert event.occurred_at == datetime(2026, 7, 1, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "kind"), [(0, "message_in"), (1, "message_out"), (3, "bot_out")]
)
def test_the_number_of_a_message_type_is_read_as_its_word(number: int, kind: str) -> None:
    assert event_of(sample("message_reply") | {"message_type": number}).kind == kind


def test_a_campaign_written_by_a_person_is_no_reply() -> None:
    campaign = sample("message_reply") | {"additional_attributes": {"campaign_id": 3}}

    assert event_of(campaign).kind == "bot_out"


def test_a_reply_typed_in_the_channels_own_app_is_a_reply() -> None:
    echo = sample("message_reply") | {"sender": None, "content_attributes": {"external_echo": True}}

    assert event_of(echo).kind == "message_out"


def test_an_outgoing_message_of_nobody_is_a_bots() -> None:
    assert event_of(sample("message_reply") | {"sender": None}).kind == "bot_out"


def test_an_automatic_mail_is_no_contact() -> None:
    answer = sample("message_incoming") | {"content_attributes": {"email": {"auto_reply": True}}}

    assert event_of(answer).kind == "auto_reply"


@pytest.mark.parametrize(
    ("told", "channel"),
    [
        ("Channel::WebWidget", "chat"),
        ("Channel::Email", "email"),
        ("Channel::Whatsapp", "messaging"),
        ("Channel::Telegram", "messaging"),
        ("Channel::FacebookPage", "social"),
        ("Channel::Api", "kiosk"),
        ("Channel::OfTomorrow", "kiosk"),
    ],
)
def test_the_inbox_says_which_channel(told: str, channel: str) -> None:
    payload = sample("message_incoming")
    payload["conversation"]["channel"] = told

    assert (
        event_of(payload, Source("web-chat", "chatwoot", options={"channel": "kiosk"})).channel
        == channel
    )


def test_a_team_is_the_queue_rather_than_the_inbox() -> None:
    assert description_of(sample("conversation_updated")).queue == "Facturation"


def test_a_custom_attribute_is_the_reason_rather_than_a_label() -> None:
    payload = sample("message_incoming")
    payload["conversation"]["custom_attributes"] = {"motif": "delivery"}
    source = Source("web-chat", "chatwoot", options={"reason_attribute": "motif"})

    assert description_of(payload, source).reason == "delivery"


def test_conversations_of_two_accounts_are_two_threads() -> None:
    other = sample("message_incoming") | {"account": {"id": 2}}

    assert event_of(other).contact_id == "2/42"


def test_every_status_change_has_an_id_of_its_own_and_a_repetition_has_the_same() -> None:
    resolved, reopened = sample("conversation_resolved"), sample("conversation_reopened")
    later = resolved | {"updated_at": resolved["updated_at"] + 900}

    ids = [event_of(each).event_id for each in (resolved, reopened, later, resolved)]

    assert len(set(ids)) == 3
    assert ids[0] == ids[3]


def test_an_edited_message_is_another_event_than_the_message() -> None:
    created = sample("message_incoming")
    edited = created | {"event": "message_updated", "content": "autre chose"}

    assert event_of(edited).event_id.startswith("message:9000:updated:")
    assert event_of(edited).kind == "message_updated"


def test_an_event_name_of_tomorrow_is_kept() -> None:
    assert event_of(sample("conversation_updated") | {"event": "conversation_frozen"}).kind == (
        "conversation_frozen"
    )


def test_what_speaks_of_no_conversation_is_no_event() -> None:
    assert events_of(sample("contact_updated")) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"created_at": "soon"}, "bad_time"),
        ({"created_at": 1e300}, "bad_time"),
        ({"created_at": None}, "missing_field"),
        ({"id": None}, "missing_field"),
        ({"conversation": {}}, "missing_field"),
        ({"event": None}, "missing_field"),
    ],
)
def test_what_cannot_be_used_is_handed_back_with_its_bytes(
    change: dict[str, object], reason: str
) -> None:
    body = json.dumps(sample("message_reply") | change).encode()

    [parsed] = Chatwoot().parse(SOURCE, body)

    assert isinstance(parsed, Rejected)
    assert (parsed.reason, parsed.raw) == (reason, body)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"event":"\\ud800"}', b"[" * 100_000, b"\xff\xfe"]
)
def test_what_is_no_json_object_is_handed_back(body: bytes) -> None:
    [parsed] = Chatwoot().parse(SOURCE, body)

    assert isinstance(parsed, Rejected)
    assert parsed.reason == "bad_json"


# --- signature --------------------------------------------------------------------


def signed(body: bytes, at: int = SENT_AT, secret: str = "a secret") -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"x-chatwoot-signature": f"sha256={digest}", "x-chatwoot-timestamp": str(at)}


@pytest.fixture
def chatwoot(monkeypatch: pytest.MonkeyPatch) -> Chatwoot:
    monkeypatch.setattr(Chatwoot, "clock", staticmethod(lambda: float(SENT_AT + 299)))
    return Chatwoot()


def test_a_signed_delivery_passes(chatwoot: Chatwoot) -> None:
    chatwoot.verify(SOURCE, signed(b"{}"), b"{}")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        (signed(b"{}"), b"{ }"),
        (signed(b"{}", secret="another"), b"{}"),
        (signed(b"{}", at=SENT_AT - 2), b"{}"),
        (signed(b"{}", at=SENT_AT + 600), b"{}"),
        (signed(b"{}") | {"x-chatwoot-timestamp": str(SENT_AT + 1)}, b"{}"),
        ({"x-chatwoot-signature": "sha256=é", "x-chatwoot-timestamp": "now"}, b"{}"),
    ],
    ids=["unsigned", "altered", "foreign", "replayed", "ahead", "redated", "garbage"],
)
def test_a_delivery_that_is_not_the_sources_is_refused(
    chatwoot: Chatwoot, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(BadSignature):
        chatwoot.verify(SOURCE, headers, body)


def test_an_unsigned_delivery_passes_only_where_configured(chatwoot: Chatwoot) -> None:
    old = Source("web-chat", "chatwoot", secret="a secret", options={"unsigned": True})

    chatwoot.verify(old, {}, b"{}")
    with pytest.raises(BadSignature):
        chatwoot.verify(old, signed(b"{}", secret="another"), b"{}")


def test_a_source_without_secret_accepts_nothing(chatwoot: Chatwoot) -> None:
    with pytest.raises(BadSignature, match="SECRET"):
        chatwoot.verify(Source("web-chat", "chatwoot"), signed(b"{}", secret=""), b"{}")


def test_the_connector_is_found_by_its_name() -> None:
    assert isinstance(connector_named("chatwoot"), Chatwoot)
