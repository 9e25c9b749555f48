"""One seed, one history; and customers who take another way when one is closed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.exposure.effective import Context, effective
from app.exposure.model import State, Switch
from app.exposure.modes import DEFAULT_MODES
from ingest.connectors.simulator import Record
from sample_data.simulator import Need, OpenContact, Simulator, everything_open

#: A Tuesday, 10:00 in Paris.
NOON = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PARIS = ZoneInfo("Europe/Paris")
LEAVES = ("answered", "abandoned", "flowed_out")


def centre(seed: int = 7, until: datetime = NOON) -> Simulator:
    """A simulator that has reached `until`, three hours after its start."""
    simulator = Simulator(seed, until - timedelta(hours=3))
    simulator.advance(until)
    return simulator


@cache
def week() -> list[Record]:
    return list(Simulator(7, NOON - 7 * DAY).history(NOON))


def as_bytes(records: Iterable[Record]) -> bytes:
    return b"\n".join(map(msgspec.json.encode, records))


def arrivals(records: Iterable[Record]) -> dict[str, Record]:
    """The first fact of every contact."""
    first: dict[str, Record] = {}
    for record in records:
        if record.what != "agent_state":
            first.setdefault(record.contact, record)
    return first


def test_the_same_seed_writes_the_same_bytes() -> None:
    one, again = (Simulator(7, NOON - DAY).history(NOON) for _time in range(2))
    assert as_bytes(again) == as_bytes(one)


def test_another_seed_writes_another_history() -> None:
    one, other = (Simulator(seed, NOON - DAY).history(NOON) for seed in (7, 8))
    assert as_bytes(one) != as_bytes(other)


def test_reading_in_small_steps_changes_nothing() -> None:
    whole = Simulator(7, NOON - DAY).history(NOON)
    stepped = Simulator(7, NOON - DAY)
    parts = [stepped.advance(NOON - DAY + timedelta(minutes=m)) for m in range(1, 24 * 60 + 1)]
    assert as_bytes(whole) == as_bytes(record for part in parts for record in part)


def test_records_come_in_order_of_time_and_their_ids_are_their_own() -> None:
    times = [record.at for record in week()]
    assert times == sorted(times)
    assert times[0] >= NOON - 7 * DAY
    assert times[-1] < NOON
    assert len({record.id for record in week()}) == len(times)


def test_no_duration_is_negative_and_every_wait_is_what_the_times_say() -> None:
    queued: dict[str, datetime] = {}
    for record in week():
        told = (record.wait_ms, record.dial_wait_ms, record.talk_ms, record.hold_ms, record.wrap_ms)
        assert all(duration is None or duration >= 0 for duration in told), record
        if record.what == "queued":
            queued[record.contact] = record.at
        if record.what in LEAVES and record.wait_ms is not None:
            assert record.at - queued[record.contact] == timedelta(milliseconds=record.wait_ms)


def test_a_week_is_a_busy_but_bearable_one() -> None:
    assert 15_000 < len(arrivals(week())) < 30_000
    phone = [record for record in week() if record.channel == "phone"]
    counts = Counter(record.what for record in phone)
    in_target = sum(r.what == "answered" and (r.wait_ms or 0) <= 20_000 for r in phone)
    assert 0.70 < in_target / (counts["answered"] + counts["abandoned"]) < 0.90


def test_monday_morning_hurts_and_night_is_quiet() -> None:
    by_hour: dict[tuple[int, int], list[int]] = defaultdict(list)
    for record in week():
        if record.channel == "phone" and record.what == "answered":
            local = record.at.astimezone(PARIS)
            by_hour[local.weekday(), local.hour].append(record.wait_ms or 0)
    monday = by_hour[0, 9] + by_hour[0, 10]
    afternoon = by_hour[0, 14] + by_hour[0, 15]
    assert sum(monday) / len(monday) > 3 * sum(afternoon) / len(afternoon)
    assert len(by_hour[0, 10]) > 10 * len(by_hour[0, 2])


def test_customers_come_back_on_the_same_and_on_other_channels() -> None:
    by_contact = arrivals(week())
    again = [first for name, first in by_contact.items() if name[:-1] in by_contact]
    moved = [one for one in again if by_contact[one.contact[:-1]].channel != one.channel]
    assert len(again) > 1000
    assert 0.1 < len(moved) / len(again) < 0.9


def test_phone_numbers_come_from_the_ranges_kept_for_fiction() -> None:
    told = {key: value for record in week() for key, value in record.customer.items()}
    assert set(told) == {"phone", "email", "whatsapp", "crm"}
    fictional = ("19900", "26191", "35301", "46571", "53649", "63998")
    for record in week():
        for kind in ("phone", "whatsapp"):
            if number := record.customer.get(kind):
                assert number.removeprefix("+").startswith(tuple(f"33{r}" for r in fictional))
        assert record.customer.get("email", "@example.org").endswith("@example.org")


def test_mails_of_the_night_are_answered_in_the_day() -> None:
    written = [r for r in week() if r.channel == "email" and r.what == "message_in"]
    night = [r for r in written if r.at.astimezone(PARIS).hour >= 20 and r.at < NOON - 2 * DAY]
    replies: dict[str, list[datetime]] = defaultdict(list)
    for record in week():
        if record.what == "message_out":
            replies[record.contact].append(record.at)
    assert night
    assert all(any(reply > mail.at for reply in replies[mail.contact]) for mail in night)


# --- live -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start",
    [datetime(2026, 11, 22, 2, 0, tzinfo=UTC), datetime(2026, 11, 22, 12, 0, tzinfo=UTC), NOON],
    ids=["sunday-night", "sunday-noon", "tuesday-morning"],
)
def test_at_any_hour_something_happens_every_few_seconds(start: datetime) -> None:
    simulator = centre(until=start)
    simulator.live(everything_open)
    told = simulator.advance(start + timedelta(minutes=30))
    gaps = [later.at - sooner.at for sooner, later in pairwise(told)]
    assert len(told) > 30 * 60 / 5
    assert max(gaps) < timedelta(seconds=60)


def test_speed_enlarges_the_centre_and_dates_nothing_in_the_future() -> None:
    counts = {}
    for speed in (1, 4):
        simulator = centre()
        simulator.live(everything_open, speed)
        told = simulator.advance(NOON + timedelta(minutes=20))
        assert all(record.at < NOON + timedelta(minutes=20) for record in told)
        counts[speed] = len(arrivals(told))
    assert 3 < counts[4] / counts[1] < 5


def test_a_speed_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        centre().live(everything_open, 0.5)


def phone_closed_for_billing(need: Need, now: datetime) -> Mapping[str, str]:
    """What the hub answers once the switch is set: the product's own decision."""
    switch = Switch(
        id=1, version=1, channel="phone", reason="billing", state=State.CLOSED, why="overload",
        updated_at=NOON, expires_at=NOON + DAY,
    )  # fmt: skip
    context = Context(need.surface, need.reason, need.customer.segment, need.name)
    offers = effective([switch], DEFAULT_MODES, context, now)
    return {offer.channel: offer.state.value for offer in offers}


def new_contacts(simulator: Simulator, minutes: int) -> dict[str, Record]:
    """Who came in during the next minutes: the first fact that each contact ever told."""
    told = simulator.advance(NOON + timedelta(minutes=minutes))
    return {r.contact: r for r in told if r.id.endswith("-01") and r.what != "contained"}


def test_closing_the_phone_for_billing_moves_its_calls_to_chat_within_a_minute() -> None:
    as_it_is, closed = centre(), centre()
    as_it_is.live(everything_open, 20)
    closed.live(phone_closed_for_billing, 20)
    before = Counter((r.reason, r.channel) for r in new_contacts(as_it_is, 1).values())
    moved = new_contacts(closed, 1)
    after = Counter((r.reason, r.channel) for r in moved.values())
    # Who is in the menu already is let through; nobody new is.
    in_menu = [r for r in moved.values() if (r.reason, r.channel) == ("billing", "phone")]
    assert before["billing", "phone"] > len(in_menu)
    assert all(record.at < NOON + timedelta(seconds=41) for record in in_menu)
    assert after["billing", "chat"] > before["billing", "chat"]
    deflected = [r for r in moved.values() if r.wanted == "phone" and r.channel != "phone"]
    assert Counter(r.channel for r in deflected).most_common(1)[0][0] == "chat"
    assert {r.reason for r in deflected} == {"billing"}


def test_the_other_reasons_are_unmoved() -> None:
    as_it_is, closed = centre(), centre()
    as_it_is.live(everything_open, 5)
    closed.live(phone_closed_for_billing, 5)
    first, second = (
        {
            (name, r.at, r.channel, r.segment)
            for name, r in new_contacts(simulator, 30).items()
            if r.reason != "billing" and name[-1].isdigit()
        }
        for simulator in (as_it_is, closed)
    )
    assert len(first) > 100
    assert first == second


def phone_is(state: str, need: Need, now: datetime) -> Mapping[str, str]:
    return {"phone": state}


def test_a_tucked_channel_dissuades_most_and_a_promoted_one_attracts() -> None:
    shares = {}
    for state in ("tucked", "open", "promoted"):
        simulator = centre()
        simulator.live(partial(phone_is, state), 10)
        came = new_contacts(simulator, 20)
        shares[state] = sum(r.channel == "phone" for r in came.values()) / len(came)
    assert shares["tucked"] < 0.5 * shares["open"] < 0.5 * shares["promoted"]
    assert shares["tucked"] > 0


def test_where_everything_is_closed_nobody_comes_in() -> None:
    simulator = centre()
    closed = dict.fromkeys(("phone", "chat", "email", "messaging", "form", "callback"), "closed")
    simulator.live(lambda need, now: closed, 5)
    late = NOON + timedelta(minutes=2)
    came = [r for r in new_contacts(simulator, 30).values() if r.at > late]
    assert [r for r in came if r.contact[-1].isdigit()] == []


def test_what_an_earlier_run_left_open_is_answered_or_hangs_up() -> None:
    simulator = Simulator(7, NOON)
    simulator.resume(
        [
            OpenContact("old-mail", "email", "billing", "billing"),
            OpenContact("old-call", "phone", "delivery", "delivery"),
            OpenContact("old-chat", "chat", "technical", "technical"),
        ]
    )
    told = [r for r in simulator.advance(NOON + timedelta(hours=5)) if r.contact[:4] == "old-"]
    assert {"message_out", "resolved"} <= {r.what for r in told if r.contact == "old-mail"}
    assert [r.what for r in told if r.contact == "old-call"] == ["abandoned"]
    assert [r.what for r in told if r.contact == "old-chat"] == ["abandoned"]
    assert all(record.customer == {} for record in told)


# --- agents and bots --------------------------------------------------------------------


def test_the_wallboard_tells_who_works_and_is_an_eighth_of_all_facts_at_most() -> None:
    states = [record for record in week() if record.what == "agent_state"]
    assert {record.state for record in states} == {"available", "engaged", "paused", "offline"}
    assert 0.05 < len(states) / len(week()) < 1 / 8
    for record in states:
        assert record.agent is not None
        assert record.contact == f"agent:{record.agent}"
        assert (record.contacts is not None) == (record.state == "engaged")
    assert {record.contacts for record in states if record.channel == "chat"} == {None, 1, 2}
    assert {record.contacts for record in states if record.channel == "phone"} == {None, 1}


def test_an_agent_is_told_of_only_when_something_has_changed() -> None:
    last: dict[str, tuple[str | None, int | None]] = {}
    for record in week():
        if record.what == "agent_state":
            assert last.get(record.contact) != (record.state, record.contacts)
            last[record.contact] = (record.state, record.contacts)


def test_nobody_but_the_night_shift_is_there_at_night() -> None:
    there: dict[str, str | None] = {}
    at_four: set[str] = set()
    for record in week():
        local = record.at.astimezone(PARIS)
        if (local.date().isoformat(), local.hour) == ("2026-11-12", 4) and not at_four:
            at_four = {name for name, state in there.items() if state != "offline"}
        if record.what == "agent_state":
            there[record.contact] = record.state
    assert 0 < len(at_four) <= 6
    assert len(there) > 50


def test_the_bot_settles_hands_over_or_is_left_and_who_is_handed_over_comes_at_once() -> None:
    sessions: dict[str, list[Record]] = defaultdict(list)
    for record in week():
        if record.channel == "chatbot":
            sessions[record.contact].append(record)
    whole = [told for told in sessions.values() if len(told) == 2]
    fates = Counter(told[1].what for told in whole)
    assert all(told[0].what == "offered" for told in sessions.values())
    assert 0.5 < fates["contained"] / len(whole) < 0.62
    first = arrivals(week())
    handed = [told[1] for told in whole if told[1].what == "transferred"]
    settled = [told[1] for told in whole if told[1].what == "contained"]
    # Those who call go through the menu first; a few find nothing that suits them.
    came = [first[one.contact + "h"] for one in handed if one.contact + "h" in first]
    assert len(came) > 0.95 * len(handed) > 50
    assert all(after.channel != "chatbot" for after in came)
    assert not any(one.contact + "h" in first for one in settled)


def without_the_bot(need: Need, now: datetime) -> Mapping[str, str]:
    return {"chatbot": "closed"}


def test_a_closed_bot_begins_no_session_and_moves_nobody_else() -> None:
    simulators = centre(), centre()
    simulators[0].live(everything_open, 20)
    simulators[1].live(without_the_bot, 20)
    with_bot, without = (new_contacts(simulator, 20) for simulator in simulators)
    late = NOON + timedelta(minutes=5)
    assert any(r.channel == "chatbot" for r in with_bot.values() if r.at > late)
    assert not any(r.channel == "chatbot" for r in without.values())
    ordinary = [
        {name for name, r in came.items() if name[-1].isdigit()} for came in (with_bot, without)
    ]
    assert ordinary[0] == ordinary[1]
