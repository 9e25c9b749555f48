"""Values as people read them in the report's language, and how two of them differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import dates

from app.i18n import (
    NOTHING,
    _,
    date_time,
    decimal,
    duration,
    integer,
    language,
    percent,
)
from app.reports.model import Cell, Column, Kind, State
from kpis.intervals import label

#: The typographic minus: a hyphen would be lost at the end of a line.
MINUS, PLUS, SAME = "−", "+", "="


def shown(value: Cell, column: Column, zone: ZoneInfo) -> str:
    """A cell as people read it."""
    if value is None:
        return column.nothing
    if isinstance(value, str):
        return column.names.get(value, value)
    if isinstance(value, datetime):
        return _time(value, column.kind, zone)
    return number(value, column.kind)


def line(row: Sequence[Cell], columns: Sequence[Column], zone: ZoneInfo) -> list[str]:
    """A row as people read it."""
    return [shown(value, column, zone) for value, column in zip(row, columns, strict=True)]


def total_line(row: Sequence[Cell], columns: Sequence[Column], zone: ZoneInfo) -> list[str]:
    """The last row: where the others have their names it says what it is."""
    named = ("text", "clock", "moment", "day")
    cells = [
        "" if value is None and column.kind in named else shown(value, column, zone)
        for value, column in zip(row, columns, strict=True)
    ]
    return [_("Total"), *cells[1:]]


def number(value: int | float | None, kind: Kind) -> str:
    """A KPI's value as the screens show it; «–» where there is none."""
    if kind == "fraction":
        return percent(value)
    if kind in ("money", "number"):
        return decimal(value)
    return duration(value) if kind == "seconds" else integer(value)


def change(value: float | None, before: float | None, kind: Kind) -> str:
    """How a value differs from one before: counts in percent, shares in points, else itself."""
    if value is None or before is None:
        return NOTHING
    if kind == "fraction":
        points = round((value - before) * 100, 1)
        told = _("{points} pts", points=decimal(abs(points), 1))
        return _signed(points, told)
    if kind in ("count", "money"):
        return _relative(value, before)
    step = round(value - before) if kind == "seconds" else round(value - before, 2)
    return _signed(step, number(abs(step), kind))


def better(value: float | None, before: float | None, direction: str) -> bool | None:
    """Is it better than before?  None: as before, or neither way is better."""
    if value is None or before is None or value == before or direction == "neutral":
        return None
    return (value > before) == (direction == "up")


def state_words(state: State | None) -> str:
    """A verdict as a word: colour is never alone."""
    words = {"good": _("On target"), "near": _("Near target"), "bad": _("Missed")}
    return words[state] if state else ""


def finding_words(state: State) -> str:
    """How much a finding matters, as a word."""
    words = {"good": _("Good"), "near": _("Worth a look"), "bad": _("Act")}
    return words[state]


def long_day(day: date) -> str:
    """«mardi 5 janvier 1999» · «Tuesday, January 5, 1999»."""
    return str(dates.format_date(day, "full", locale=language()))


def short_day(day: date) -> str:
    """«mar. 5 janv.» · «Tue, Jan 5»."""
    return str(dates.format_skeleton("MMMEd", day, locale=language()))


def plain_day(day: date) -> str:
    """«5 janv. 1999» · «Jan 5, 1999»."""
    return str(dates.format_date(day, "medium", locale=language()))


def days(first: date, last: date) -> str:
    """One day, or the first and the last."""
    if first == last:
        return long_day(first)
    return _("{first} to {last}", first=plain_day(first), last=plain_day(last))


def stamp(at: datetime, zone: ZoneInfo) -> str:
    """«22 nov. 2026, 19:10:22», in the zone."""
    return f"{plain_day(at.astimezone(zone).date())}, {at.astimezone(zone):%H:%M:%S}"


def shown_interval(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """«10:00–11:00», or the day where it is one."""
    if (end - start).total_seconds() > 4 * 3600:
        return short_day(start.astimezone(zone).date())
    return f"{label(start, zone)}–{label(end, zone)}"


def _time(at: datetime, kind: Kind, zone: ZoneInfo) -> str:
    if kind == "clock":
        return label(at, zone)
    return short_day(at.astimezone(zone).date()) if kind == "day" else date_time(at, zone)


def _relative(value: float, before: float) -> str:
    if not before:
        return NOTHING if value else SAME
    share = round((value - before) / before, 3)
    return _signed(share, percent(abs(share)))


def _signed(step: float, words: str) -> str:
    if not step:
        return SAME
    return f"{PLUS if step > 0 else MINUS}{words}"
