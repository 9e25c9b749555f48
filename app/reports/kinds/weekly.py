"""The weekly report: Monday to Sunday, beside the week before."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.i18n import N_
from app.reports.asking import Beside, Period, moved, span_of

ORDER = 20
TITLE = N_("Weekly report")
SUMMARY = N_("the week that holds the day, Monday to Sunday, beside the week before")
RANGE = False


def period(first: date, last: date | None, zone: ZoneInfo) -> Period:
    """The week that holds the day `first`."""
    monday = first - timedelta(days=first.weekday())
    sunday = monday + timedelta(days=6)
    return Period(
        first=monday,
        last=sunday,
        span=span_of(monday, sunday, zone),
        beside=(
            Beside(N_("the week before"), moved(monday, sunday, 7, zone)),
            Beside(N_("four weeks before"), moved(monday, sunday, 28, zone)),
        ),
        coarse="day",
        fine="hour",
    )


def latest(today: date) -> date:
    """The Monday of the week before."""
    return today - timedelta(days=today.weekday() + 7)
