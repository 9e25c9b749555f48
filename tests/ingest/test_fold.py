"""The fold: what a thread's facts amount to."""

from __future__ import annotations

import pytest

from ingest.database import Database
from ingest.events import Event
from tests.ingest.telling import at, contacts_of, keep, only, told

HOUR = 3600


def folded(database: Database, *events: Event) -> list[dict[str, object]]:
    keep(database, events)
    return contacts_of(database)


def outcomes(found: list[dict[str, object]]) -> list[object]:
    return [contact["outcome"] for contact in found]


def test_an_answered_call_waits_from_the_queue_to_the_agent(database: Database) -> None:
    call = only(folded(
        database,
        told(0, "queued", queue="billing"),
        told(12, "answered", agent="a7"),
        told(132, "closed", talk_ms=120_000),
    ))
    assert call["outcome"] == "answered"
    assert (call["offered_at"], call["answered_at"], call["left_at"]) == (at(0), at(12), at(12))
    assert (call["wait_ms"], call["talk_ms"], call["agent"]) == (12_000, 120_000, "a7")
    assert (call["target_ms"], call["due_at"]) == (20_000, at(20))


def test_the_wait_that_the_source_tells_beats_the_clock(database: Database) -> None:
    call = only(folded(database, told(0, "queued"), told(12, "answered", wait_ms=11_400)))
    assert call["wait_ms"] == 11_400


def test_a_caller_who_hangs_up_waiting_has_abandoned(database: Database) -> None:
    call = only(folded(database, told(0, "queued"), told(41, "abandoned", wait_ms=41_000)))
    assert (call["outcome"], call["wait_ms"], call["left_at"]) == ("abandoned", 41_000, at(41))


def test_an_abandon_whose_entry_was_never_seen_is_offered_when_its_wait_began(
    database: Database,
) -> None:
    call = only(folded(database, told(100, "abandoned", wait_ms=40_000)))
    assert (call["outcome"], call["offered_at"]) == ("abandoned", at(60))


def test_a_completed_call_whose_answer_was_never_seen_was_answered(database: Database) -> None:
    call = only(folded(database, told(500, "closed", wait_ms=10_000, talk_ms=400_000)))
    assert (call["outcome"], call["offered_at"], call["answered_at"]) == (
        "answered", at(90), at(100),
    )


def test_a_waiting_call_is_open(database: Database) -> None:
    call = only(folded(database, told(0, "queued"), told(5, "ring_no_answer", agent="a1")))
    assert (call["outcome"], call["left_at"], call["ring_no_answers"]) == ("open", None, 1)
    assert call["agent"] is None


def test_an_overflow_is_one_contact_in_each_queue_even_within_one_second(
    database: Database,
) -> None:
    found = folded(
        database,
        told(0, "queued", queue="billing"),
        told(60, "queued", queue="overflow", event_id="b"),
        told(60, "flowed_out", wait_ms=60_000, queue="billing", event_id="a"),
        told(75, "answered", queue="overflow", wait_ms=15_000),
    )
    assert outcomes(found) == ["flowed_out", "answered"]
    assert [contact["queue"] for contact in found] == ["billing", "overflow"]
    assert [contact["wait_ms"] for contact in found] == [60_000, 15_000]


def test_a_call_that_is_transferred_back_and_abandoned_counts_both_times(
    database: Database,
) -> None:
    found = folded(
        database,
        told(0, "queued"), told(5, "answered"), told(65, "transferred", talk_ms=60_000),
        told(66, "queued", event_id="again"), told(90, "abandoned"),
    )
    assert outcomes(found) == ["answered", "abandoned"]


def test_leaving_in_the_ivr_is_no_offered_contact(database: Database) -> None:
    call = only(folded(database, told(9, "contained", channel="voicebot")))
    assert (call["offered_at"], call["outcome"]) == (None, None)


@pytest.mark.parametrize("kind", ["left_ivr", "phantom"])
def test_who_asked_for_nobody_made_a_contact_that_was_never_offered(
    database: Database, kind: str
) -> None:
    call = only(folded(database, told(9, kind, queue="menu")))
    assert (call["offered_at"], call["outcome"], call["began_at"]) == (None, None, at(9))


@pytest.mark.parametrize("kind", ["agent_state", "source_started", "note"])
def test_what_concerns_no_contact_makes_none(database: Database, kind: str) -> None:
    ledger = keep(database, [told(0, kind)])
    assert (ledger.new, ledger.contacts, contacts_of(database)) == (1, 0, [])


def test_our_first_human_reply_answers_a_mail(database: Database) -> None:
    mail = only(folded(
        database,
        told(0, "message_in", channel="email"),
        told(60, "bot_out", channel="email"),
        told(120, "note", channel="email"),
        told(2 * HOUR, "message_out", channel="email", agent="a1"),
    ))
    assert (mail["outcome"], mail["response_ms"]) == ("answered", 2 * HOUR * 1000)
    assert (mail["modality"], mail["messages_in"], mail["messages_out"]) == ("async", 1, 1)
    assert mail["awaiting_since"] is None


def test_a_reminder_joins_the_mail_that_nobody_answered(database: Database) -> None:
    mail = only(folded(
        database,
        told(0, "message_in", channel="email"),
        told(100 * HOUR, "message_in", channel="email", event_id="reminder"),
    ))
    assert (mail["outcome"], mail["messages_in"], mail["awaiting_since"]) == ("open", 2, at(0))


def test_a_mail_after_our_answer_and_a_long_silence_is_a_new_contact(database: Database) -> None:
    found = folded(
        database,
        told(0, "message_in", channel="email"),
        told(HOUR, "message_out", channel="email"),
        told(74 * HOUR, "message_in", channel="email", event_id="next"),
    )
    assert outcomes(found) == ["answered", "open"]


def test_a_mail_after_a_short_silence_waits_in_the_same_contact(database: Database) -> None:
    mail = only(folded(
        database,
        told(0, "message_in", channel="email"),
        told(HOUR, "message_out", channel="email"),
        told(2 * HOUR, "message_in", channel="email", event_id="next"),
    ))
    assert (mail["outcome"], mail["awaiting_since"]) == ("answered", at(2 * HOUR))


def test_a_message_after_the_resolution_is_a_new_contact(database: Database) -> None:
    found = folded(
        database,
        told(0, "message_in", channel="messaging"),
        told(60, "message_out", channel="messaging"),
        told(90, "resolved", channel="messaging"),
        told(95, "message_in", channel="messaging", event_id="next"),
    )
    assert outcomes(found) == ["answered", "open"]
    assert found[0]["resolution_ms"] == 90_000


def test_resolved_without_an_answer_has_flowed_out(database: Database) -> None:
    chat = only(folded(
        database, told(0, "message_in", channel="chat"), told(50, "resolved", channel="chat")
    ))
    assert (chat["outcome"], chat["flowed_out_at"]) == ("flowed_out", at(50))


def test_the_queue_and_the_reason_told_last_stand(database: Database) -> None:
    call = only(folded(
        database,
        told(0, "queued", queue="main", reason="unknown"),
        told(10, "answered", queue="desk"),
        told(60, "closed", reason="billing"),
    ))
    assert (call["queue"], call["reason"]) == ("desk", "billing")


def test_an_unknown_channel_is_judged_by_the_general_target(database: Database) -> None:
    call = only(folded(database, told(0, "queued", channel="hologram")))
    assert (call["modality"], call["target_ms"]) == ("sync", 20_000)


def test_what_has_not_come_yet_has_no_duration(database: Database) -> None:
    waiting, answered = folded(
        database,
        told(0, "message_in", "a", channel="email"),
        told(0, "message_in", "b", channel="email"),
        told(30, "message_out", "b", channel="email"),
    )
    durations = ("wait_ms", "response_ms", "resolution_ms")
    assert [waiting[name] for name in durations] == [None, None, None]
    assert [answered[name] for name in durations] == [30_000, 30_000, None]
