"""The report of any period: from one day to another, beside as many days before."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from app.errors import WrongUse
from app.i18n import N_
from app.reports.asking import Beside, Period, moved, span_of

ORDER = 40
TITLE = N_("Report")
SUMMARY = N_("from the day to a last day of your choice, beside as many days before")
RANGE = True
#: A year of hours is 8,784 rows; nobody reads more.
MOST = 366


def period(first: date, last: date | None, zone: ZoneInfo) -> Period:
    """The days `first` to `last`.  Raises WrongUse: none, or too many."""
    last = first if last is None else last
    days = (last - first).days + 1
    if not 1 <= days <= MOST:
        raise WrongUse(f"{first} to {last} are {days} days: choose 1 to {MOST}")
    return Period(
        first=first,
        last=last,
        span=span_of(first, last, zone),
        beside=(Beside(N_("the days before"), moved(first, last, days, zone)),),
        coarse="hour" if days == 1 else "day",
        fine="15min" if days == 1 else "hour",
    )
