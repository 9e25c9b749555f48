"""Twilio TaskRouter's callbacks become the story of a task in its queues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

from ingest.connector import Source
from ingest.connectors.twilio_taskrouter import TwilioTaskRouter
from ingest.database import Database
from ingest.errors import BadSignature
from ingest.events import Event, Identity, Rejected
from tests.ingest.telling import NOW, contacts_of, only, store

SAMPLES = Path(__file__).parents[3] / "sample_data" / "twilio_taskrouter"
FLEX = Source("flex", "twilio-taskrouter", secret="12345")
NINE = datetime(2026, 11, 16, 9, tzinfo=UTC)
TASK = "WT" + "1".zfill(32)
STORY = sorted(SAMPLES.glob("[01]*.txt"))


def fields(name: str) -> dict[str, str]:
    return dict(parse_qsl((SAMPLES / f"{name}.txt").read_text(), keep_blank_values=True))


def parsed(told: Mapping[str, str], source: Source = FLEX) -> list[Event | Rejected]:
    return list(TwilioTaskRouter().parse(source, urlencode(told).encode()))


def event(told: Mapping[str, str], source: Source = FLEX) -> Event:
    (one,) = parsed(told, source)
    assert isinstance(one, Event), one
    return one


def with_attributes(**attributes: object) -> dict[str, str]:
    return fields("06_accepted") | {"TaskAttributes": json.dumps(attributes)}


def test_an_event_tells_who_when_and_where() -> None:
    assert event(fields("06_accepted")) == Event(
        event_id="EV" + "106".zfill(32),
        occurred_at=NINE + timedelta(milliseconds=21_500),
        kind="answered",
        contact_id=TASK,
        channel="phone",
        queue="Billing",
        reason="invoice",
        segment="premium",
        agent="WK" + "2".zfill(32),
        identities=(Identity("phone", "+33600000201"), Identity("email", "jeanne@example.com")),
        attributes={
            "reservation": "WR" + "2".zfill(32),
            "workflow": "Default",
            "task_age_s": 21,
            "priority": 0,
        },
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("01_created", "offered"),
        ("02_workflow_entered", "workflow_entered"),
        ("03_queue_entered", "queued"),
        ("04_reserved", "reservation_created"),
        ("05_rung_in_vain", "ring_no_answer"),
        ("06_accepted", "answered"),
        ("07_transfer_cold", "transferred"),
        ("10_wrapup", "closed"),
        ("11_completed", "closed"),
        ("canceled", "abandoned"),
        ("canceled_by_workflow", "flowed_out"),
        ("worker_activity", "agent_state"),
    ],
)
def test_each_event_becomes_its_kind(name: str, kind: str) -> None:
    assert event(fields(name)).kind == kind


def test_a_kind_that_we_do_not_know_is_kept_under_its_name() -> None:
    assert event(fields("01_created") | {"EventType": "task.new-thing"}).kind == "task_new_thing"


def test_what_concerns_no_task_and_no_worker_is_no_fact() -> None:
    assert parsed(fields("activity_created")) == []


def test_a_task_transferred_to_another_queue_is_two_contacts(database: Database) -> None:
    """Billing: 21.5 s of wait, a phone rung in vain.  Technical: 10 s, from the same moment."""
    events = [one for path in STORY for one in TwilioTaskRouter().parse(FLEX, path.read_bytes())]
    ledger = store(database).write(FLEX, events, now=NOW)
    billing, technical = contacts_of(database, "flex")

    assert (ledger.new, ledger.contacts) == (11, 2)
    told = ("queue", "outcome", "wait_ms", "transfers", "ring_no_answers")
    assert [billing[name] for name in told] == ["Billing", "answered", 21_500, 1, 1]
    assert [technical[name] for name in told] == ["Technical", "answered", 10_000, 0, 0]
    assert technical["resolved_at"] == NINE + timedelta(milliseconds=241_500)


def test_the_order_of_arrival_does_not_matter(database: Database) -> None:
    events = [one for path in STORY for one in TwilioTaskRouter().parse(FLEX, path.read_bytes())]
    some = [events[0], events[2], events[5], events[9]]
    stories = []
    for number, shuffled in enumerate(permutations(some)):
        source = Source(f"flex{number}", "twilio-taskrouter")
        for one in shuffled:
            store(database).write(source, [one, one], now=NOW)
        stories.append(only(contacts_of(database, source.name)))
    assert all(story == stories[0] for story in stories)
    assert stories[0]["outcome"] == "answered"


@pytest.mark.parametrize("mode", ["WARM", "COLD"])
def test_a_transfer_to_a_colleague_ends_nothing(mode: str) -> None:
    told = fields("07_transfer_cold") | {
        "TransferMode": mode,
        "TransferType": "WORKER",
        "TransferTo": "WK1",
    }
    assert event(told).kind == "task_transfer_initiated"


def test_a_task_deleted_while_it_waits_flowed_out() -> None:
    deleted = fields("01_created") | {"EventType": "task.deleted"}
    assert event(deleted).kind == "flowed_out"
    assert event(deleted | {"TaskAssignmentStatus": "completed"}).kind == "task_deleted"


@pytest.mark.parametrize(
    ("unique_name", "attributes", "channel"),
    [
        ("voice", {}, "phone"),
        ("chat", {}, "chat"),
        ("chat", {"channelType": "whatsapp"}, "messaging"),
        ("sms", {}, "messaging"),
        ("default", {}, "callback"),
        ("default", {"channelType": "facebook"}, "social"),
        ("drone", {}, "drone"),
    ],
)
def test_the_channel_is_the_tasks(
    unique_name: str, attributes: dict[str, object], channel: str
) -> None:
    source = Source("flex", "twilio-taskrouter", options={"channel": "callback"})
    told = with_attributes(**attributes) | {"TaskChannelUniqueName": unique_name}
    assert event(told, source).channel == channel


@pytest.mark.parametrize(
    ("attributes", "identities"),
    [
        ({"from": "+33600000001"}, [("phone", "+33600000001")]),
        (
            {"customerAddress": "whatsapp:+33600000001"},
            [("whatsapp", "33600000001"), ("phone", "+33600000001")],
        ),
        (
            {"direction": "outbound", "from": "+339", "to": "+33600000001"},
            [("phone", "+33600000001")],
        ),
        ({"from": "client:jeanne", "customer_id": 42}, [("crm", "42")]),
        ({"from": ["+336"], "customers": "none"}, []),
    ],
)
def test_the_customer_is_in_the_tasks_attributes(
    attributes: dict[str, object], identities: list[tuple[str, str]]
) -> None:
    found = event(with_attributes(**attributes)).identities
    assert [(each.kind, each.value) for each in found] == identities


def test_a_call_that_we_place_is_not_offered() -> None:
    assert event(with_attributes(direction="outbound-api")).direction == "out"


@pytest.mark.parametrize("attributes", ["", "no json", "[]", "null", '{"from": {"a": [1]}}'])
def test_attributes_of_any_shape_cost_no_event(attributes: str) -> None:
    assert event(fields("06_accepted") | {"TaskAttributes": attributes}).kind == "answered"


def test_a_workers_new_activity_is_a_state_of_the_agent() -> None:
    state = event(fields("worker_activity"))
    assert (state.contact_id, state.agent) == ("agent:WK" + "2".zfill(32), "WK" + "2".zfill(32))
    assert state.attributes == {
        "state": "Break",
        "event": "worker.activity.update",
        "was": "Available",
        "lasted_ms": 600_123,
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"TimestampMs": "soon"}, "bad_time"),
        ({"TimestampMs": "1" * 5_000}, "bad_time"),
        ({"TimestampMs": "", "Timestamp": "-1"}, "bad_time"),
        ({"TimestampMs": "", "Timestamp": ""}, "missing_field"),
        ({"EventType": ""}, "missing_field"),
        ({"EventType": "worker.deleted", "WorkerSid": ""}, "missing_field"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(change: dict[str, str], reason: str) -> None:
    (refused,) = parsed(fields("06_accepted") | change)
    assert isinstance(refused, Rejected)
    assert refused.reason == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "bad_record"),
        (b"\xff=1", "bad_encoding"),
        (b"EventType=%ff", "bad_encoding"),
        (b"&".join([b"a=1"] * 2_000), "bad_record"),
        (b"{}", "missing_field"),
    ],
)
def test_a_body_that_is_no_form_is_refused(body: bytes, reason: str) -> None:
    (refused,) = TwilioTaskRouter().parse(FLEX, body)
    assert refused == Rejected(reason=reason, detail=refused.detail, raw=body)  # type: ignore[union-attr]


# --- the signature ----------------------------------------------------------------

#: The worked example of Twilio's own documentation.
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
SIGNED = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def verify(
    told: Mapping[str, str] = SIGNED,
    signature: str | None = SIGNATURE,
    url: str | None = URL,
    secret: str | None = "12345",
) -> None:
    source = Source("flex", "twilio-taskrouter", secret=secret, options={"url": url})
    headers = {} if signature is None else {"x-twilio-signature": signature}
    TwilioTaskRouter().verify(source, headers, urlencode(told).encode())


def test_twilios_own_example_is_accepted_whatever_the_order_of_fields() -> None:
    verify()
    verify(dict(reversed(SIGNED.items())))


@pytest.mark.parametrize(
    "change",
    [
        {"told": SIGNED | {"Digits": "1235"}},
        {"told": SIGNED | {"More": ""}},
        {"signature": None},
        {"signature": "é"},
        {"signature": SIGNATURE.lower()},
        {"url": URL + "&x=1"},
        {"url": None},
        {"secret": None},
        {"secret": "12346"},
    ],
    ids=str,
)
def test_whatever_was_not_signed_so_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadSignature):
        verify(**change)  # type: ignore[arg-type]


def test_a_table_without_the_address_says_so() -> None:
    with pytest.raises(BadSignature, match=r"\[sources.flex\] needs a line url"):
        verify(url=None)
