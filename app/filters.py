"""Filters: what a page looks at, as its address says it: a link shares the view, «back» works.

``?period=7d&channel=phone&compare=previous``.  What makes no sense there is not there.  A
period is a word (:data:`PERIODS`), a day or two days with ``..`` between, both included, in
the site's zone.  Names that are the page's own (`more`) are carried along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from kpis.intervals import FIRST_YEAR, LAST_YEAR, midnight

_DAY = timedelta(days=1)
Days = tuple[date, date]


def _last(days: int) -> Callable[[date], Days]:
    return lambda today: (today - timedelta(days=days - 1), today + _DAY)


def _month(today: date) -> Days:
    return today.replace(day=1), today + _DAY


def _last_month(today: date) -> Days:
    first = today.replace(day=1)
    return (first - _DAY).replace(day=1), first


#: Each gives the first day and the first that is not in it.
PERIODS: Mapping[str, Callable[[date], Days]] = {
    "today": _last(1),
    "yesterday": lambda today: (today - _DAY, today),
    "7d": _last(7),
    "28d": _last(28),
    "91d": _last(91),
    "month": _month,
    "last-month": _last_month,
}
GRAINS = ("15min", "hour", "day")
#: Which earlier stretch is laid beside: the one just before, or whole weeks back.
COMPARISONS = ("previous", "week", "year")
DIMENSIONS = ("channel", "queue", "reason", "segment", "site")
#: A longer one takes too long to read on a screen.
MOST_DAYS = 400
_LONGEST_WORD = 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """[start, end) in UTC, of so many local days."""

    start: datetime
    end: datetime
    days: int


@dataclass(frozen=True, slots=True)
class Filters:
    """The choice; `period` and `grain` as asked for («auto» is by length), `more` by name."""

    period: str = "7d"
    grain: str = "auto"
    compare: str = ""
    channel: str | None = None
    queue: str | None = None
    reason: str | None = None
    segment: str | None = None
    site: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, search: str | None, *, period: str = "7d") -> Filters:
        """As the address says it; `period` is the page's own where it says none."""
        told = dict(pairs(search))
        words = {name: told.pop(name, "")[:_LONGEST_WORD] or None for name in DIMENSIONS}
        asked = told.pop("period", period)
        grain, compare = told.pop("grain", ""), told.pop("compare", "")
        return cls(
            period=asked if _days(asked, date(2000, 1, 1)) else period,
            grain=grain if grain in GRAINS else "auto",
            compare=compare if compare in COMPARISONS else "",
            more=told,
            **words,
        )

    def but(self, **changes: str | None) -> Filters:
        """The same choice with these changes."""
        own = {name: changes.pop(name) for name in list(changes) if name in _OWN}
        kept = {**self.more, **changes}
        more = {name: value for name, value in kept.items() if value}
        return replace(self, **own, more=more)  # type: ignore[arg-type]

    @property
    def query(self) -> str:
        """«?period=…» with all that is chosen."""
        told = {"period": self.period, "grain": self.grain, "compare": self.compare}
        told |= self.where | dict(self.more)
        usual = {"grain": "auto", "compare": ""}
        return "?" + urlencode({k: v for k, v in told.items() if v and usual.get(k) != v})

    @property
    def where(self) -> dict[str, str]:
        """The wanted value by dimension, as a KpiQuery takes it."""
        named = {name: getattr(self, name) for name in DIMENSIONS}
        return {name: value for name, value in named.items() if value}

    def stretch(self, now: datetime, zone: ZoneInfo) -> Stretch:
        """The period as seen now."""
        today = now.astimezone(zone).date()
        first, last = _days(self.period, today) or PERIODS["7d"](today)
        return _between(first, last, zone)

    def earlier(self, now: datetime, zone: ZoneInfo) -> Stretch | None:
        """The stretch to compare with, of as many local days; None where none is asked for."""
        shown = self.stretch(now, zone)
        back = _back(self.compare, shown.days)
        if back is None:
            return None
        first = shown.start.astimezone(zone).date() - timedelta(days=back)
        return _between(first, first + timedelta(days=shown.days), zone)

    def cut(self, days: int) -> str:
        """The grain that is meant for so many days."""
        if self.grain != "auto":
            return "hour" if self.grain == "15min" and days > 31 else self.grain
        return "15min" if days <= 1 else "hour" if days <= 10 else "day"


def pairs(search: str | None) -> list[tuple[str, str]]:
    """The words of an address; those that no database takes are not there."""
    told = parse_qsl((search or "").lstrip("?"))
    return [(name, value) for name, value in told if "\x00" not in name + value]


_OWN = {"period", "grain", "compare", *DIMENSIONS}


def _back(compare: str, days: int) -> int | None:
    """So many days back: «week» and «year» by whole weeks, so that weekdays meet."""
    if compare == "previous":
        return days
    if compare == "week":
        return -(-days // 7) * 7
    return 364 if compare == "year" else None


def _between(first: date, last: date, zone: ZoneInfo) -> Stretch:
    start, end = midnight(first, zone), midnight(last, zone)
    return Stretch(start.astimezone(UTC), end.astimezone(UTC), (last - first).days)


def _days(period: str, today: date) -> Days | None:
    """First day and first day after; None where it is no period."""
    if period in PERIODS:
        return PERIODS[period](today)
    begin, _dots, end = period.partition("..")
    try:
        first, last = date.fromisoformat(begin), date.fromisoformat(end or begin) + _DAY
    except (ValueError, OverflowError):
        return None
    known = first.year > FIRST_YEAR and last.year < LAST_YEAR
    return (first, last) if known and 0 < (last - first).days <= MOST_DAYS else None
