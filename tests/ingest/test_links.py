"""Links: of each request of a customer the previous and the next one."""

from __future__ import annotations

import pytest

from ingest.database import Database
from ingest.events import Event
from tests.ingest.linking import Link, belong, links_of, relinked
from tests.ingest.telling import at, keep, told

DAY = 86_400


def call(contact: str, second: float, left: str = "answered", **fields: object) -> list[Event]:
    """Queued, and so left ten seconds later."""
    return [
        told(second, "queued", contact, **fields),
        told(second + 10, left, contact, **fields),
    ]


def chain(found: list[Link], *columns: str) -> list[tuple[object, ...]]:
    return [tuple(link[column] for column in columns) for link in found]


def test_each_contact_knows_the_one_before_and_the_one_after(database: Database) -> None:
    keep(database, [
        *call("mail", 0, "message_out", channel="email", queue="mails", reason="billing"),
        *call("first", DAY, "abandoned", queue="calls", reason="billing"),
        *call("other", DAY, queue="calls"),
        *call("second", DAY + 60, queue="calls", reason="delivery"),
    ])  # fmt: skip
    belong(database, {"mail": 1, "first": 1, "other": 2, "second": 1})
    found = [link for link in links_of(database) if link["customer_key"] == 1]
    assert chain(found, "arrived_at", "outcome", "previous_channel", "since_ms") == [
        (at(0), "answered", None, None),
        (at(DAY), "abandoned", "email", DAY * 1000),
        (at(DAY + 60), "answered", "phone", 60_000),
    ]
    assert chain(found, "previous_outcome", "previous_queue", "previous_reason") == [
        (None, None, None),
        ("answered", "mails", "billing"),
        ("abandoned", "calls", "billing"),
    ]
    assert chain(found, "next_channel", "next_queue", "next_reason", "until_ms") == [
        ("phone", "calls", "billing", DAY * 1000),
        ("phone", "calls", "delivery", 60_000),
        (None, None, None, None),
    ]


def test_the_same_channel_and_the_same_reason_are_looked_for_beyond_the_nearest(
    database: Database,
) -> None:
    keep(database, [
        *call("a", 0, reason="billing"),
        *call("b", 100, channel="chat", reason="delivery"),
        *call("c", 300, reason="delivery"),
        *call("d", 700, channel="chat", reason="billing"),
        *call("e", 1500),
    ])  # fmt: skip
    belong(database, dict.fromkeys("abcde", 1))
    found = links_of(database)
    gaps = ("until_ms", "until_channel_ms", "until_reason_ms", "until_both_ms")
    assert chain(found, *gaps) == [
        (100_000, 300_000, 700_000, None),
        (200_000, 600_000, 200_000, None),
        (400_000, 1_200_000, None, None),
        (800_000, None, None, None),
        (None, None, None, None),
    ]
    assert [link["next_reason_channel"] for link in found] == ["chat", "phone", None, None, None]
    back = ("since_ms", "since_channel_ms", "since_reason_ms", "since_both_ms")
    assert chain(found, *back)[3] == (400_000, 600_000, 700_000, None)


def test_a_call_handed_on_is_one_request_that_ends_as_its_last_queue_left_it(
    database: Database,
) -> None:
    keep(database, [
        told(0, "queued", queue="first"), told(5, "answered", queue="first"),
        told(60, "transferred", queue="first"), told(61, "queued", queue="second"),
        told(90, "flowed_out", queue="second"), told(91, "queued", queue="third"),
        told(300, "abandoned", queue="third"),
        *call("again", 1000),
    ])  # fmt: skip
    belong(database, {"c1": 1, "again": 1})
    assert chain(links_of(database), "turn", "queue", "outcome", "until_ms") == [
        (1, "first", "abandoned", 1_000_000),
        (1, None, "answered", None),
    ]


@pytest.mark.parametrize("end", ["resolved", "closed", "abandoned"])
def test_a_conversation_that_is_taken_up_again_after_its_end_is_a_repeat(
    database: Database, end: str
) -> None:
    keep(database, [
        told(0, "message_in", channel="email"), told(50, "message_out", channel="email"),
        told(60, end, channel="email"),
        told(DAY, "message_in", channel="email", event_id="again"),
    ])  # fmt: skip
    belong(database, {"c1": 1})
    assert chain(links_of(database), "turn", "since_ms", "until_ms") == [
        (1, None, DAY * 1000),
        (2, DAY * 1000, None),
    ]


def test_what_was_handed_on_and_then_settled_is_over(database: Database) -> None:
    keep(database, [
        told(0, "message_in", channel="chat"), told(5, "transferred", channel="chat"),
        told(60, "resolved", channel="chat"), told(DAY, "message_in", channel="chat"),
    ])  # fmt: skip
    belong(database, {"c1": 1})
    assert len(links_of(database)) == 2


def test_who_asked_for_nobody_has_tried_all_the_same(database: Database) -> None:
    keep(database, [
        told(0, "left_ivr", "ivr", queue="menu", reason="billing"),
        told(60, "contained", "bot", channel="voicebot"),
        told(99, "phantom", "ghost"),
        *call("call", 120),
    ])  # fmt: skip
    belong(database, {"ivr": 1, "bot": 1, "ghost": 1, "call": 1})
    assert chain(links_of(database), "turn", "channel", "queue", "outcome", "until_ms") == [
        (1, "phone", "menu", None, 60_000),
        (1, "voicebot", None, None, 39_000),
        (1, "phone", None, None, 21_000),
        (1, "phone", None, "answered", None),
    ]


def test_our_own_calls_and_what_is_no_try_are_no_links(database: Database) -> None:
    keep(database, [
        *call("ours", 0, direction="out"),
        told(5, "note", "noted"),
        told(6, "left_ivr", "ours-too", direction="out"),
    ])  # fmt: skip
    belong(database, {"ours": 1, "noted": 1, "ours-too": 1})
    assert links_of(database) == []


def test_customers_that_become_one_and_two_again_leave_no_trace(database: Database) -> None:
    keep(database, [*call("a", 0), *call("b", 60), *call("c", 90)])
    belong(database, {"a": 1, "b": 2, "c": 2})
    apart = links_of(database)
    belong(database, {"b": 1, "c": 1})
    assert chain(links_of(database), "customer_key", "until_ms") == [
        (1, 60_000), (1, 30_000), (1, None),
    ]  # fmt: skip
    belong(database, {"b": 2, "c": 2})
    assert links_of(database) == apart


def test_a_thread_that_another_customer_still_held_is_taken_over(database: Database) -> None:
    keep(database, [*call("a", 0), *call("b", 60)])
    belong(database, {"a": 1, "b": 2})
    with database.engine.begin() as connection:
        connection.exec_driver_sql("update thread_customers set customer_key = 1")
    assert relinked(database, [1]) == 2
    assert chain(links_of(database), "customer_key", "until_ms") == [(1, 60_000), (1, None)]


def test_linking_again_changes_nothing(database: Database) -> None:
    keep(database, [*call("a", 0), *call("b", 60)])
    belong(database, {"a": 1, "b": 1})
    assert relinked(database, [1]) == 0


def test_contacts_of_nobody_are_not_linked(database: Database) -> None:
    keep(database, [*call("a", 0), *call("b", 60)])
    belong(database, {"a": 1})
    assert chain(links_of(database), "since_ms", "until_ms") == [(None, None)]


def test_arrivals_at_the_same_moment_follow_one_another_the_same_way_every_time(
    database: Database,
) -> None:
    keep(database, [*call("a", 0), *call("b", 0), *call("c", 0)])
    belong(database, {"c": 1, "a": 1, "b": 1})
    assert chain(links_of(database), "since_ms", "until_ms") == [(None, 0), (0, 0), (0, None)]
