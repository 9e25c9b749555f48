"""What is asked of a report: which one, which stretch of time, whose clock, which language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.access.scopes import EVERYTHING, Scope
from kpis.intervals import midnight


@dataclass(frozen=True, slots=True)
class Span:
    """The instants of [start, end), aware UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Beside:
    """A stretch of time that the report's is compared with; `label` is a message id."""

    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class Period:
    """The local days `first` to `last` of a report, and what they are compared with.

    `coarse` is the grain of its course on paper, `fine` the one in files.
    """

    first: date
    last: date
    span: Span
    beside: tuple[Beside, ...]
    coarse: str
    fine: str

    @property
    def days(self) -> int:
        """How many local days it has."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Asked:
    """One report as it was asked for: of `scope`, as of `as_of`, in `language`."""

    report: str
    period: Period
    zone: ZoneInfo
    language: str
    as_of: datetime
    scope: Scope = EVERYTHING


def span_of(first: date, last: date, zone: ZoneInfo) -> Span:
    """From the first instant of a local day to the last of another."""
    return Span(midnight(first, zone), midnight(last + timedelta(days=1), zone))


def moved(first: date, last: date, days: int, zone: ZoneInfo) -> Span:
    """The same local days, so many earlier."""
    earlier = timedelta(days=days)
    return span_of(first - earlier, last - earlier, zone)
