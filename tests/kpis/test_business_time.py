"""Business time: what the calendar's clock and the open clock say of the same contacts."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.bootstrap import House
from app.calendar_book import CalendarBook, DayHours, WeekHours
from app.decision import Decision
from ingest.connector import Source
from ingest.events import Event
from kpis.business_time import OpenClock, business_beside
from kpis.calendars import Scope, read
from kpis.query import KpiQuery
from kpis.series import KpiRow, compute
from kpis.snapshot import snapshot
from tests.kpis.telling import contact

PARIS = ZoneInfo("Europe/Paris")
LEA = Decision("lea", "", datetime(2024, 3, 1, tzinfo=UTC))
#: Friday 17:00 in Paris; the office opens again on Monday at 8:00.
FRIDAY = datetime(2024, 3, 8, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def office(house: House) -> None:
    """Mails of a Friday evening and a Monday morning, an office, and a desk that never sleeps."""
    week = WeekHours(hours="mon-fri 08:00-18:00", from_=date(2024, 1, 1))
    desk = WeekHours(queue="night", hours="24/7", from_=date(2024, 1, 1))
    CalendarBook(house.database, "Europe/Paris").add([week, desk], [], LEA)
    events = [
        *_mail("friday", FRIDAY, 64),
        *_mail("monday", FRIDAY + 64 * HOUR, 2),
        *_mail("night", FRIDAY, 64, queue="night"),
        *contact("open", FRIDAY, left=None, channel="email"),
        *contact("call", FRIDAY, wait_s=10, talk_s=60),
    ]
    house.store.load(Source("test", "simulator"), events, now=FRIDAY + 500 * HOUR)


def _mail(name: str, at: datetime, hours: float, queue: str = "billing") -> list[Event]:
    seconds = hours * 3600
    return contact(name, at, "message_out", seconds, talk_s=3600, channel="email", queue=queue)


def question(**more: object) -> KpiQuery:
    return KpiQuery(
        from_=datetime(2024, 3, 1, tzinfo=PARIS), to=datetime(2024, 4, 1, tzinfo=PARIS),
        now=FRIDAY + 500 * HOUR, zone=PARIS, **more,
    )  # fmt: skip  # type: ignore[arg-type]


def answered(house: House, query: KpiQuery) -> list[tuple[KpiRow, dict[str, object]]]:
    with snapshot(house.database.engine) as connection:
        rows = compute(connection, query)
        return list(zip(rows, business_beside(connection, query, rows), strict=True))


@pytest.mark.usefixtures("office")
def test_the_closed_weekend_is_no_waiting_time(house: House) -> None:
    rows = answered(house, question(by=("queue",), where={"channel": "email"}))
    billing, night = (told for _, told in rows)
    # Friday 17–18 and Monday 8–9 are two hours; the mail of Monday was answered in two.
    assert billing["first_response_business_s"] == 2 * 3600
    assert billing["resolution_business_s"] == 3 * 3600
    assert night["first_response_business_s"] == 64 * 3600
    assert rows[0][0].kpis["first_response_s"] == 33 * 3600


@pytest.mark.usefixtures("office")
def test_an_exception_changes_what_is_read_at_once(house: House) -> None:
    saturday = DayHours(day=date(2024, 3, 9), hours="09:00-12:00", why="open day")
    CalendarBook(house.database, "Europe/Paris").add([], [saturday], LEA)
    billing = {"where": {"queue": "billing", "channel": "email"}}
    [(_, told)] = answered(house, question(**billing))
    assert told["first_response_business_s"] == (5 + 2) / 2 * 3600


@pytest.mark.usefixtures("office")
def test_where_it_is_always_open_both_clocks_agree_in_every_group(house: House) -> None:
    always = WeekHours(hours="24/7", from_=date(2024, 1, 1))
    CalendarBook(house.database, "Europe/Paris").add([always], [], LEA)
    for more in ({"grain": "hour"}, {"by": ("channel", "queue", "day")}, {}):
        for row, told in answered(house, question(**more)):
            assert told["first_response_business_s"] == row.kpis["first_response_s"]
            assert told["resolution_business_s"] == row.kpis["resolution_s"]


def test_the_open_clock_adds_up_what_the_calendars_do(house: House) -> None:
    week = WeekHours(hours="mon-fri 08:00-12:00,13:00-18:00; sun 22:00-06:00", country="FR")
    CalendarBook(house.database, "Europe/Paris").add([week], [], LEA)
    with house.database.engine.connect() as connection:
        calendars = read(connection)
    start, end = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
    clock = OpenClock(calendars.open_spans(Scope(), start, end))
    differing = defaultdict(list)
    for number in range(0, 90 * 24, 17):
        begin = start + number * HOUR
        for length in (0, 1, 30, 700):
            until = min(begin + length * HOUR, end)
            if clock.ms(begin, until) != calendars.business_ms(Scope(), begin, until):
                differing[begin].append(until)
    assert differing == {}
    assert clock.ms(start + 100 * HOUR, start) == 0
