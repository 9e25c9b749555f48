"""Zendesk's tickets become events: pushed, and read again from the export without a double."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from ingest.connector import Source
from ingest.connectors.zendesk import Zendesk
from ingest.database import Database
from ingest.errors import BadSignature, Fatal, Retriable
from ingest.events import Event, Identity, Rejected
from ingest.ledger import Ledger
from tests.ingest.telling import NOW, contacts_of, only, store
from tests.ingest.vendor import Answer, Asked, Vendor, broken, busy, half_json, truncated

SAMPLES = Path(__file__).parents[3] / "sample_data" / "zendesk"
OPTIONS: dict[str, str | int | float | bool | list[str] | None] = {
    "reason_tags": ["billing"], "segment_tags": ["premium"],
}  # fmt: skip
SOURCE = Source("desk", "zendesk", secret="signing secret", options=OPTIONS)
STORY = ("created", "regular", "assigned", "note", "reply", "solved", "closed")
EXPORT = "/api/v2/incremental/ticket_events.json"


def sample(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((SAMPLES / f"{name}.json").read_bytes()))


def parsed(payload: object, source: Source = SOURCE) -> list[Event | Rejected]:
    return list(Zendesk().parse(source, json.dumps(payload).encode()))


def event_of(payload: object, source: Source = SOURCE) -> Event:
    [event] = parsed(payload, source)
    assert isinstance(event, Event), event
    return event


def keep(database: Database, told: list[Event | Rejected]) -> Ledger:
    return store(database).write(SOURCE, told, now=NOW)


# --- pushed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "direction"),
    [
        ("created", "offered", "in"),
        ("regular", "message_in", "in"),
        ("note", "note", "out"),
        ("reply", "message_out", "out"),
        ("assigned", "assigned", "in"),
        ("solved", "resolved", "in"),
        ("closed", "status_closed", "in"),
        ("message", "message_in", "in"),
    ],
)
def test_each_delivery_becomes_its_kind(name: str, kind: str, direction: str) -> None:
    event = event_of(sample(name))

    assert (event.kind, event.direction) == (kind, direction)


def test_a_comment_tells_who_where_and_why_and_not_what() -> None:
    event = event_of(sample("regular"))

    assert (event.event_id, event.contact_id) == ("comment:98000000001", "5158")
    assert event.occurred_at == datetime(2026, 7, 1, 10, 0, 0, 431_000, tzinfo=UTC)
    assert (event.channel, event.queue, event.reason, event.segment) == (
        "email", "group:360000000401", "billing", "premium",
    )  # fmt: skip
    assert event.identities == (Identity("zendesk", "7010000000001"),)
    assert "facture" not in repr(event)
    assert event_of(sample("reply")).agent == "user:7010000000007"


@pytest.mark.parametrize(
    ("now", "before", "kind"),
    [
        ("SOLVED", "OPEN", "resolved"),
        ("CLOSED", "SOLVED", "status_closed"),
        ("CLOSED", "OPEN", "closed"),
        ("OPEN", "SOLVED", "reopened"),
        ("OPEN", "NEW", "status_open"),
        ("PENDING", "OPEN", "status_pending"),
        ("OF_TOMORROW", None, "status_of_tomorrow"),
    ],
)
def test_a_status_is_told_by_what_it_was_before(now: str, before: str | None, kind: str) -> None:
    change = {"event": {"current": now, "previous": before}}

    assert event_of(sample("solved") | change).kind == kind


@pytest.mark.parametrize(
    ("via", "channel"),
    [("email", "email"), ("web", "form"), ("chat", "chat"), ("native_messaging", "messaging"),
     ("voice", "phone"), ("facebook", "social"), ("api", "kiosk"), ("of_tomorrow", "kiosk")],
)  # fmt: skip
def test_the_ticket_says_which_channel(via: str, channel: str) -> None:
    payload = sample("regular")
    payload["detail"]["via"]["channel"] = via

    assert event_of(payload, Source("desk", "zendesk", options={"channel": "kiosk"})).channel == (
        channel
    )


def test_a_ticket_that_staff_open_asks_for_nothing_yet_unless_by_phone() -> None:
    ours = sample("created")
    ours["detail"]["submitter_id"] = "7010000000007"
    by_phone = sample("created")
    by_phone["detail"] |= {"submitter_id": "7010000000007", "via": {"channel": "voice"}}

    assert (event_of(ours).kind, event_of(by_phone).kind) == ("created", "offered")


def test_an_integration_that_writes_as_staff_is_no_person() -> None:
    robot = Source("desk", "zendesk", options={"bots": ["7010000000007"]})

    assert event_of(sample("reply"), robot).kind == "bot_out"


@pytest.mark.parametrize("actor", ["agent", "trigger", "system", "of_tomorrow"])
def test_in_messaging_only_agents_are_people(actor: str) -> None:
    message = sample("message")
    message["event"]["actor"]["type"] = actor

    assert event_of(message).kind == ("message_out" if actor == "agent" else "bot_out")


def test_a_deleted_ticket_waits_no_more() -> None:
    gone = sample("solved") | {"type": "zen:event-type:ticket.soft_deleted", "event": {}}

    assert event_of(gone).kind == "closed"


def test_what_is_of_no_ticket_is_no_event_and_what_is_new_is_kept() -> None:
    assert parsed(sample("solved") | {"type": "zen:event-type:user.created"}) == []
    renewed = sample("solved") | {"type": "zen:event-type:ticket.of_tomorrow"}
    assert event_of(renewed).kind == "of_tomorrow"


def test_a_story_is_one_contact(database: Database) -> None:
    for name in STORY:
        keep(database, parsed(sample(name)))

    contact = only(contacts_of(database, "desk"))
    assert (contact["outcome"], contact["messages_in"], contact["messages_out"]) == (
        "answered", 1, 1,
    )  # fmt: skip
    # Opened at 10:00:00, solved at 10:30:00.260; filed away four days later.
    assert contact["resolution_ms"] == 1_800_260


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": None}, "missing_field"),
        ({"id": None}, "missing_field"),
        ({"time": None}, "missing_field"),
        ({"time": "soon"}, "bad_time"),
        ({"detail": {}}, "missing_field"),
        ({"event": {"comment": {"id": 3}}}, "missing_field"),
    ],
)
def test_what_cannot_be_used_is_handed_back(change: dict[str, object], reason: str) -> None:
    [refused] = parsed(sample("regular") | change)

    assert isinstance(refused, Rejected)
    assert refused.reason == reason


# --- signature --------------------------------------------------------------------

SENT_AT = "2026-07-01T10:00:00Z"
SENT_S = datetime(2026, 7, 1, 10, tzinfo=UTC).timestamp()


def signed(body: bytes, at: str = SENT_AT, secret: str = "signing secret") -> dict[str, str]:
    digest = hmac.new(secret.encode(), at.encode() + body, hashlib.sha256).digest()
    return {
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": at,
    }


@pytest.fixture
def zendesk(monkeypatch: pytest.MonkeyPatch) -> Zendesk:
    monkeypatch.setattr(Zendesk, "clock", staticmethod(lambda: SENT_S + 299))
    return Zendesk()


def test_a_signed_delivery_passes(zendesk: Zendesk) -> None:
    zendesk.verify(SOURCE, signed(b"{}"), b"{}")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        (signed(b"{}"), b"{ }"),
        (signed(b"{}", secret="another"), b"{}"),
        (signed(b"{}", at="2026-07-01T09:59:58Z"), b"{}"),
        (signed(b"{}", at="2026-07-01T10:30:00Z"), b"{}"),
        (signed(b"{}", at="2026-07-01T10:00:00"), b"{}"),
        (signed(b"{}", at="now"), b"{}"),
        (signed(b"{}") | {"x-zendesk-webhook-signature-timestamp": "2026-07-01T10:00:01Z"}, b"{}"),
    ],
    ids=["unsigned", "altered", "foreign", "replayed", "ahead", "zoneless", "garbage", "redated"],
)
def test_a_delivery_that_is_not_the_sources_is_refused(
    zendesk: Zendesk, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(BadSignature):
        zendesk.verify(SOURCE, headers, body)


# --- the export -------------------------------------------------------------------------


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as standing:
        standing.says(EXPORT, sample("rest/ticket_events"))
        standing.says("/api/v2/tickets/show_many.json", sample("rest/tickets"))
        standing.says("/api/v2/users/show_many.json", sample("rest/users"))
        yield standing


def reconciled(vendor: Vendor) -> Source:
    options = OPTIONS | {"url": vendor.address, "user": "vigie@example.com"}
    return Source("desk", "zendesk", token="api token", options=options)


def test_the_export_tells_what_the_webhooks_tell(vendor: Vendor) -> None:
    page = Zendesk().pull(reconciled(vendor), '{"start_time":1782000000}')

    told = [(each.kind, each.event_id) for each in page.parsed if isinstance(each, Event)]
    assert sorted(told[:-1]) == [
        ("message_in", "comment:98000000001"),
        ("message_out", "comment:98000000003"),
        ("note", "comment:98000000002"),
        ("offered", "ticket:5158:created"),
        ("resolved", "audit:98000000015"),
        ("status_open", "audit:98000000014"),
    ]
    assert told[-1][0] == "described"
    assert len(page.parsed) == 7
    assert (page.more, json.loads(page.cursor)) == (False, {"start_time": 1_782_901_800})


def test_what_the_webhooks_told_the_export_does_not_change(
    vendor: Vendor, database: Database
) -> None:
    for name in STORY:
        keep(database, parsed(sample(name)))
    counted = only(contacts_of(database, "desk"))

    first = keep(database, Zendesk().pull(reconciled(vendor), None).parsed)
    again = keep(database, Zendesk().pull(reconciled(vendor), None).parsed)

    # Opening and three comments are known better; two statuses and the description are kept.
    assert (first.superseded, first.new, first.quarantined) == (4, 3, 0)
    assert (again.superseded, again.duplicate, again.new) == (4, 3, 0)
    assert only(contacts_of(database, "desk")) == counted


@pytest.mark.parametrize("lost", ["created", "regular", "reply", "solved"])
def test_a_lost_delivery_is_filled_in_whichever_way_came_first(
    vendor: Vendor, database: Database, lost: str
) -> None:
    keep(database, Zendesk().pull(reconciled(vendor), None).parsed)
    for name in STORY:
        if name != lost:
            assert keep(database, parsed(sample(name))).quarantined == 0

    contact = only(contacts_of(database, "desk"))
    assert (contact["outcome"], contact["messages_in"], contact["messages_out"]) == (
        "answered", 1, 1,
    )  # fmt: skip
    # The export knows the end to the second only.
    assert contact["resolution_ms"] == (1_800_000 if lost == "solved" else 1_800_260)
    assert (contact["channel"], contact["queue"]) == ("email", "group:360000000401")


def test_the_export_is_read_page_by_page(vendor: Vendor) -> None:
    audits = sample("rest/ticket_events")["ticket_events"]

    def page(asked: Asked) -> dict[str, object]:
        place = max(0, int(asked.query["start_time"]) - 1_000_000)
        here = audits[place : place + 1] if place < 2_000_000 else []
        return {"ticket_events": here, "end_time": 1_000_000 + place + 1,
                "end_of_stream": place >= 3}  # fmt: skip

    vendor.says(EXPORT, page)
    cursor, more, told = '{"start_time":1000000}', True, []
    while more:
        brought = Zendesk().pull(reconciled(vendor), cursor)
        told += [each for each in brought.parsed if isinstance(each, Event)]
        cursor, more = brought.cursor, brought.more

    assert sorted(each.event_id for each in told if each.event_id.startswith("comment")) == [
        "comment:98000000001", "comment:98000000002", "comment:98000000003",
    ]  # fmt: skip


def test_an_export_that_stands_still_is_an_error_and_no_loop(vendor: Vendor) -> None:
    standing = sample("rest/ticket_events") | {"end_of_stream": False, "end_time": 1_782_900_000}
    vendor.says(EXPORT, standing)

    with pytest.raises(Retriable, match="stands"):
        Zendesk().pull(reconciled(vendor), '{"start_time":1782900000}')


def test_the_cursor_never_goes_back(vendor: Vendor) -> None:
    vendor.says(EXPORT, sample("rest/ticket_events") | {"end_time": 5})

    page = Zendesk().pull(reconciled(vendor), '{"start_time":1782900000}')

    assert json.loads(page.cursor) == {"start_time": 1_782_900_000}


def test_a_bad_record_leaves_its_neighbours_and_can_be_parsed_again(vendor: Vendor) -> None:
    answer = sample("rest/ticket_events")
    answer["ticket_events"][0]["created_at"] = "tantôt"
    vendor.says(EXPORT, answer)

    page = Zendesk().pull(reconciled(vendor), None)

    [refused] = [each for each in page.parsed if isinstance(each, Rejected)]
    assert refused.reason == "bad_time"
    assert "comment:98000000003" in {e.event_id for e in page.parsed if isinstance(e, Event)}
    mended = json.loads(refused.raw)
    mended["ticket_event"]["created_at"] = "2026-07-01T10:00:00Z"
    again = [each for each in parsed(mended) if isinstance(each, Event)]
    assert [each.kind for each in again] == ["message_in", "offered"]


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (broken(), Retriable, "500"),
        (busy(11), Retriable, "429"),
        (truncated({"ticket_events": []}), Retriable, "connection fails"),
        (half_json({"ticket_events": []}), Retriable, "JSON"),
        (Answer(b"{}"), Retriable, "not what its API describes"),
        (Answer(b"{}", 401), Fatal, "401"),
    ],
)
def test_what_goes_wrong_says_whether_asking_again_helps(
    vendor: Vendor, answer: Answer, error: type[Exception], said: str
) -> None:
    vendor.says(EXPORT, answer)

    with pytest.raises(error, match=said) as caught:
        Zendesk().pull(reconciled(vendor), None)
    assert "api token" not in str(caught.value)


def test_the_token_is_shown_as_zendesk_wants_it(vendor: Vendor) -> None:
    Zendesk().pull(reconciled(vendor), None)
    Zendesk().pull(Source("d", "zendesk", token="t", options={"url": vendor.address}), None)

    shown = [asked.headers["authorization"] for asked in vendor.asked if asked.path == EXPORT]
    credentials = base64.b64encode(b"vigie@example.com/token:api token").decode()
    assert shown == [f"Basic {credentials}", "Bearer t"]


def test_a_source_is_pulled_only_where_all_is_there(vendor: Vendor) -> None:
    assert Zendesk().pulled(reconciled(vendor))
    assert not Zendesk().pulled(SOURCE)
    Zendesk().check(SOURCE)
    with pytest.raises(Fatal, match="url"):
        Zendesk().check(Source("desk", "zendesk", token="t"))
    with pytest.raises(Fatal, match="TOKEN"):
        Zendesk().check(Source("desk", "zendesk", options={"url": "https://x"}))
