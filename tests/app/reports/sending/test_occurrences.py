"""When a schedule is due: days of the wall clock, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from app.access.scopes import Scope
from app.errors import AppError
from app.reports.sending.model import Schedule, tidy
from app.reports.sending.occurrences import between, following, told_of
from tests.app.reports.sending.conftest import BOARD, DOMAINS


def due(schedule: Schedule, first: str, last: str) -> list[str]:
    """The moments from one UTC day to another, in UTC."""
    days = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last))
    return [f"{each.at.astimezone(UTC):%m-%d %H:%M}" for each in between(schedule, *days)]


def test_a_time_that_the_clock_skips_is_the_moment_at_which_it_skips_it() -> None:
    night = replace(BOARD, time="02:30")
    assert due(night, "2024-03-30", "2024-04-01T12:00") == [
        "03-30 01:30", "03-31 01:00", "04-01 00:30",
    ]  # fmt: skip


def test_a_time_that_the_clock_shows_twice_is_due_once_and_at_the_first() -> None:
    night = replace(BOARD, time="02:30")
    assert due(night, "2024-10-26", "2024-10-28T12:00") == [
        "10-26 00:30", "10-27 00:30", "10-28 01:30",
    ]  # fmt: skip


@pytest.mark.parametrize("year", range(2024, 2031))
def test_every_local_day_has_one_occurrence_at_any_time_of_day(year: int) -> None:
    for time in ("00:00", "01:59", "02:00", "02:30", "03:00", "23:59"):
        found = list(
            between(
                replace(BOARD, time=time),
                datetime(year, 1, 10, tzinfo=UTC), datetime(year, 12, 20, tzinfo=UTC),
            )
        )  # fmt: skip
        days = [each.day for each in found]
        assert len(days) == len(set(days)) == (days[-1] - days[0]).days + 1
        assert [each.at for each in found] == sorted({each.at for each in found})


def test_it_is_due_on_its_weekdays_or_on_its_day_of_the_month() -> None:
    assert due(replace(BOARD, days=(1, 5)), "2024-03-11", "2024-03-20") == [
        "03-11 06:00", "03-15 06:00", "03-18 06:00",
    ]  # fmt: skip
    assert due(replace(BOARD, month_day=2), "2024-02-01", "2024-04-30") == [
        "02-02 06:00", "03-02 06:00", "04-02 05:00",
    ]  # fmt: skip


def test_the_bounds_hold_the_end_and_not_the_begin() -> None:
    at = datetime(2024, 3, 13, 6, tzinfo=UTC)
    assert [each.at for each in between(BOARD, at - timedelta(days=1), at)] == [at]
    assert following(BOARD, at).at == at + timedelta(days=1)
    assert list(between(BOARD, at, at)) == []


@pytest.mark.parametrize(
    ("report", "day", "first"),
    [
        ("daily", "2024-03-01", "2024-02-29"), ("weekly", "2024-03-11", "2024-03-04"),
        ("weekly", "2024-03-17", "2024-03-04"), ("monthly", "2024-03-01", "2024-02-01"),
        ("monthly", "2024-01-28", "2023-12-01"),
    ],
)  # fmt: skip
def test_it_tells_of_the_last_whole_period(report: str, day: str, first: str) -> None:
    assert told_of(replace(BOARD, report=report), date.fromisoformat(day)).isoformat() == first


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "Board of directors"}, "is no name: use a to z"),
        ({"name": "../../etc"}, "is no name"),
        ({"report": "yearly"}, "no report «yearly»"),
        ({"report": "period"}, "a period report has no schedule: use daily, weekly, monthly"),
        ({"time": "7:00"}, "«7:00» is no time: write 07:00"),
        ({"time": "24:00"}, "is no time"),
        ({"zone": "Mars/Base"}, "no time zone"),
        ({"days": ()}, "on no day: name weekdays"),
        ({"days": (0, 8)}, "on no day"),
        ({"month_day": 31}, "day 31 of the month: use 1 to 28"),
        ({"language": "de"}, "no language «de»"),
        ({"formats": ("docx",)}, "no format «docx»"),
        ({"formats": ()}, "no format: name at least one"),
        ({"recipients": ()}, "nobody to send it to"),
        ({"recipients": ("eve@elsewhere.com",)}, "allowed domains are example.com; write another"),
        ({"recipients": ("a@example.com\r\nBcc: x@y.z",)}, "may not get reports"),
        ({"recipients": ("a@example.com.evil.org",)}, "may not get reports"),
        ({"recipients": tuple(f"a{n}@example.com" for n in range(51))}, "51 addresses: at most 50"),
        ({"scope": Scope(sites=("a\nb",))}, "is no site"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_what_to_do(
    wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(AppError, match=said):
        tidy(replace(BOARD, **wrong), DOMAINS)


def test_a_schedule_is_kept_in_order_and_each_thing_once() -> None:
    told = replace(
        BOARD, days=(5, 1, 5), formats=("csv", "csv"), scope=Scope(channels=("phone", "chat")),
        recipients=(" Ada@example.com ", "ada@example.com"),
    )  # fmt: skip
    found = tidy(told, DOMAINS)
    assert (found.days, found.formats) == ((1, 5), ("csv",))
    assert (found.scope.channels, found.recipients) == (("chat", "phone"), ("ada@example.com",))
