"""Forecast: what is expected, how sure that is, and what it must never be fooled by."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.database import Database
from ingest.events import Event
from kpis.errors import WrongQuery
from kpis.forecast import Forecast, forecast
from kpis.forecasting.axis import axis
from kpis.forecasting.bands import SHARES, bands
from kpis.forecasting.history import History
from kpis.forecasting.outlook import Learnt, Outlook, outlook
from kpis.forecasting.staffing import staffing
from tests.kpis.conftest import Write
from tests.kpis.pasts import PARIS, office, past
from tests.kpis.telling import MONDAY, contact

#: Monday 4 March 2024, 10:00 in Paris; the contacts of the three weeks before are written.
NOW = MONDAY


def seen(history: History, day: int, slot: int = 0, ahead: int = 0) -> Outlook:
    return outlook(Learnt(history), int(history.axis.edges[day]) + slot, ahead)


def by_day(history: History, found: Outlook) -> list[float]:
    """Expected contacts of all channels by day from the outlook's own."""
    days = history.axis.day[found.origin : found.origin + found.expected.shape[1]] - found.today
    totals: list[float] = np.bincount(days, found.expected.sum(axis=0)).tolist()
    return totals


# --- the profile -----------------------------------------------------------------------


def test_a_steady_week_is_expected_to_go_on() -> None:
    history = past({"phone": office(20, sunday=4)})
    week = by_day(history, seen(history, 28, ahead=6))
    assert week == pytest.approx([800, 800, 800, 800, 800, 400, 160], rel=0.03)


def test_a_day_of_25_hours_has_100_quarters_and_one_of_23_has_92() -> None:
    """Clocks in Paris: back on 25 October 2026, forward on 28 March 2027."""
    always = {"phone": lambda day, weekday, slot: 10 if 8 <= slot < 12 else 4}
    autumn, spring = past(always, date(2026, 9, 28), 27), past(always, date(2027, 3, 1), 27)
    for history, quarters, nightly in ((autumn, 100, 80), (spring, 92, 0)):
        found = seen(history, 27)
        night = (history.axis.slot[found.origin :] // 4 == 2)[: found.expected.shape[1]]
        assert found.expected.shape[1] == quarters
        assert found.expected[0, night].sum() == pytest.approx(nightly, rel=0.2)


def test_the_local_times_of_a_day_are_those_of_its_clocks() -> None:
    autumn = axis(date(2026, 10, 25), 1, PARIS, None)
    spring = axis(date(2027, 3, 28), 1, PARIS, None)
    assert autumn.slot.tolist() == [*range(12), *range(8, 96)]
    assert spring.slot.tolist() == [*range(8), *range(12, 96)]
    for line in (autumn, spring):
        assert line.moment(0).astimezone(PARIS).hour == 0
        assert line.moment(len(line.starts) - 1).astimezone(PARIS).strftime("%H:%M") == "23:45"


def test_a_past_with_clock_changes_is_learnt_by_local_time() -> None:
    """The busy hour is 9:00 in Paris before and after the change."""
    busy = {"phone": lambda day, weekday, slot: 40 if 36 <= slot < 40 else 2}
    history = past(busy, date(2026, 10, 12), 21)
    found = seen(history, 21)
    assert sorted(np.argsort(found.expected[0])[-4:]) == [36, 37, 38, 39]


def test_a_holiday_is_taken_for_a_sunday_until_holidays_have_been_seen() -> None:
    """11 November 2026 is a Wednesday."""
    quiet = past({"phone": office(20, sunday=2)}, date(2026, 10, 5), 37, country="FR")
    plain = past({"phone": office(20, sunday=2)}, date(2026, 10, 5), 37)
    assert by_day(quiet, seen(quiet, 37))[0] == pytest.approx(80, rel=0.15)
    assert by_day(plain, seen(plain, 37))[0] == pytest.approx(800, rel=0.05)


def test_a_centre_that_works_on_holidays_is_learnt() -> None:
    """14 July 2026, a Tuesday, was worked; 15 August, a Saturday, comes."""
    history = past({"phone": office(20)}, date(2026, 6, 29), 47, country="FR")
    assert history.axis.holiday[15]
    assert by_day(history, seen(history, 47))[0] > 200


def test_a_dead_feed_is_no_quiet_day() -> None:
    def count(day: int, weekday: int, slot: int) -> int:
        return 0 if day in (21, 22) else office(20)(day, weekday, slot)

    whole, broken = past({"phone": office(20)}), past({"phone": count})
    assert by_day(broken, seen(broken, 28, ahead=2)) == pytest.approx(
        by_day(whole, seen(whole, 28, ahead=2)), rel=0.03
    )


def test_what_has_stopped_for_more_than_a_week_is_no_gap() -> None:
    def count(day: int, weekday: int, slot: int) -> int:
        return 0 if day >= 18 else office(20)(day, weekday, slot)

    stopped = past({"phone": count})
    assert by_day(stopped, seen(stopped, 28))[0] < 400


def test_a_rise_of_late_is_followed() -> None:
    def count(day: int, weekday: int, slot: int) -> int:
        return office(30 if day >= 21 else 20)(day, weekday, slot)

    risen = past({"phone": count})
    assert 1000 < by_day(risen, seen(risen, 28))[0] <= 1200


def test_nothing_that_comes_after_the_origin_changes_the_forecast() -> None:
    history = past({"phone": office(20), "chat": office(6)})
    origin = int(history.axis.edges[21]) + 40
    other = replace(history, offered=history.offered.copy())
    other.offered[:, origin:] = 1000
    one, two = (outlook(Learnt(each), origin, 6) for each in (history, other))
    assert np.array_equal(one.expected, two.expected)
    assert np.array_equal(one.spread, two.spread)


# --- today -----------------------------------------------------------------------------


def today_goes(history: History, factor: float, until: int) -> None:
    """Day 28, a Monday, happens: `factor` times an ordinary one, up to the slot."""
    begin = int(history.axis.edges[28])
    for row, usual in zip(history.offered, (20, 8), strict=False):
        row[begin : begin + until] = [
            round(factor * office(usual)(28, 0, slot)) for slot in range(until)
        ]


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.5])
def test_what_came_this_morning_scales_the_rest_of_the_day(factor: float) -> None:
    def uneven(day: int, weekday: int, slot: int) -> int:
        return round(office(20)(day, weekday, slot) * (1 + 0.15 * (-1) ** (day // 2)))

    history = past({"phone": uneven})
    morning = by_day(history, seen(history, 28))[0]
    today_goes(history, factor, 52)
    found = seen(history, 28, 52)
    rest = found.expected.sum()
    assert found.factors[0] == pytest.approx(factor, rel=0.25)
    assert (rest > morning / 2 * 1.1) == (factor > 1.2)
    assert (rest < morning / 2 * 0.9) == (factor < 0.8)


def test_a_feed_that_fell_silent_this_morning_does_not_empty_the_afternoon() -> None:
    history = past({"phone": office(20), "chat": office(8)})
    today_goes(history, 1.0, 56)
    begin = int(history.axis.edges[28])
    history.offered[0, begin + 40 : begin + 56] = 0
    found = seen(history, 28, 56)
    assert found.silent == ("phone",)
    assert found.expected[0].sum() == pytest.approx(20 * 16, rel=0.06)


# --- bands -----------------------------------------------------------------------------


def quantile(mean: float, spread: float, share: float) -> int:
    """The negative binomial's, counted out one by one."""
    r = 1 / spread
    below, count = 0.0, -1
    while below < share:
        count += 1
        chance = math.lgamma(count + r) - math.lgamma(r) - math.lgamma(count + 1)
        chance += r * math.log(r / (r + mean)) + count * math.log(mean / (r + mean))
        below += math.exp(chance)
    return count


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 0.1), (3.0, 0.02), (12.0, 0.5), (58.0, 0.05)])
def test_bands_are_the_quantiles_of_the_distribution(mean: float, spread: float) -> None:
    found = bands(np.array([mean]), np.array([spread]))[:, 0]
    assert found.tolist() == [quantile(mean, spread, share) for share in SHARES]


def test_without_spread_bands_are_those_of_poisson() -> None:
    assert bands(np.array([3.0]), np.array([0.0]))[:, 0].tolist() == [1, 2, 4, 6]


@pytest.mark.parametrize("spread", [0.001, 0.05])
def test_where_bands_are_approximated_they_are_off_by_little(spread: float) -> None:
    found = bands(np.array([200.0]), np.array([spread]))[:, 0]
    exact = [quantile(200.0, spread, share) for share in SHARES]
    assert found == pytest.approx(exact, abs=1.5)


@given(st.floats(0, 5000), st.floats(0, 1))
def test_bands_lie_within_each_other_and_grow_with_the_spread(mean: float, spread: float) -> None:
    low90, low50, high50, high90 = bands(np.array([mean]), np.array([spread]))[:, 0]
    assert 0 <= low90 <= low50 <= high50 <= high90
    wider = bands(np.array([mean]), np.array([spread + 0.5]))[:, 0]
    assert wider[3] >= high90 - 1


# --- the whole, from the database ------------------------------------------------------


def three_weeks(until: datetime = NOW) -> list[Event]:
    """From 12 February 2024: calls on the hour and the half, mails at 9 and 15, on weekdays."""
    told: list[Event] = []
    for day in range(22):
        start = datetime(2024, 2, 12, 8, tzinfo=PARIS) + timedelta(days=day)
        if start.weekday() >= 5:
            continue
        for number in range(80):
            at = start + timedelta(minutes=7 * number)
            channel = "email" if number % 4 == 0 else "phone"
            reason = "billing" if number % 3 else "delivery"
            if at < until:
                told += contact(f"{day}-{number}", at, "answered" if channel == "phone" else None,
                                talk_s=240 if channel == "phone" else None,
                                channel=channel, reason=reason)  # fmt: skip
    return told


def ask(database: Database, horizon: str = "1d", **words: object) -> Forecast:
    with database.engine.connect() as connection:
        return forecast(connection, NOW, PARIS, horizon, **words)  # type: ignore[arg-type]


def test_lines_are_quarters_from_the_one_that_runs_and_add_up(
    database: Database, write: Write
) -> None:
    write(three_weeks())
    found = ask(database)
    assert found.quarters[0] == NOW
    assert len(found.quarters) == 56 + 96
    lines = {(line.channel, line.reason): line for line in found.lines}
    assert set(lines) == {
        (channel, reason)
        for channel in ("phone", "email")
        for reason in (None, "billing", "delivery")
    } | {(None, None)}
    for line in found.lines:
        assert len(line.expected) == len(line.low90) == len(line.high50) == len(found.quarters)
    for channel in ("phone", "email"):
        parts = [sum(lines[channel, reason].expected) for reason in ("billing", "delivery")]
        assert sum(parts) == pytest.approx(sum(lines[channel, None].expected), abs=0.1)
    whole = sum(sum(lines[channel, None].expected) for channel in ("phone", "email"))
    assert sum(lines[None, None].expected) == pytest.approx(whole, abs=0.1)
    billing = sum(lines["phone", "billing"].expected) / sum(lines["phone", None].expected)
    assert billing == pytest.approx(2 / 3, abs=0.05)


def test_days_count_what_has_come_today(database: Database, write: Write) -> None:
    write(three_weeks())
    found = ask(database, by="channel")
    today, tomorrow = [line for line in found.days if line.channel == "phone"]
    assert (today.day, today.so_far) == (date(2024, 3, 4), 13)
    assert today.expected == pytest.approx(60, rel=0.1)
    assert today.low90 >= today.so_far
    assert (tomorrow.so_far, tomorrow.day) == (0, date(2024, 3, 5))
    assert tomorrow.low90 <= tomorrow.low50 <= 60 <= tomorrow.high50 <= tomorrow.high90


def test_a_channel_that_opens_goes_by_its_siblings_and_says_so(
    database: Database, write: Write
) -> None:
    write(three_weeks())
    found = ask(database, by="channel", opening={"video": 0.05})
    lines = {line.channel: line for line in found.lines}
    video, phone, total = lines["video"], lines["phone"], lines[None]
    assert video.basis.code == "opening"
    assert "5.0%" in video.basis.words["en"]
    assert "phone" in video.basis.words["fr"]
    assert sum(video.expected) == pytest.approx(0.05 * sum(total.expected), rel=0.15)
    busiest = int(np.argmax(phone.expected))
    assert video.expected[busiest] == max(video.expected)
    widths = [(sum(line.high90) - sum(line.low90)) / sum(line.expected) for line in (video, phone)]
    assert widths[0] > widths[1]


def test_a_channel_that_began_last_week_leans_on_the_others(
    database: Database, write: Write
) -> None:
    began = datetime(2024, 2, 29, 8, tzinfo=PARIS)
    chats = [
        event
        for number in range(40)
        for event in contact(
            f"chat-{number}", began + timedelta(minutes=13 * number), "answered", channel="chat"
        )
    ]
    write([*three_weeks(), *chats])
    chat = next(line for line in ask(database, by="channel").lines if line.channel == "chat")
    assert chat.basis.code == "short"
    assert "few" in chat.basis.words["en"]
    found = ask(database, "7d", by="channel")
    days = {line.day: line.expected for line in found.days if line.channel == "chat"}
    # It was seen on a Thursday only: the weekend is that of the others.
    assert days[date(2024, 3, 9)] < days[date(2024, 3, 6)] / 3


def test_without_contacts_there_is_no_line_and_nothing_to_open_by(database: Database) -> None:
    assert ask(database).lines == []
    with pytest.raises(WrongQuery, match="no other channel has a history"):
        ask(database, opening={"video": None})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"horizon": "9d"}, "no horizon «9d»"),
        ({"country": "XX"}, "no public holidays of «XX»"),
        ({"opening": {"video": 5.0}}, "write 0.05 for 5 %"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(
    database: Database, write: Write, words: dict[str, object], said: str
) -> None:
    write(three_weeks())
    with pytest.raises(WrongQuery, match=said):
        ask(database, **{"horizon": "1d", **words})  # type: ignore[arg-type]


def test_agents_needed_and_what_those_there_are_achieve(database: Database, write: Write) -> None:
    write(three_weeks())
    with database.engine.connect() as connection:
        found = forecast(connection, NOW, PARIS, "today", by="channel")
        few, many = (staffing(connection, found, {"phone": agents}) for agents in (1, 4))
    assert {row.channel for row in few} == {"phone"}
    open_hours = [n for n, row in enumerate(few) if row.expected > 1]
    assert len(open_hours) > 20
    for number in open_hours:
        one, four = few[number], many[number]
        # 1.6 calls of 4 minutes a quarter: 0.4 erlang.
        assert 2 <= one.needed <= 3
        assert one.service_level is not None
        assert four.service_level is not None
        assert one.service_level < 0.8 < four.service_level
