"""Forms, callbacks, social networks and bots: what becomes of what their CloudEvents tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.connector import Source, connector_named, connectors
from ingest.database import Database
from ingest.events import Event, Identity, Rejected
from ingest.formats.cloud_events import CloudEvents, declared
from tests.ingest.telling import NOW, contacts_of, store

SAMPLES = Path(__file__).parents[3] / "sample_data"
MINUTE = 60_000


def loaded(database: Database, name: str) -> dict[str, dict[str, object]]:
    """The contacts of the connector's sample, by the vendor's own id."""
    connector, source = connector_named(name), Source("vendor", name)
    assert isinstance(connector, CloudEvents)
    parsed = connector.read(SAMPLES / name / "regular.jsonl", source)
    assert store(database).load(source, parsed, now=NOW).quarantined == 0
    found = contacts_of(database, "vendor")
    assert {each["channel"] for each in found} == {name}
    return {str(each["contact_id"]).removeprefix(f"{name}/"): each for each in found}


def test_a_form_is_answered_by_a_person_not_by_a_receipt(database: Database) -> None:
    cases = loaded(database, "form")
    assert {id: case["outcome"] for id, case in cases.items()} == {
        "F-1001": "answered",
        "F-1002": "flowed_out",
        "F-1003": "abandoned",
    }
    assert cases["F-1001"]["response_ms"] == 90 * MINUTE
    assert cases["F-1001"]["resolved_at"] is None, "it was reopened"
    assert (cases["F-1002"]["messages_in"], cases["F-1002"]["transfers"]) == (2, 1)
    named = [cases["F-1001"][word] for word in ("queue", "reason", "segment", "agent")]
    assert named == ["billing-team", "billing", "premium", "a-17"]


def test_a_callback_waits_from_the_wish_or_from_the_promised_time(database: Database) -> None:
    wishes = loaded(database, "callback")
    assert {id: (wish["outcome"], wish["wait_ms"]) for id, wish in wishes.items()} == {
        "R-1": ("answered", 4 * MINUTE),
        "R-2": ("answered", 6 * MINUTE),
        "R-3": ("flowed_out", 30 * MINUTE),
        "R-4": ("abandoned", 2 * MINUTE),
    }
    durations = [wishes["R-1"][name] for name in ("talk_ms", "hold_ms", "wrap_ms")]
    assert durations == [195_000, 15_000, 20_000]


def test_a_public_word_is_answered_by_a_person_too(database: Database) -> None:
    talks = loaded(database, "social")
    assert talks["m-88"]["outcome"] == "answered"
    assert talks["m-88"]["response_ms"] == 22 * MINUTE
    assert (talks["m-88"]["messages_in"], talks["m-88"]["messages_out"]) == (2, 1)
    assert talks["p-12"]["outcome"] == "flowed_out"


@pytest.mark.parametrize("name", ["chatbot", "voicebot"])
def test_a_bot_contains_hands_over_or_loses(database: Database, name: str) -> None:
    sessions = list(loaded(database, name).values())
    assert [each["outcome"] for each in sessions] == ["deflected", "flowed_out", "abandoned"]
    assert [each["contained_at"] is not None for each in sessions] == [True, False, False]
    assert [each["transfers"] for each in sessions] == [0, 1, 0]


def test_who_is_handed_over_is_found_again_on_the_other_side() -> None:
    connector, source = connector_named("chatbot"), Source("vendor", "chatbot")
    assert isinstance(connector, CloudEvents)
    told = list(connector.read(SAMPLES / "chatbot" / "regular.jsonl", source))
    (over,) = [each for each in told if isinstance(each, Event) and each.kind == "transferred"]
    assert Identity("crm", "C-1042") in over.identities
    assert over.attributes["to_contact"] == "1/42"
    assert over.attributes["to_channel"] == "chat"


def test_one_source_may_send_the_types_of_all_and_ids_never_meet() -> None:
    connector, source = connector_named("form"), Source("vendor", "form")
    assert isinstance(connector, CloudEvents)
    envelope = {"specversion": "1.0", "id": "1", "source": "s", "time": "2026-11-16T09:00:00Z"}
    types = ("vigie.form.submitted.v1", "vigie.chatbot.started.v1")
    batch = [envelope | {"type": each, "data": {"contact": "7"}} for each in types]
    form, bot = connector.parse(source, json.dumps(batch).encode())
    assert isinstance(form, Event)
    assert isinstance(bot, Event)
    assert (form.channel, bot.channel) == ("form", "chatbot")
    assert form.contact_id != bot.contact_id


def test_every_type_is_documented_named_by_its_connector_and_has_a_version() -> None:
    assert len(declared()) == sum(
        len(each.types) for each in connectors().values() if isinstance(each, CloudEvents)
    )
    for name, kind_of in declared().items():
        assert name.startswith(f"vigie.{kind_of.connector}.")
        assert name.endswith(".v1")
        assert (kind_of.data.__doc__ or "").endswith(".")
        assert kind_of.data.KIND


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [(b"\xff", "bad_json"), (b"[1, {}]", "bad_record"), (b"[{}, ", "bad_json")],
)
def test_a_batch_that_cannot_be_read_is_refused_as_it_came(spoilt: bytes, reason: str) -> None:
    connector, source = connector_named("form"), Source("vendor", "form")
    assert isinstance(connector, CloudEvents)
    refused = [each for each in connector.parse(source, spoilt) if isinstance(each, Rejected)]
    assert refused[0].reason == reason
    assert all(each.raw in spoilt for each in refused)
