"""WhatsApp's webhooks become the events of a customer's conversation with one of our lines."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.connector import Source, connector_named
from ingest.connectors.whatsapp_cloud import WhatsAppCloud
from ingest.errors import BadSignature
from ingest.events import Event, Identity, Rejected, check

SAMPLES = Path(__file__).parents[3] / "sample_data" / "whatsapp_cloud"
SOURCE = Source("whatsapp", "whatsapp-cloud", secret="app secret")
THREAD = "200000000000001:33600000001"


def sample(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / f"{name}.json").read_bytes())


def events_of(payload: object, source: Source = SOURCE) -> list[Event | Rejected]:
    return list(WhatsAppCloud().parse(source, json.dumps(payload).encode()))


def kinds(name: str, source: Source = SOURCE) -> list[str]:
    return [each.kind for each in events_of(sample(name), source) if isinstance(each, Event)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("message", ["message_in"]),
        ("reaction", ["reaction"]),
        ("reply_from_the_app", ["message_out"]),
        ("statuses", ["status_read", "status_delivered", "status_sent"]),
        ("status_failed", ["status_failed"]),
        ("status_campaign", ["status_sent"]),
        ("number_changed", ["identity_changed"]),
        ("account_update", []),
    ],
)
def test_each_record_becomes_its_kind(name: str, expected: list[str]) -> None:
    assert kinds(name) == expected


def test_a_message_tells_who_when_and_on_which_line() -> None:
    [event] = events_of(sample("message"))

    assert event == Event(
        event_id="wamid.sample-0001",
        occurred_at=datetime(2026, 7, 1, 10, 0, tzinfo=UTC),
        kind="message_in",
        contact_id=THREAD,
        channel="messaging",
        identities=(
            Identity("whatsapp", "33600000001"),
            Identity("whatsapp_user", "FR.10000000000000000001"),
            Identity("phone", "+33600000001"),
        ),
        attributes={"message_type": "text"},
    )


def test_the_text_of_a_message_is_not_kept() -> None:
    assert "colis" not in repr(events_of(sample("message")))


@pytest.mark.parametrize("name", ["reply_from_the_app", "statuses", "reaction", "number_changed"])
def test_both_sides_of_a_conversation_are_one_thread(name: str) -> None:
    assert {each.contact_id for each in events_of(sample(name)) if isinstance(each, Event)} == {
        THREAD
    }


def test_a_customer_without_a_number_is_known_by_the_user_id() -> None:
    [event] = events_of(sample("message_without_number"))

    assert isinstance(event, Event)
    assert event.contact_id == "200000000000001:FR.10000000000000000002"
    assert event.identities == (Identity("whatsapp_user", "FR.10000000000000000002"),)


def test_a_change_of_number_tells_both_numbers() -> None:
    [event] = events_of(sample("number_changed"))

    assert isinstance(event, Event)
    assert {Identity("whatsapp", "33600000001"), Identity("whatsapp", "33600000002")} <= set(
        event.identities
    )


def test_statuses_are_no_replies_unless_configured() -> None:
    through_the_api = Source("whatsapp", "whatsapp-cloud", options={"replies": "statuses"})

    assert "message_out" not in kinds("statuses")
    assert kinds("statuses", through_the_api) == ["status_read", "status_delivered", "message_out"]
    assert kinds("status_campaign", through_the_api) == ["bot_out"]


def test_an_echo_supersedes_the_status_of_the_same_message() -> None:
    through_the_api = Source("whatsapp", "whatsapp-cloud", options={"replies": "statuses"})
    statuses = sample("statuses")
    status = statuses["entry"][0]["changes"][1]["value"]["statuses"][0]
    status["id"] = "wamid.sample-0003"

    [sent] = [e for e in events_of(statuses, through_the_api) if e.kind == "message_out"]  # type: ignore[union-attr]
    [echo] = events_of(sample("reply_from_the_app"), through_the_api)

    assert isinstance(sent, Event)
    assert isinstance(echo, Event)
    assert (echo.event_id, echo.kind) == (sent.event_id, sent.kind)
    assert echo.revision > sent.revision


def test_each_status_of_a_message_is_an_event_of_its_own() -> None:
    ids = [each.event_id for each in events_of(sample("statuses")) if isinstance(each, Event)]

    assert ids == [f"wamid.sample-0004:{status}" for status in ("read", "delivered", "sent")]


def test_one_bad_record_leaves_its_neighbours() -> None:
    parsed = events_of(sample("one_bad_among_good"))

    assert [each.reason for each in parsed if isinstance(each, Rejected)] == [
        "bad_time",
        "missing_field",
    ]
    assert [each.event_id for each in parsed if isinstance(each, Event)] == [
        "wamid.sample-0009",
        "wamid.sample-0011",
    ]


def test_a_bad_record_can_be_parsed_again_by_itself() -> None:
    refused = [e for e in events_of(sample("one_bad_among_good")) if isinstance(e, Rejected)]

    again = WhatsAppCloud().parse(SOURCE, refused[0].raw)
    mended = WhatsAppCloud().parse(SOURCE, refused[0].raw.replace(b"tomorrow", b"1782900000"))

    assert list(again) == refused[:1]
    [event] = mended
    assert isinstance(event, Event)
    assert (event.event_id, event.contact_id) == ("wamid.sample-0010", THREAD)


def test_a_message_type_of_tomorrow_is_a_message() -> None:
    assert kinds("one_bad_among_good") == ["message_in", "message_in"]


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"\xff"])
def test_what_is_no_json_object_is_handed_back(body: bytes) -> None:
    [parsed] = WhatsAppCloud().parse(SOURCE, body)

    assert isinstance(parsed, Rejected)
    assert parsed.raw == body


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"object":"x"}', b'{"entry":5}', b'{"entry":[1]}', b'{"entry":[{"changes":{"a":1}}]}',
     b'{"entry":[{"changes":[{"value":"x"}]}]}'],
)  # fmt: skip
def test_a_delivery_of_another_shape_is_handed_back(body: bytes) -> None:
    [parsed] = WhatsAppCloud().parse(SOURCE, body)

    assert isinstance(parsed, Rejected)
    assert (parsed.reason, parsed.raw) == ("unknown_shape", body)


@pytest.mark.parametrize("body", [b'{"entry":[]}', b'{"entry":[{"changes":[{"value":{}}]}]}'])
def test_a_delivery_that_tells_nothing_is_no_event(body: bytes) -> None:
    assert list(WhatsAppCloud().parse(SOURCE, body)) == []


@pytest.mark.parametrize("told", ["x", 5, ["x"]])
def test_a_record_of_another_shape_leaves_its_neighbours(told: object) -> None:
    payload = sample("message")
    value = payload["entry"][0]["changes"][0]["value"]
    value["statuses"] = told
    [event, rejected] = events_of(payload)

    assert isinstance(event, Event)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "unknown_shape"
    assert b'"statuses":[' in rejected.raw


def test_every_real_sample_passes(shared_data: Callable[[str], Path]) -> None:
    seen: list[str] = []
    for file in sorted(shared_data("whatsapp_cloud").glob("*.json")):
        for payload in json.loads(file.read_bytes()).values():
            for parsed in events_of(payload):
                assert isinstance(parsed, Event), parsed
                check(parsed, datetime(2026, 1, 1, tzinfo=UTC))
                seen.append(parsed.kind)

    assert seen.count("message_in") >= 20
    assert {"message_out", "reaction", "edited", "revoked"} <= set(seen)


# --- signature and verification ---------------------------------------------------


def signed(body: bytes, secret: str = "app secret") -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


def test_a_signed_delivery_passes() -> None:
    WhatsAppCloud().verify(SOURCE, signed(b"{}"), b"{}")


@pytest.mark.parametrize("headers", [{}, signed(b"{ }"), signed(b"{}", "another")])
def test_a_delivery_that_is_not_the_sources_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        WhatsAppCloud().verify(SOURCE, headers, b"{}")


QUERY = {"hub.mode": "subscribe", "hub.verify_token": "ours", "hub.challenge": "1158201444"}


def test_the_verification_gets_its_challenge_back() -> None:
    source = Source("whatsapp", "whatsapp-cloud", options={"verify_token": "ours"})

    assert WhatsAppCloud().challenge(source, QUERY) == "1158201444"


@pytest.mark.parametrize(
    ("token", "query"),
    [
        ("theirs", QUERY),
        ("ours", QUERY | {"hub.mode": "unsubscribe"}),
        ("ours", {}),
        (None, QUERY | {"hub.verify_token": "None"}),
        ("", QUERY | {"hub.verify_token": ""}),
    ],
)
def test_a_verification_without_our_token_is_refused(
    token: str | None, query: dict[str, str]
) -> None:
    source = Source("whatsapp", "whatsapp-cloud", options={"verify_token": token})
    with pytest.raises(BadSignature):
        WhatsAppCloud().challenge(source, query)


def test_the_connector_is_found_by_its_name() -> None:
    assert isinstance(connector_named("whatsapp-cloud"), WhatsAppCloud)
