"""Chatwoot's API fills the holes of its webhooks and never counts twice what they told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from ingest.connector import Page, PullConnector, SeldomPulledConnector, Source, connector_named
from ingest.connectors.chatwoot import Chatwoot
from ingest.database import Database
from ingest.errors import Fatal, Retriable
from ingest.events import Event, Rejected
from ingest.ledger import Ledger
from tests.ingest.telling import NOW, contacts_of, only, store
from tests.ingest.vendor import Answer, Asked, Reply, Vendor, broken, busy, half_json, truncated

SAMPLES = Path(__file__).parents[3] / "sample_data" / "chatwoot"
#: Ten o'clock: the first message of the samples.
TEN = 1_782_900_000
ROOT = "/api/v1/accounts/1"
TOLD = ("incoming", "template", "bot", "note", "reply", "automation", "activity")


def sample(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((SAMPLES / f"{name}.json").read_bytes()))


@dataclass
class Desk:
    """A Chatwoot with conversations, read through its API as its own finders read them."""

    vendor: Vendor
    messages: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    conversations: list[dict[str, Any]] = field(default_factory=list)
    page: int = 25
    page_of_messages: int = 20

    def __post_init__(self) -> None:
        self.vendor.says(f"{ROOT}/conversations", self._list)
        self.vendor.says(f"{ROOT}/inboxes", sample("rest/inboxes"))

    def has(self, number: int, messages: list[dict[str, Any]], **changes: object) -> None:
        conversation = sample("rest/conversations")["data"]["payload"][0]
        active = max((each["created_at"] for each in messages), default=TEN)
        active_at = {"last_activity_at": active, "timestamp": active}
        self.conversations.append({**conversation, "id": number, **active_at, **changes})
        self.messages[number] = messages
        path = f"{ROOT}/conversations/{number}/messages"
        self.vendor.says(path, lambda asked: self._messages(number, asked))

    def _list(self, asked: Asked) -> Reply:
        ordered = sorted(self.conversations, key=lambda each: -each["last_activity_at"])
        first = (int(asked.query["page"]) - 1) * self.page
        return {"data": {"meta": {}, "payload": ordered[first : first + self.page]}}

    def _messages(self, number: int, asked: Asked) -> Reply:
        before = int(asked.query.get("before", 10**9))
        older = [each for each in self.messages[number] if each["id"] < before]
        return {"meta": {}, "payload": older[-self.page_of_messages :]}


@pytest.fixture
def desk(vendor: Vendor) -> Desk:
    return Desk(vendor)


def source(vendor: Vendor, **options: str | int | list[str]) -> Source:
    table = {"url": vendor.address, "account": 1, **options}
    return Source("web-chat", "chatwoot", secret="s", token="access token", options=table)


def message(number: int, second: int, kind: int = 0, **more: object) -> dict[str, Any]:
    writer = {0: {"id": 501, "type": "contact"}, 1: {"id": 7, "type": "user"}}.get(kind)
    return {
        "id": number, "message_type": kind, "created_at": TEN + second, "private": False,
        "content": "…", "content_attributes": {}, "sender": writer, **more,
    }  # fmt: skip


def activity(number: int, second: int, sentence: str) -> dict[str, Any]:
    return message(number, second, kind=2, content=sentence)


def a_pass(of: Source, cursor: str | None = None) -> tuple[list[Event | Rejected], str]:
    """Everything that one pass brings, and the cursor after it."""
    brought: list[Event | Rejected] = []
    while True:
        page: Page = Chatwoot().pull(of, cursor)
        assert page.cursor != cursor or not page.more
        brought, cursor = brought + page.parsed, page.cursor
        if not page.more:
            return brought, cursor


def pushed(of: Source, *names: str) -> list[Event | Rejected]:
    return [each for name in names for each in Chatwoot().parse(of, encoded(sample(name)))]


def encoded(payload: object) -> bytes:
    return json.dumps(payload).encode()


def keep(database: Database, parsed: list[Event | Rejected]) -> Ledger:
    return store(database).write(Source("web-chat", "chatwoot"), parsed, now=NOW)


def events(brought: list[Event | Rejected]) -> list[Event]:
    assert [each for each in brought if isinstance(each, Rejected)] == []
    return [each for each in brought if isinstance(each, Event)]


def kinds(brought: list[Event | Rejected]) -> list[str]:
    return [each.kind for each in events(brought)]


# --- one fact, told both ways -------------------------------------------------------


@pytest.fixture
def sampled(desk: Desk, vendor: Vendor) -> Source:
    """A Chatwoot that holds the conversation of the webhook samples."""
    desk.has(42, sample("rest/messages")["payload"], last_activity_at=TEN + 80)
    return source(vendor)


@pytest.mark.parametrize("name", TOLD)
def test_a_message_is_one_event_with_one_content_however_it_is_told(
    sampled: Source, name: str
) -> None:
    by_webhook, described = events(pushed(sampled, f"message_{name}"))
    brought, _ = a_pass(sampled)

    assert [each for each in events(brought) if each.event_id == by_webhook.event_id] == [
        by_webhook
    ]
    assert described in brought


def test_what_the_webhooks_told_the_api_tells_again_and_nothing_is_new(
    sampled: Source, database: Database
) -> None:
    names = ["conversation_created", *(f"message_{name}" for name in TOLD)]
    keep(database, pushed(sampled, *names))
    counted = contacts_of(database, "web-chat")

    again = keep(database, a_pass(sampled)[0])

    # Created, seven messages, one description.
    assert (again.received, again.new, again.duplicate, again.quarantined) == (9, 0, 9, 0)
    assert contacts_of(database, "web-chat") == counted
    assert only(counted)["queue"] == "Site web"


def test_what_the_api_told_the_webhooks_tell_again_and_nothing_is_new(
    sampled: Source, database: Database
) -> None:
    keep(database, a_pass(sampled)[0])
    counted = contacts_of(database, "web-chat")

    again = keep(database, pushed(sampled, *(f"message_{name}" for name in TOLD)))

    assert (again.received, again.new, again.duplicate, again.quarantined) == (14, 0, 14, 0)
    assert contacts_of(database, "web-chat") == counted


@pytest.mark.parametrize("lost", TOLD)
def test_a_lost_delivery_is_filled_in(sampled: Source, database: Database, lost: str) -> None:
    heard = [f"message_{name}" for name in TOLD if name != lost]
    keep(database, pushed(sampled, "conversation_created", *heard))

    filled = keep(database, a_pass(sampled)[0])

    assert (filled.new, filled.quarantined) == (1, 0)
    contact = only(contacts_of(database, "web-chat"))
    assert (contact["outcome"], contact["messages_in"], contact["messages_out"]) == (
        "answered", 1, 1,
    )  # fmt: skip


def test_a_message_deleted_since_its_webhook_is_no_conflict(
    desk: Desk, vendor: Vendor, database: Database
) -> None:
    automatic = message(1, 0, kind=1, content_attributes={"automation_rule_id": 12})
    gone = automatic | {"content_attributes": {"deleted": True}}
    desk.has(42, [gone])
    told = {"event": "message_created", **automatic}
    conversation = desk.conversations[0] | {"inbox": {"name": "Site web"}}
    keep(database, list(Chatwoot().parse(source(vendor), encoded(
        {**told, "conversation": conversation}
    ))))  # fmt: skip

    again = keep(database, a_pass(source(vendor))[0])

    assert (again.quarantined, again.superseded) == (0, 1)
    assert contacts_of(database, "web-chat") == []  # A rule wrote it, no person answered.


# --- the end of a conversation --------------------------------------------------------

RESOLVED = "Conversation was marked resolved by Agent Sept"
REOPENED = "Conversation was reopened by Agent Sept"


def webhook_of_status(of: Source, second: float, status: str, was: str) -> list[Event | Rejected]:
    at = {"updated_at": TEN + second, "status": status, "id": 42}
    change = {"changed_attributes": [{"status": {"previous_value": was}}]}
    return list(Chatwoot().parse(of, encoded(sample("conversation_resolved") | at | change)))


def test_a_missed_end_is_recovered_from_the_sentence_that_tells_it(
    desk: Desk, vendor: Vendor, database: Database
) -> None:
    desk.has(42, [message(1, 0), message(2, 60, 1), activity(3, 90, RESOLVED)], status="resolved")

    keep(database, a_pass(source(vendor))[0])

    assert only(contacts_of(database, "web-chat"))["resolution_ms"] == 90_000


def test_a_missed_end_in_an_unknown_language_is_dated_at_the_last_message(
    desk: Desk, vendor: Vendor, database: Database
) -> None:
    said = [message(1, 0), message(2, 60, 1), activity(3, 90, "Gesprek opgelost door Sept")]
    desk.has(42, said, status="resolved")

    keep(database, a_pass(source(vendor))[0])

    assert only(contacts_of(database, "web-chat"))["resolution_ms"] == 60_000


@pytest.mark.parametrize(
    ("sentence", "resolution_ms"),
    [("Gesprek opgelost door Sept", 88_500), (RESOLVED, 90_000)],
    ids=["unknown language", "known language"],
)
@pytest.mark.parametrize("api_first", [True, False])
def test_an_end_told_both_ways_is_one_end(
    desk: Desk, vendor: Vendor, database: Database,
    sentence: str, resolution_ms: int, api_first: bool,
) -> None:  # fmt: skip
    said = [message(1, 0), message(2, 60, 1), activity(3, 90, sentence)]
    desk.has(42, said, status="resolved")
    of = source(vendor)
    ways = [webhook_of_status(of, 88.5, "resolved", "open"), a_pass(of)[0]]

    for told in reversed(ways) if api_first else ways:
        assert keep(database, told).quarantined == 0
    again = keep(database, [*ways[0], *a_pass(of)[0]])

    assert (again.new, again.quarantined) == (0, 0)
    contact = only(contacts_of(database, "web-chat"))
    assert (contact["turn"], contact["resolution_ms"]) == (1, resolution_ms)


def test_a_conversation_opened_again_and_resolved_again_ends_at_the_last(
    desk: Desk, vendor: Vendor, database: Database
) -> None:
    said = [message(1, 0), message(2, 60, 1), activity(3, 90, RESOLVED), activity(4, 95, REOPENED)]
    desk.has(42, said, status="open")
    of = source(vendor)
    keep(database, a_pass(of)[0])
    assert only(contacts_of(database, "web-chat"))["resolved_at"] is None

    desk.messages[42] = [*said, activity(5, 300, RESOLVED)]
    desk.conversations[0] |= {"status": "resolved", "last_activity_at": TEN + 300}
    keep(database, a_pass(of)[0])

    assert only(contacts_of(database, "web-chat"))["resolution_ms"] == 300_000


def test_a_customer_who_writes_after_the_end_is_a_contact_anew(
    desk: Desk, vendor: Vendor, database: Database
) -> None:
    said = [message(1, 0), message(2, 60, 1), activity(3, 90, RESOLVED), message(4, 3600)]
    desk.has(42, said, status="open")

    keep(database, a_pass(source(vendor))[0])

    first, second = contacts_of(database, "web-chat")
    assert (first["outcome"], first["resolution_ms"]) == ("answered", 90_000)
    assert (second["outcome"], second["resolved_at"]) == ("open", None)


def test_a_status_older_than_the_last_message_ends_nothing(desk: Desk, vendor: Vendor) -> None:
    desk.has(42, [message(1, 0), message(2, 60, 1)], status="resolved")
    desk.messages[42].append(message(3, 120))  # Written between the list and the messages.

    assert "resolved" not in kinds(a_pass(source(vendor))[0])


# --- windows and pages ----------------------------------------------------------------


def test_every_page_of_the_list_and_of_the_messages_is_read(desk: Desk, vendor: Vendor) -> None:
    desk.page, desk.page_of_messages = 3, 4
    for number in range(1, 9):
        said = [message(number * 100 + place, number * 10 + place) for place in range(10)]
        desk.has(number, said)

    brought, _ = a_pass(source(vendor))

    assert kinds(brought).count("message_in") == 80
    assert kinds(brought).count("described") == 8


def test_the_next_pass_reads_a_window_behind_the_last_and_no_more(
    desk: Desk, vendor: Vendor
) -> None:
    desk.has(1, [message(10, 0)])
    desk.has(2, [message(20, 3600)])
    of = source(vendor, overlap_minutes=30)
    _, cursor = a_pass(of)
    desk.has(3, [message(30, 3700)])

    brought, later = a_pass(of, cursor)

    assert {each.event_id for each in events(brought) if each.kind == "message_in"} == {
        "message:20", "message:30",
    }  # fmt: skip
    assert json.loads(later)["since"] > json.loads(cursor)["since"]


def test_the_first_pass_goes_back_as_far_as_it_is_told(desk: Desk, vendor: Vendor) -> None:
    day = 86_400
    desk.has(1, [message(10, -9 * day), message(11, -1 * day)])
    desk.has(2, [message(20, 0)])

    brought, _ = a_pass(source(vendor, history_days=7))

    told = {each.event_id for each in events(brought) if each.kind == "message_in"}
    assert told == {"message:11", "message:20"}


def test_what_moves_while_it_is_read_is_met_in_the_next_pass(desk: Desk, vendor: Vendor) -> None:
    desk.page = 2
    for number in range(1, 7):
        desk.has(number, [message(number * 10, number * 60)])
    of = source(vendor)
    page = Chatwoot().pull(of, None)
    brought = page.parsed
    # The oldest, still unread, is written to: it moves to the page that we have read.
    desk.messages[1].append(message(11, 900))
    desk.conversations[0] |= {"last_activity_at": TEN + 900}

    rest, cursor = a_pass(of, page.cursor)
    after, _ = a_pass(of, cursor)

    told = {each.event_id for each in events(brought + rest + after) if each.kind == "message_in"}
    assert told == {"message:10", "message:11", *(f"message:{n}0" for n in range(2, 7))}


def test_a_conversation_deleted_while_it_is_read_leaves_its_neighbours(
    desk: Desk, vendor: Vendor
) -> None:
    desk.has(1, [message(10, 0)])
    desk.has(2, [message(20, 60)])
    vendor.says(f"{ROOT}/conversations/1/messages", Answer(b"{}", 404))

    assert kinds(a_pass(source(vendor))[0]).count("message_in") == 1


def test_a_broken_message_is_refused_alone_and_can_be_parsed_again(
    desk: Desk, vendor: Vendor
) -> None:
    of = source(vendor)
    desk.has(1, [message(10, 0), message(11, 5) | {"message_type": None}, message(12, 9, 1)])

    brought, _ = a_pass(of)

    [refused] = [each for each in brought if isinstance(each, Rejected)]
    assert refused.reason == "missing_field"
    told = [each.kind for each in brought if isinstance(each, Event)]
    assert {"message_in", "message_out"} < set(told)
    mended = json.loads(refused.raw) | {"message_type": 0}
    event = next(iter(Chatwoot().parse(of, encoded(mended))))
    assert isinstance(event, Event)
    assert event.event_id == "message:11"


def test_messages_without_a_number_are_refused_one_by_one(desk: Desk, vendor: Vendor) -> None:
    desk.has(1, [message(10, 0)])
    said = [message(10, 0), {"id": None}, {"id": "9" * 5000}]
    vendor.says(
        f"{ROOT}/conversations/1/messages",
        lambda asked: {"payload": [] if "before" in asked.query else said},
    )

    brought, _ = a_pass(source(vendor))

    assert len([each for each in brought if isinstance(each, Rejected)]) == 2


def test_an_activity_of_another_century_does_not_end_the_reading(
    desk: Desk, vendor: Vendor
) -> None:
    desk.has(1, [message(10, 0)], last_activity_at=250_000_000_000)
    desk.has(2, [message(20, 5)])

    _, cursor = a_pass(source(vendor))

    assert json.loads(cursor)["since"] == TEN + 5


# --- a vendor that misbehaves -----------------------------------------------------------


def test_the_same_page_for_ever_is_an_error_and_no_loop(desk: Desk, vendor: Vendor) -> None:
    desk.has(1, [message(10, 0)])
    list_of_one: dict[str, object] = {"data": {"payload": desk.conversations}}
    vendor.says(f"{ROOT}/conversations", list_of_one)

    with pytest.raises(Retriable, match="page 1 again"):
        a_pass(source(vendor))


def test_the_same_messages_for_ever_are_an_error_and_no_loop(desk: Desk, vendor: Vendor) -> None:
    desk.has(1, [message(10, 0)])
    vendor.says(f"{ROOT}/conversations/1/messages", {"payload": desk.messages[1]})

    with pytest.raises(Retriable, match="same messages"):
        a_pass(source(vendor))


@pytest.mark.parametrize("fault", [broken(), truncated({"data": {}}), half_json({"data": {}})])
def test_a_passing_fault_is_asked_past(desk: Desk, vendor: Vendor, fault: Answer) -> None:
    desk.has(1, [message(10, 0)])
    vendor.says(f"{ROOT}/conversations", fault, desk._list)

    assert "message_in" in kinds(a_pass(source(vendor))[0])


def test_a_fault_that_lasts_is_told_and_the_cursor_stands(desk: Desk, vendor: Vendor) -> None:
    desk.has(1, [message(10, 0)])
    vendor.says(f"{ROOT}/conversations/1/messages", broken())

    with pytest.raises(Retriable, match="500"):
        a_pass(source(vendor))


def test_retry_after_is_handed_on(desk: Desk, vendor: Vendor) -> None:
    desk.has(1, [message(10, 0)])
    vendor.says(f"{ROOT}/conversations/1/messages", busy(17))

    with pytest.raises(Retriable) as caught:
        a_pass(source(vendor))
    assert caught.value.after_s == 17


def test_a_refused_token_is_for_a_person(desk: Desk, vendor: Vendor) -> None:
    vendor.says(f"{ROOT}/conversations", Answer(b"{}", 401))

    with pytest.raises(Fatal) as caught:
        a_pass(source(vendor))
    assert "access token" not in str(caught.value)


def test_a_list_of_another_shape_is_no_empty_list(desk: Desk, vendor: Vendor) -> None:
    vendor.says(f"{ROOT}/conversations", {"error": "maintenance"})

    with pytest.raises(Retriable, match="not what its API describes"):
        a_pass(source(vendor))


# --- the source's table -------------------------------------------------------------------


def test_the_token_is_shown_in_the_header(desk: Desk, vendor: Vendor) -> None:
    a_pass(source(vendor))

    [asked] = vendor.asked
    assert asked.headers["api_access_token"] == "access token"
    assert asked.query["status"] == "all"


def test_a_source_is_pulled_only_where_all_is_there(vendor: Vendor) -> None:
    chatwoot = connector_named("chatwoot")
    assert isinstance(chatwoot, PullConnector)
    assert isinstance(chatwoot, SeldomPulledConnector)

    assert chatwoot.pulled(source(vendor))
    assert not chatwoot.pulled(Source("web-chat", "chatwoot", options={"account": 1}))
    assert not chatwoot.pulled(Source("web-chat", "chatwoot", options={"url": vendor.address}))


@pytest.mark.parametrize(
    ("broken_source", "said"),
    [
        (Source("web-chat", "chatwoot", token="t", options={"account": 1}), "url"),
        (Source("web-chat", "chatwoot", token="t", options={"url": "http://x"}), "account"),
        (Source("web-chat", "chatwoot", options={"url": "http://x", "account": 1}), "TOKEN"),
        (Source("web-chat", "chatwoot", options={"history_days": -1}), "history_days"),
    ],
)
def test_a_table_that_lacks_something_is_told_which_line(broken_source: Source, said: str) -> None:
    with pytest.raises(Fatal, match=said):
        Chatwoot().check(broken_source)


def test_a_source_of_webhooks_alone_lacks_nothing() -> None:
    Chatwoot().check(Source("web-chat", "chatwoot", secret="s", options={"account": 1}))
