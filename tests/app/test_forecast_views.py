"""The forecast page: worked out once a quarter hour, told channel by channel, shared by address."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app import access, context, foresight, i18n
from app.access import User
from app.bootstrap import House
from app.callback_desk.capacity import Slot
from app.components.forecast_charts import agents, volumes
from app.components.forecast_look import Look
from app.components.forecast_rest import Gap, rest, rest_table
from app.components.forecast_side import slot_list
from app.components.markup import markup
from app.foresight import Foresight, quarter_of
from ingest.connector import Source
from ingest.events import Event
from kpis.forecasting.staffing import Demand, Staffing, staffed
from tests.app.test_pages import plain
from tests.kpis.telling import contact

PARIS = ZoneInfo("Europe/Paris")
#: Monday 4 March 2024, 10:07 in Paris, after four weeks of calls and mails.
NOW = datetime(2024, 3, 4, 10, 7, tzinfo=PARIS)
DEMAND = Demand("phone", handling_s=200, patience_s=120, target_s=20, goal=0.8)


@pytest.fixture
def inside(house: House) -> Iterator[House]:
    """The context of a request of a viewer, in English."""
    entered, known = context.enter(house), access.enter(User("vera", "viewer"))
    with i18n.speaking("en"):
        yield house
    access.leave(known)
    context.leave(entered)


@pytest.fixture
def told(inside: House) -> House:
    """Weekdays from 5 February on, 8 to 18: a call every ten minutes, every fourth a mail."""
    events: list[Event] = []
    for day in range(29):
        start = datetime(2024, 2, 5, 8, tzinfo=PARIS) + timedelta(days=day)
        for number in range(0 if start.weekday() >= 5 else 60 if day < 28 else 12):
            at = start + timedelta(minutes=10 * number)
            if number % 4:
                events += contact(f"{day}/{number}", at, reason="billing", talk_s=200)
            else:
                events += contact(f"{day}/{number}", at, "message_out", 900, channel="email")
    inside.store.load(Source("test", "simulator"), events, now=NOW)
    return inside


def quarter(number: int, expected: float, agents: int | None, **met: float) -> Staffing:
    at = quarter_of(NOW) + timedelta(minutes=15 * number)
    level, wait_s = met.get("level"), met.get("wait_s")
    return Staffing("phone", at, expected, DEMAND.needed(expected), agents, level, wait_s, wait_s)


def test_the_address_says_what_is_looked_at_and_nonsense_is_not_there() -> None:
    assert Look.of(None) == Look()
    assert Look.of("?channel=phone&horizon=7d&agents=phone:12,chat:4") == Look(
        "phone", "7d", {"phone": 12, "chat": 4}
    )
    assert Look.of("?horizon=2y&agents=phone:-1,:3,chat:x,a:b:7,video:99999") == Look(
        agents={"a:b": 7, "video": 10_000}
    )


def test_means_of_the_rest_weigh_by_the_contacts_expected() -> None:
    found = rest([quarter(0, 30, 9, level=0.9, wait_s=5), quarter(1, 10, 9, level=0.5, wait_s=25)],
                 DEMAND)  # fmt: skip
    assert found.service_level == pytest.approx(0.8)
    assert found.wait_s == pytest.approx(10)
    assert (found.expected, found.peak_at) == (40, quarter_of(NOW))


def test_gaps_are_stretches_with_the_most_that_are_missing() -> None:
    begin, step = quarter_of(NOW), timedelta(minutes=15)
    rows = [quarter(n, expected, 4) for n, expected in enumerate((5, 18, 25, 5, 18))]
    missing = [row.needed - 4 for row in rows]
    assert rest(rows, DEMAND).gaps == (
        Gap(begin + step, begin + 3 * step, missing[2]),
        Gap(begin + 4 * step, begin + 5 * step, missing[4]),
    )
    assert missing[2] > missing[1] > 0


def test_nobody_knows_how_many_are_there_so_nothing_is_promised(inside: House) -> None:
    found = rest([quarter(0, 30, None)], DEMAND)
    assert (found.service_level, found.gaps) == (None, ())
    text = json.dumps(plain(rest_table([found], {}, PARIS)))
    assert "say how many" in text
    assert "target" not in text


def test_what_has_come_and_what_is_expected_make_one_line_of_the_day(told: House) -> None:
    seen = Foresight().seen(told, "today", NOW)
    shown = volumes(seen, Look("phone"), PARIS)
    assert len(shown.table.rows) == 96
    came = [row[1] for row in shown.table.rows]
    assert (sum(count or 0 for count in came[:40]), came[40:]) == (9, [None] * 56)
    assert shown.table.rows[39][2] is None
    expected = [row[2] for row in shown.table.rows[40:]]
    assert sum(expected) == pytest.approx(36, rel=0.15)
    assert all(row[5] <= row[3] <= row[4] <= row[6] for row in shown.table.rows[40:])
    assert shown.table.rows[40][0] == "10:00"
    assert "9 came so far today" in shown.told


def test_on_the_first_day_nothing_is_foreseen_and_nothing_fails(inside: House) -> None:
    inside.store.load(Source("test", "simulator"), contact("a", NOW - timedelta(hours=1)), now=NOW)
    seen = Foresight().seen(inside, "today", NOW)
    assert (seen.forecast.lines, seen.demands, sum(seen.came[None])) == ([], {}, 1)


def test_far_ahead_the_days_are_told(told: House) -> None:
    known = Foresight()
    shown = volumes(known.seen(told, "14d", NOW), Look(None, "14d"), PARIS)
    assert len(shown.table.rows) == 15
    assert shown.table.rows[0][0] == "Mon, Mar 4"
    assert shown.table.rows[1][2] == pytest.approx(60, rel=0.15)
    two_days = volumes(known.seen(told, "1d", NOW), Look(None, "1d"), PARIS)
    names = [row[0] for row in two_days.table.rows]
    assert len(set(names)) == len(names) == 192


def test_agents_are_reckoned_from_the_demand_for_those_told(told: House) -> None:
    seen = Foresight().seen(told, "today", NOW)
    assert list(seen.demands) == ["phone"]
    few, many = (staffed(seen.forecast, seen.demands, {"phone": count}) for count in (1, 3))
    demand = seen.demands["phone"]
    assert demand.handling_s == 200
    low, high = (rest(rows, demand).service_level or 0 for rows in (few, many))
    assert 0 < low < high < 1
    drawn = agents(seen, many, PARIS)
    assert [trace["name"] for trace in drawn.traces] == ["Phone: needed", "Phone: there"]
    assert all(row[4] >= row[3] for row in drawn.table.rows)


def test_a_quarter_hour_is_worked_out_once_for_all_who_look(
    told: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[datetime] = []
    look = foresight._look

    def counted(house: House, horizon: str, now: datetime) -> foresight.Seen:
        worked.append(now)
        return look(house, horizon, now)

    monkeypatch.setattr(foresight, "_look", counted)
    known = Foresight()
    for minutes in (0, 1, 7, 8, 9):
        known.seen(told, "today", NOW + timedelta(minutes=minutes))
    assert worked == [NOW, NOW + timedelta(minutes=8)]


def test_while_a_new_quarter_is_worked_out_the_others_get_the_one_before(
    told: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Foresight()
    before = known.seen(told, "today", NOW)
    begun, done = threading.Event(), threading.Event()

    def slow(house: House, horizon: str, now: datetime) -> foresight.Seen:
        begun.set()
        assert done.wait(10)
        return before

    monkeypatch.setattr(foresight, "_look", slow)
    later = NOW + timedelta(minutes=15)
    working = threading.Thread(target=known.seen, args=(told, "today", later))
    working.start()
    assert begun.wait(10)
    assert known.seen(told, "today", later) is before
    done.set()
    working.join(10)


def test_slots_tell_their_load_and_room_and_the_lightest_free_one_is_advised(
    inside: House,
) -> None:
    slots = [slot(number, load) for number, load in enumerate(("busy", "light", "light", "normal"))]
    rows = re.findall("<li.*?</li>", markup(slot_list(slots, {slots[1].start: 3}, PARIS)))
    assert [("advised" in row, ">full<" in row, "3 left" in row) for row in rows] == [
        (False, False, True), (False, True, False), (True, False, True), (False, False, True)
    ]  # fmt: skip
    assert "No slot is open" in markup(slot_list([], {}, PARIS))


def slot(number: int, load: str) -> Slot:
    start = NOW.astimezone(UTC) + timedelta(minutes=23 + 30 * number)
    return Slot(start, start + timedelta(minutes=30), "*", 3, load)  # type: ignore[arg-type]
