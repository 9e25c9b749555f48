"""The monthly report: a calendar month, beside the month before and that of the year before."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.i18n import N_
from app.reports.asking import Beside, Period, Span, span_of

ORDER = 30
TITLE = N_("Monthly report")
SUMMARY = N_("the month that holds the day, beside the month before and the year before")
RANGE = False


def period(first: date, last: date | None, zone: ZoneInfo) -> Period:
    """The month that holds the day `first`."""
    begin = first.replace(day=1)
    before = (begin - timedelta(days=1)).replace(day=1)
    return Period(
        first=begin,
        last=_last(begin),
        span=_month(begin, zone),
        beside=(
            Beside(N_("the month before"), _month(before, zone)),
            Beside(N_("the same month a year before"), _month(_year_before(begin), zone)),
        ),
        coarse="day",
        fine="hour",
    )


def latest(today: date) -> date:
    """The first of the month before."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def _month(begin: date, zone: ZoneInfo) -> Span:
    return span_of(begin, _last(begin), zone)


def _last(begin: date) -> date:
    return begin.replace(day=monthrange(begin.year, begin.month)[1])


def _year_before(begin: date) -> date:
    return begin.replace(year=begin.year - 1)
