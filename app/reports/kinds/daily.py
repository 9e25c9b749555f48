"""The daily report: one local day, beside the day before and the same weekday."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.i18n import N_
from app.reports.asking import Beside, Period, moved, span_of

ORDER = 10
TITLE = N_("Daily report")
SUMMARY = N_("one day, beside the day before and the same weekday of the week before")
RANGE = False


def period(first: date, last: date | None, zone: ZoneInfo) -> Period:
    """The day `first`."""
    return Period(
        first=first,
        last=first,
        span=span_of(first, first, zone),
        beside=(
            Beside(N_("the day before"), moved(first, first, 1, zone)),
            Beside(N_("the same weekday"), moved(first, first, 7, zone)),
        ),
        coarse="hour",
        fine="15min",
    )


def latest(today: date) -> date:
    """Yesterday."""
    return today - timedelta(days=1)
