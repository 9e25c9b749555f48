"""Slots follow what was seen: who answered, how long it took, what is expected."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.bootstrap import House
from app.calendar_book import CalendarBook, DayHours, WeekHours
from app.callback_desk.capacity import Slot
from app.callback_desk.planning import Planner
from app.callback_desk.terms import Terms, write_terms
from app.decision import Decision
from ingest.connector import Source
from ingest.events import Event

#: A Sunday evening in Paris.
NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
DECISION = Decision("otto", "tests", NOW)
#: Calls an hour, by the hour in UTC.
CALLS = {9: 48, 10: 48, 13: 4, 14: 4}
AGENTS = 4
TALK_S = 300
STEPS = (("queued", 0), ("answered", 10), ("closed", 10 + TALK_S))
MONDAY = date(2026, 11, 23)


def calls(day: datetime) -> list[Event]:
    """A weekday: two busy hours in the morning, two quiet ones after noon; four agents."""
    told = []
    for hour, many in CALLS.items():
        for number in range(many):
            name = f"{day:%m%d}-{hour}-{number}"
            at = day + timedelta(hours=hour, seconds=number * 3600 / many)
            for step, (kind, later) in enumerate(
                [("queued", 0), ("answered", 10), ("closed", 310)]
            ):
                told.append(
                    Event(
                        event_id=f"{name}-{step}", kind=kind, contact_id=name, channel="phone",
                        occurred_at=at + timedelta(seconds=later), reason="billing",
                        agent=None if step == 0 else f"a{number % AGENTS}",
                        talk_ms=TALK_S * 1000 if kind == "closed" else None,
                    )
                )  # fmt: skip
    return told


@pytest.fixture
def seen(house: House) -> House:
    """Four weeks of weekdays."""
    days = [NOW.replace(hour=0) - timedelta(days=ago) for ago in range(2, 30)]
    events = [event for day in days if day.weekday() < 5 for event in calls(day)]
    house.store.load(Source("pbx", "simulator"), events, now=NOW)
    return house


def planner(house: House) -> Planner:
    return Planner(house.database, house.settings.tz, "FR")


def monday(slots: list[Slot]) -> dict[str, tuple[int, str]]:
    """Room and load by the time in UTC."""
    return {
        f"{slot.start:%H:%M}": (slot.capacity, slot.load)
        for slot in slots
        if slot.start.date() == MONDAY
    }


def test_slots_have_room_where_the_forecast_is_lighter_and_those_come_first(seen: House) -> None:
    one = planner(seen)
    plan = one.plan(NOW)
    found = monday(plan.slots("", NOW))
    # 4 agents × 30 min × 0.85 = 102 min.  Some 24 calls of 5 leave no place, 2 of them nine.
    assert found["09:00"] == (0, "busy")
    assert (8 <= found["13:00"][0] <= 10, found["13:00"][1]) == (True, "light")
    assert found["17:00"][0] == 0, "nobody answered at that hour a week ago"
    free = one.free(plan, "", NOW)
    assert {f"{slot.start:%H}" for slot in free[:4]} <= {"13", "14"}
    assert [slot.place for slot in free] == sorted(slot.place for slot in free)


def test_agents_and_hours_that_are_told_go_before_those_seen(seen: House) -> None:
    with seen.database.engine.begin() as connection:
        write_terms(connection, "billing", Terms(agents=1, slot_minutes=60), DECISION)
    plan = planner(seen).plan(NOW)
    billing = monday(plan.slots("billing", NOW))
    assert billing["09:00"][0] == 0
    # 60 min × 0.85, less four calls of five minutes, and half of that.
    assert (billing["13:00"][0] in (2, 3, 4), billing["17:00"][0]) == (True, 5)
    assert monday(plan.slots("", NOW))["13:30"][0] > 5


def test_calendars_close_slots(seen: House) -> None:
    book = CalendarBook(seen.database, "Europe/Paris")
    closed = DayHours(MONDAY, "closed", why="holiday")
    book.add([WeekHours(hours="mon-fri 14:00-18:00")], [closed], DECISION)
    one = planner(seen)
    slots = one.plan(NOW).slots("", NOW)
    assert monday(slots) == {}
    assert {slot.start.hour for slot in slots} == {13, 14, 15, 16}


def test_what_was_read_stands_for_some_seconds_and_no_longer(house: House) -> None:
    one = planner(house)
    before = one.plan(NOW)
    with house.database.engine.begin() as connection:
        write_terms(connection, "*", Terms(unknown=7), DECISION)
    assert one.plan(NOW + timedelta(seconds=29)) is before
    after = one.plan(NOW + timedelta(seconds=31))
    assert {slot.capacity for slot in after.slots("", NOW)} == {7}
