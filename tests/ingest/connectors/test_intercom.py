"""Intercom's notifications become the events of one conversation, each part once."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from ingest.connector import Source
from ingest.connectors.intercom import Intercom
from ingest.database import Database
from ingest.errors import BadSignature
from ingest.events import Event, Identity, Rejected
from tests.ingest.telling import NOW, contacts_of, only, store

SAMPLES = Path(__file__).parents[3] / "sample_data" / "intercom"
SOURCE = Source("messenger", "intercom", secret="client secret")
STORY = ("created", "bot_reply", "customer_reply", "assigned", "noted", "snoozed", "regular",
         "closed")  # fmt: skip


def sample(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((SAMPLES / f"{name}.json").read_bytes()))


def parsed(notification: object) -> list[Event | Rejected]:
    return list(Intercom().parse(SOURCE, json.dumps(notification).encode()))


def events_of(notification: object) -> list[Event]:
    told = parsed(notification)
    assert [each for each in told if isinstance(each, Rejected)] == []
    return [each for each in told if isinstance(each, Event)]


def part_of(notification: dict[str, Any]) -> dict[str, Any]:
    parts = notification["data"]["item"]["conversation_parts"]["conversation_parts"]
    return cast("dict[str, Any]", parts[0])


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("created", ["message_in"]),
        ("regular", ["message_out"]),
        ("customer_reply", ["message_in"]),
        ("bot_reply", ["bot_out"]),
        ("noted", ["note"]),
        ("assigned", ["assigned"]),
        ("snoozed", ["snoozed"]),
        ("closed", ["message_out", "resolved"]),
        ("opened", ["reopened"]),
        ("rated", ["rated"]),
    ],
)
def test_each_notification_becomes_its_kinds_and_a_description(name: str, kinds: list[str]) -> None:
    events = events_of(sample(name))

    assert [event.kind for event in events] == [*kinds, "described"]
    assert {(event.contact_id, event.channel) for event in events} == {("215468", "chat")}


def test_a_ping_and_what_is_of_no_conversation_are_no_events() -> None:
    assert parsed(sample("ping")) == []
    assert parsed(sample("regular") | {"topic": "contact.created"}) == []


def test_a_part_tells_who_and_when_and_not_what() -> None:
    reply, described = events_of(sample("regular"))

    assert (reply.event_id, reply.agent, reply.direction) == ("part:9001", "admin:814860", "out")
    assert reply.occurred_at == datetime(2026, 7, 1, 10, 1, tzinfo=UTC)
    assert (described.queue, described.reason) == ("team:401", "delivery")
    assert described.identities == (
        Identity("intercom", "66a1f0"),
        Identity("crm", "crm-77"),
        Identity("email", "camille@example.org"),
    )
    assert "Elle part" not in repr([reply, described])


def test_what_an_ai_wrote_under_an_admins_name_is_no_persons_reply() -> None:
    reply = sample("regular")
    part_of(reply)["author"]["from_ai_agent"] = True

    assert events_of(reply)[0].kind == "bot_out"


def test_the_same_part_told_by_two_topics_and_another_state_is_one_fact(
    database: Database,
) -> None:
    closed = sample("closed")
    replied = sample("closed") | {"topic": "conversation.admin.replied", "id": "notif_other"}
    replied["data"]["item"]["team_assignee_id"] = 402

    first = store(database).write(SOURCE, events_of(closed), now=NOW)
    again = store(database).write(SOURCE, events_of(replied), now=NOW)

    # Reply, end and description; then both parts known, another team.
    assert (first.new, again.new, again.duplicate, again.quarantined) == (3, 1, 2, 0)


def test_a_story_told_twice_and_backwards_is_one_contact(database: Database) -> None:
    for name in [*STORY, *reversed(STORY)]:
        store(database).write(SOURCE, events_of(sample(name)), now=NOW)

    contact = only(contacts_of(database, "messenger"))
    assert (contact["outcome"], contact["messages_in"], contact["messages_out"]) == (
        "answered", 2, 2,
    )  # fmt: skip
    # Asked at ten, answered by a person after a minute, closed after five.
    assert (contact["wait_ms"], contact["resolution_ms"]) == (60_000, 300_000)
    assert (contact["queue"], contact["reason"], contact["agent"]) == (
        "team:401", "delivery", "admin:814860",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("began", "channel"),
    [("conversation", "chat"), ("email", "email"), ("whatsapp", "messaging"), ("sms", "messaging"),
     ("facebook", "social"), ("phone_call", "phone"), ("of_tomorrow", "chat")],
)  # fmt: skip
def test_what_it_began_as_says_which_channel(began: str, channel: str) -> None:
    told = sample("regular")
    told["data"]["item"]["source"]["type"] = began

    assert {event.channel for event in events_of(told)} == {channel}


def test_a_part_of_tomorrow_is_kept_under_its_own_name() -> None:
    told = sample("snoozed")
    part_of(told)["part_type"] = "quick_reply_of_tomorrow"

    assert events_of(told)[0].kind == "quick_reply_of_tomorrow"


def test_a_topic_of_tomorrow_is_kept_under_its_own_name() -> None:
    told = sample("created") | {"topic": "conversation.read"}

    assert [event.kind for event in events_of(told)] == ["read", "described"]


def test_a_bad_part_leaves_its_neighbours_and_can_be_parsed_again() -> None:
    told = sample("broken")
    good = part_of(sample("customer_reply"))
    told["data"]["item"]["conversation_parts"]["conversation_parts"].append(good)

    refused, kept, _ = parsed(told)

    assert isinstance(refused, Rejected)
    assert refused.reason == "bad_time"
    assert isinstance(kept, Event)
    assert kept.event_id == "part:9000"
    mended = json.loads(refused.raw)
    part_of(mended)["created_at"] = 1_782_900_060
    assert events_of(mended)[0] == events_of(sample("regular"))[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"topic": None}, "missing_field"),
        ({"created_at": None}, "missing_field"),
        ({"data": {"item": {}}}, "missing_field"),
        ({"data": 3}, "missing_field"),
    ],
)
def test_what_cannot_be_used_is_handed_back(change: dict[str, object], reason: str) -> None:
    [refused] = parsed(sample("regular") | change)

    assert isinstance(refused, Rejected)
    assert refused.reason == reason


# --- signature --------------------------------------------------------------------


def signed(body: bytes, secret: str = "client secret") -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return {"x-hub-signature": f"sha1={digest}"}


def test_a_signed_delivery_passes() -> None:
    Intercom().verify(SOURCE, signed(b"{}"), b"{}")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        (signed(b"{}"), b"{ }"),
        (signed(b"{}", "another"), b"{}"),
        ({"x-hub-signature": signed(b"{}")["x-hub-signature"].removeprefix("sha1=")}, b"{}"),
        ({"x-hub-signature": "sha1=é"}, b"{}"),
    ],
    ids=["unsigned", "altered", "foreign", "without scheme", "garbage"],
)
def test_a_delivery_that_is_not_the_sources_is_refused(
    headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(BadSignature):
        Intercom().verify(SOURCE, headers, body)


def test_a_source_without_secret_accepts_nothing() -> None:
    with pytest.raises(BadSignature, match="SECRET"):
        Intercom().verify(Source("messenger", "intercom"), signed(b"{}", ""), b"{}")
