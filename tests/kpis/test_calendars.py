"""Calendars: who decides, and for how long it is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.calendars import Calendar, Calendars, ExceptionalDay, Scope
from kpis.errors import WrongQuery
from kpis.opening_hours import day_hours, day_text, week_hours, week_text

PARIS = ZoneInfo("Europe/Paris")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
ZONES = ["Europe/Paris", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu"]
OFFICE = "mon-fri 08:00-12:00,13:00-18:00; sat 09:00-12:00"
PHONE = Scope("phone")
BILLING = Scope("phone", "billing")


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def calendar(
    scope: Scope = Scope(),
    hours: str | None = OFFICE,
    since: str = "2020-01-01",
    zone: ZoneInfo = PARIS,
    country: str | None = None,
    region: str | None = None,
    on_holidays: str = "closed",
) -> Calendar:
    week = None if hours is None else week_hours(hours)
    first = date.fromisoformat(since)
    return Calendar(scope, first, zone, week, country, region, day_hours(on_holidays))


def exception(day: str, hours: str, scope: Scope = Scope(), why: str = "") -> ExceptionalDay:
    return ExceptionalDay(scope, date.fromisoformat(day), day_hours(hours), PARIS, why)


def hours_between(calendars: Calendars, scope: Scope, start: str, end: str) -> float:
    return calendars.business_ms(scope, at(start), at(end)) / 3_600_000


def test_the_hours_of_a_week_are_open_to_the_minute() -> None:
    office = Calendars.of([calendar()])
    tick = timedelta(microseconds=1)
    opens, closes = at("2024-03-04T08:00"), at("2024-03-04T12:00")
    assert not office.is_open(PHONE, opens - tick)
    assert office.is_open(PHONE, opens)
    assert office.is_open(PHONE, closes - tick)
    assert not office.is_open(PHONE, closes)
    assert not office.is_open(PHONE, at("2024-03-10T10:00"))  # a Sunday


def test_next_opening_and_closing_skip_the_night_and_the_sunday() -> None:
    office = Calendars.of([calendar()])
    saturday = at("2024-03-09T12:00")
    assert office.next_opening(PHONE, saturday) == at("2024-03-11T08:00")
    assert office.next_opening(PHONE, at("2024-03-11T08:30")) == at("2024-03-11T08:30")
    assert office.next_closing(PHONE, at("2024-03-11T08:30")) == at("2024-03-11T12:00")
    assert office.next_closing(PHONE, saturday) == saturday


def test_business_time_counts_open_hours_only() -> None:
    office = Calendars.of([calendar()])
    assert hours_between(office, PHONE, "2024-03-08T17:00", "2024-03-11T09:00") == 1 + 3 + 1
    assert hours_between(office, PHONE, "2024-03-04", "2024-03-11") == 5 * 9 + 3
    assert hours_between(office, PHONE, "2024-03-04T12:10", "2024-03-04T12:50") == 0
    assert hours_between(office, PHONE, "2024-03-04T10:00", "2024-03-04T09:00") == 0


def test_without_a_calendar_it_is_always_open() -> None:
    nothing = Calendars()
    assert nothing.is_open(BILLING, at("2024-12-25T03:00"))
    assert nothing.next_closing(BILLING, at("2024-12-25T03:00")) is None
    assert hours_between(nothing, BILLING, "2024-03-01", "2024-03-03") == 48
    assert "no calendar" in nothing.because(BILLING, at("2024-12-25T03:00"))


def test_what_never_opens_has_no_next_opening() -> None:
    closed = Calendars.of([calendar(hours="closed")])
    assert closed.next_opening(PHONE, at("2024-03-04")) is None


def test_the_most_specific_scope_decides_queue_before_reason_before_channel() -> None:
    scopes = {
        "01": Scope(),
        "02": Scope("phone"),
        "03": Scope(reason="fraud"),
        "04": Scope(queue="vip"),
        "05": Scope("phone", reason="fraud"),
        "06": Scope("phone", "vip"),
        "07": Scope(queue="vip", reason="fraud"),
        "08": Scope("phone", "vip", "fraud"),
    }
    asked = Scope("phone", "vip", "fraud")
    for number in range(len(scopes), 0, -1):
        kept = list(scopes.items())[:number]
        calendars = Calendars.of(
            calendar(scope, f"mon-sun {hour}:00-{hour}:30") for hour, scope in kept
        )
        assert calendars.next_opening(asked, at("2024-03-04")) == at(f"2024-03-04T{number:02}:00")
        assert calendars.next_opening(Scope("chat", "other"), at("2024-03-04")) == at(
            "2024-03-04T01:00"
        )


def test_a_new_calendar_counts_from_its_day_on_and_a_withdrawn_one_gives_way() -> None:
    changed = Calendars.of(
        [
            calendar(hours="mon-fri 09:00-17:00"),
            calendar(PHONE, "mon-fri 08:00-20:00", since="2024-03-05"),
            calendar(PHONE, None, since="2024-03-07"),
        ]
    )
    closes = {day: changed.next_closing(PHONE, at(f"2024-03-0{day}T10:00")) for day in (4, 5, 6, 7)}
    hours = {4: 17, 5: 20, 6: 20, 7: 17}
    assert closes == {day: at(f"2024-03-0{day}T{hour}:00") for day, hour in hours.items()}


def test_the_first_day_with_a_calendar_begins_where_the_day_before_ends() -> None:
    closed = Calendars.of([], [exception("2026-11-23", "closed")])
    assert closed.is_open(Scope(), at("2026-11-22T23:59"))
    assert not closed.is_open(Scope(), at("2026-11-23T00:30"))
    assert closed.is_open(Scope(), at("2026-11-24T00:00"))


def test_public_holidays_depend_on_country_and_region() -> None:
    france = calendar(Scope("phone"), country="FR")
    moselle = calendar(Scope("phone", "metz"), country="FR", region="57")
    calendars = Calendars.of([france, moselle])
    may_day, saint_stephen = at("2024-05-01T10:00"), at("2024-12-26T10:00")
    assert not calendars.is_open(PHONE, may_day)
    assert "Labor Day" in calendars.because(PHONE, may_day)
    assert calendars.is_open(PHONE, saint_stephen)
    assert not calendars.is_open(Scope("phone", "metz"), saint_stephen)
    short = Calendars.of([calendar(country="FR", on_holidays="10:00-11:00")])
    assert hours_between(short, PHONE, "2024-05-01", "2024-05-02") == 1


def test_an_exception_goes_before_holidays_and_before_a_more_specific_week() -> None:
    calendars = Calendars.of(
        [calendar(country="FR"), calendar(BILLING, "24/7")],
        [
            exception("2024-05-01", "09:00-10:00", why="hotline"),
            exception("2024-03-06", "closed", why="stocktaking"),
            exception("2024-03-06", "14:00-15:00", BILLING),
        ],
    )
    assert calendars.is_open(PHONE, at("2024-05-01T09:30"))
    assert calendars.because(PHONE, at("2024-05-01T09:30")) == "exception: hotline"
    assert not calendars.is_open(PHONE, at("2024-03-06T14:30"))
    assert hours_between(calendars, BILLING, "2024-03-06", "2024-03-07") == 1
    assert hours_between(calendars, Scope("chat"), "2024-03-06", "2024-03-07") == 0


def test_hours_across_midnight_belong_to_the_day_they_began_on() -> None:
    night = Calendars.of([calendar(hours="fri 22:00-06:00")], [exception("2024-03-16", "closed")])
    assert night.is_open(PHONE, at("2024-03-09T05:59"))
    assert not night.is_open(PHONE, at("2024-03-10T05:59"))
    assert night.open_spans(PHONE, at("2024-03-15"), at("2024-03-18")) == [
        (at("2024-03-15T22:00"), at("2024-03-16T06:00"))
    ]


def test_days_that_touch_at_midnight_are_one_span() -> None:
    always = Calendars.of([calendar(hours="24/7")])
    start, end = at("2024-03-25"), at("2024-04-05")
    assert always.open_spans(PHONE, start, end) == [(start, end)]
    assert always.next_closing(PHONE, start) is None
    weekend = Calendars.of([calendar(hours="fri 20:00-24:00; sat-sun 00:00-24:00")])
    assert weekend.next_closing(PHONE, at("2024-03-08T21:00")) == at("2024-03-11T00:00")


@pytest.mark.parametrize(
    ("hours", "open_hours"),
    [("00:00-24:00", 23), ("01:00-04:00", 2), ("02:15-02:45", 0), ("22:00-06:00", 8)],
)
def test_the_day_that_loses_an_hour_is_open_for_that_much_less(
    hours: str, open_hours: float
) -> None:
    spring = Calendars.of([calendar(hours=f"sun {hours}")])
    assert hours_between(spring, PHONE, "2024-03-31", "2024-04-02") == open_hours


@pytest.mark.parametrize(
    ("hours", "open_hours"),
    [("00:00-24:00", 25), ("01:00-04:00", 4), ("02:15-02:45", 1.5), ("08:00-18:00", 10)],
)
def test_the_day_that_has_an_hour_twice_is_open_in_both(hours: str, open_hours: float) -> None:
    autumn = Calendars.of([calendar(hours=f"sun {hours}")])
    assert hours_between(autumn, PHONE, "2024-10-27", "2024-10-29") == open_hours


def test_every_calendar_keeps_the_time_of_its_own_zone() -> None:
    calendars = Calendars.of(
        [
            calendar(Scope(queue="paris"), "mon-fri 09:00-17:00"),
            calendar(
                Scope(queue="kathmandu"), "mon-fri 09:00-17:00", zone=ZoneInfo("Asia/Kathmandu")
            ),
        ],
        [exception("2024-03-05", "closed")],
    )
    monday = datetime(2024, 3, 4, tzinfo=UTC)
    assert calendars.next_opening(Scope(queue="paris"), monday) == monday + timedelta(hours=8)
    nepal = Scope(queue="kathmandu")
    assert calendars.next_opening(nepal, monday) == monday + timedelta(hours=3, minutes=15)
    tuesday = monday + timedelta(days=1)
    assert calendars.next_opening(nepal, tuesday) == tuesday + timedelta(hours=27, minutes=15)


def test_words_that_no_calendar_names_are_not_remembered() -> None:
    office = Calendars.of([calendar(BILLING)])
    for number in range(50):
        office.is_open(Scope("phone", f"made-up-{number}", f"odd-{number}"), at("2024-03-04"))
    assert {scope for scope, _day in office._known} == {PHONE}


@pytest.mark.parametrize(
    "text", ["24/7", "closed", OFFICE, "mon-sun 22:00-06:00", "wed 00:00-24:00"]
)
def test_hours_are_written_as_they_are_read(text: str) -> None:
    assert week_text(week_hours(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no hours: write mon-fri 08:00-18:00"),
        ("lun 08:00-18:00", "is no part of a week"),
        ("mon 08:00", "are no hours"),
        ("mon 25:00-26:00", "ends at 24:00"),
        ("mon 08:00-08:00", "all day is 00:00-24:00"),
        ("mon 08:60-09:00", "are no hours"),
        ("sun 8:5-9:00", "are no hours"),
        ("mon 08:00-12:00,11:00-13:00", "overlap"),
        ("mon 08:00-12:00; mon-tue 14:00-15:00", "names mon twice"),
        ("mon ٠٨:00-18:00", "are no hours"),
    ],
)
def test_hours_that_nobody_can_read_are_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(WrongQuery, match=said) as refused:
        week_hours(text)
    assert "\n" not in str(refused.value)


def test_a_country_that_nobody_knows_is_refused() -> None:
    with pytest.raises(WrongQuery, match="no public holidays of «XX» are known"):
        Calendars.of([calendar(country="XX")]).is_open(PHONE, at("2024-03-04"))


def test_naive_times_are_refused() -> None:
    naive = datetime(2024, 3, 4)  # noqa: DTZ001
    with pytest.raises(WrongQuery, match="need a time zone"):
        Calendars().is_open(PHONE, naive)


_MINUTES = st.integers(0, 24 * 60 - 1)
_SPANS = st.tuples(_MINUTES, st.integers(1, 24 * 60)).filter(lambda span: span[0] != span[1])


@settings(max_examples=60, deadline=None)
@given(
    week=st.lists(_SPANS, min_size=7, max_size=7),
    start=st.datetimes(datetime(2024, 3, 25), datetime(2024, 4, 5)),  # noqa: DTZ001
    minutes=st.integers(1, 4 * 24 * 60),
    zone=st.sampled_from(
        ["Europe/Paris", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu"]
    ),
)
def test_spans_are_apart_and_say_what_is_open_says(
    week: list[tuple[int, int]], start: datetime, minutes: int, zone: str
) -> None:
    """The oracle: minute by minute, the clock on the wall beside the hours."""
    hours = tuple(((first, last if last > first else last + 1440),) for first, last in week)
    each = Calendar(Scope(), date(2020, 1, 1), ZoneInfo(zone), hours)
    calendars = Calendars.of([each])
    begin = start.replace(second=0, microsecond=0, tzinfo=UTC)
    end = begin + timedelta(minutes=minutes)
    spans = calendars.open_spans(PHONE, begin, end)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    assert all(begin <= opens < closes <= end for opens, closes in spans)
    for number in range(0, minutes, 7):
        moment = begin + timedelta(minutes=number)
        assert calendars.is_open(PHONE, moment) == any(a <= moment < b for a, b in spans)
        wall = moment.astimezone(each.zone)
        if wall.replace(fold=0).utcoffset() == wall.replace(fold=1).utcoffset():
            assert calendars.is_open(PHONE, moment) == _open_on_the_wall(hours, wall)


def _open_on_the_wall(hours: tuple[tuple[tuple[int, int], ...], ...], wall: datetime) -> bool:
    minute = wall.hour * 60 + wall.minute
    today, yesterday = hours[wall.weekday()], hours[wall.weekday() - 1]
    return any(first <= minute < last for first, last in today) or any(
        first <= minute + 1440 < last for first, last in yesterday
    )


def test_hours_of_a_day_are_written_as_they_are_read() -> None:
    assert day_text(day_hours("13:00-18:00, 08:00-12:00")) == "08:00-12:00,13:00-18:00"
    assert day_text(day_hours("closed")) == "closed"
