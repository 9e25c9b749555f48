"""Slots come from opening hours, agents and the forecast."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from app.callback_desk.capacity import Staffed, grid, hours_open, load, room
from app.callback_desk.outlook import Outlook
from app.callback_desk.terms import Terms, changed
from app.errors import WrongUse
from kpis.calendars import Calendar, Calendars, ExceptionalDay, Scope
from kpis.opening_hours import day_hours, week_hours

PARIS = ZoneInfo("Europe/Paris")
#: A Monday in Paris, 9:50 there.
NOW = datetime(2026, 11, 23, 8, 50, tzinfo=UTC)
WEEK = Calendar(Scope(), date(2026, 1, 1), PARIS, week_hours("mon-fri 09:00-12:00,14:00-17:00"))


def begins(calendars: Calendars, terms: Terms, now: datetime = NOW, reason: str = "") -> list[str]:
    spans = hours_open(calendars, terms, reason, PARIS, now)
    slots = grid(spans, terms, PARIS, now)
    return [f"{start.astimezone(PARIS):%a %H:%M}" for start, _ in slots]


def test_slots_lie_whole_within_the_opening_hours_from_the_lead_on() -> None:
    terms = Terms(slot_minutes=60, ahead_days=1)
    assert begins(Calendars.of([WEEK]), terms) == [
        "Mon 11:00", "Mon 14:00", "Mon 15:00", "Mon 16:00",
        "Tue 09:00", "Tue 10:00", "Tue 11:00", "Tue 14:00", "Tue 15:00", "Tue 16:00",
    ]  # fmt: skip


def test_a_reason_an_exception_and_the_terms_narrow_them() -> None:
    billing = Calendar(
        Scope(reason="billing"), date(2026, 1, 1), PARIS, week_hours("tue 10:30-13:00")
    )
    closed = ExceptionalDay(Scope(), date(2026, 11, 23), day_hours("closed"), PARIS)
    terms = Terms(slot_minutes=60, ahead_days=1)
    assert begins(Calendars.of([WEEK, billing]), terms, reason="billing") == [
        "Tue 11:00", "Tue 12:00",
    ]  # fmt: skip
    assert begins(Calendars.of([WEEK], [closed]), terms)[0] == "Tue 09:00"
    # Where no calendar closes nobody is called at night.
    assert begins(Calendars(), Terms(slot_minutes=240, ahead_days=1)) == [
        "Mon 12:00", "Mon 16:00", "Tue 08:00", "Tue 12:00", "Tue 16:00",
    ]  # fmt: skip


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_no_slot_is_longer_or_shorter_on_the_day_the_clock_changes(day: str) -> None:
    terms = Terms(slot_minutes=120, ahead_days=1, hours="24/7")
    now = datetime.fromisoformat(f"{day}T00:00+01:00").astimezone(UTC) - timedelta(hours=3)
    slots = grid(hours_open(Calendars(), terms, "", PARIS, now), terms, PARIS, now)
    assert {end - start for start, end in slots} == {timedelta(hours=2)}
    assert all(end <= after for (_, end), (after, _) in pairwise(slots))


def test_what_the_forecast_leaves_free_makes_the_room() -> None:
    # 4 agents × 30 min × 0.85 = 102 min; 60 of calls leave 42; half of it is 4 contacts of 5.
    terms = Terms()
    assert room(terms, Staffed(4, 3600), 1800, 300) == 4
    assert room(terms, Staffed(4, 6300), 1800, 300) == 0
    assert room(terms, Staffed(0, 0), 1800, 300) == 0
    assert room(terms, Staffed(1000, 0), 1800, 300) == terms.most
    assert room(terms, Staffed(None, 3600), 1800, 300) == terms.unknown
    assert room(Terms(most=1), Staffed(None, 0), 1800, 300) == 1


def test_a_slot_is_busy_by_its_agents_or_beside_the_mean() -> None:
    assert [load(Staffed(2, work), 1800, 0) for work in (2000, 2200, 2900)] == [
        "light", "normal", "busy",
    ]  # fmt: skip
    assert [load(Staffed(None, work), 1800, 100) for work in (70, 100, 130)] == [
        "light", "normal", "busy",
    ]  # fmt: skip
    assert load(Staffed(None, 0), 1800, 0) == "normal"


def test_calls_of_a_quarter_that_a_slot_shares_count_in_part() -> None:
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    quarters = tuple(start + timedelta(minutes=15 * number) for number in range(3))
    told = Outlook(PARIS, 100.0, quarters, {"*": (3.0, 6.0, 9.0)}, {"*": {(0, 10): 5}})
    minutes = timedelta(minutes=1)
    assert told.staffed("*", None, start, start + 30 * minutes) == Staffed(5, 900)
    assert told.staffed("*", 2, start + 10 * minutes, start + 20 * minutes) == Staffed(2, 300)
    # An hour of the week in which nobody answered has no agents; without any nobody knows.
    assert told.staffed("*", None, start + 75 * minutes, start + 90 * minutes).agents == 0
    assert told.staffed("billing", None, start, start + 30 * minutes) == Staffed(None, 0)


@pytest.mark.parametrize(
    "told",
    [{"agents": -1}, {"occupancy": 0}, {"slot_minutes": 1}, {"colour": 1}, {"tries": "often"}],
)
def test_terms_that_make_no_sense_are_refused(told: dict[str, object]) -> None:
    with pytest.raises(WrongUse, match="no terms of callbacks"):
        changed(Terms(), told)


def test_terms_change_by_what_is_told() -> None:
    assert changed(Terms(agents=3), {"hours": "MON 9:00-12:00", "share": 1}) == Terms(
        agents=3, hours="mon 09:00-12:00", share=1.0
    )
