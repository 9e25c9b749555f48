"""Opening hours as people write them: ``mon-fri 08:00-18:00; sat 09:00-12:30,13:30-17:00``.

A day is ``closed`` or spans with commas between; ``22:00-06:00`` goes on into the next morning
and belongs to the day it began on; ``24:00`` is the end of the day.  A week names days or
ranges of days with semicolons between; a day that it does not name is closed; ``24/7`` is all
of it.
"""

from __future__ import annotations

import itertools
import re

from kpis.errors import WrongQuery

#: Spans [start, end) in minutes from the local midnight, in order; an end may lie beyond 1440.
Hours = tuple[tuple[int, int], ...]
#: The hours of Monday to Sunday.
Week = tuple[Hours, ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
ALL_DAY: Hours = ((0, DAY),)
ALWAYS: Week = (ALL_DAY,) * 7
CLOSED = "closed"

_SPAN = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)", re.ASCII)
_PART = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(.+)")


def day_hours(text: str) -> Hours:
    """The hours of one day.  Raises WrongQuery."""
    if (words := text.strip().lower()) == CLOSED:
        return ()
    spans = tuple(sorted(_span(part.strip()) for part in words.split(",")))
    for (_, end), (start, _) in itertools.pairwise(spans):
        if start < end:
            raise WrongQuery(f"«{text}»: two of the spans overlap; write them one after the other")
    return spans


def week_hours(text: str) -> Week:
    """The hours of a week.  Raises WrongQuery."""
    words = text.strip().lower()
    if words in (CLOSED, "24/7"):
        return ((),) * 7 if words == CLOSED else ALWAYS
    week: dict[int, Hours] = {}
    for part in filter(None, map(str.strip, words.split(";"))):
        days, hours = _part(part)
        if twice := [DAYS[day] for day in days if day in week]:
            raise WrongQuery(f"«{text}» names {twice[0]} twice: give its spans with commas between")
        week |= dict.fromkeys(days, hours)
    if not week:
        raise WrongQuery("no hours: write mon-fri 08:00-18:00; sat 09:00-12:30, or closed")
    return tuple(week.get(day, ()) for day in range(7))


def day_text(hours: Hours) -> str:
    """How a day's hours are written; `day_hours` reads it back."""
    return ",".join(f"{_clock(start)}-{_clock(_end(end))}" for start, end in hours) or CLOSED


def week_text(week: Week) -> str:
    """How a week's hours are written, equal days in a row together."""
    if week == ALWAYS:
        return "24/7"
    parts = []
    for hours, run in itertools.groupby(range(7), key=lambda day: week[day]):
        days = list(run)
        if hours:
            names = DAYS[days[0]] + (f"-{DAYS[days[-1]]}" if len(days) > 1 else "")
            parts.append(f"{names} {day_text(hours)}")
    return "; ".join(parts) or CLOSED


def _part(part: str) -> tuple[list[int], Hours]:
    found = _PART.fullmatch(part)
    if found is None or any(name and name not in DAYS for name in found.group(1, 2)):
        raise WrongQuery(f"«{part}» is no part of a week: write mon-fri 08:00-18:00 or sat closed")
    first = DAYS.index(found[1])
    last = DAYS.index(found[2]) if found[2] else first
    return [day % 7 for day in range(first, first + (last - first) % 7 + 1)], day_hours(found[3])


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text.replace(" ", ""))
    hours_and_minutes = [int(number) for number in found.groups()] if found else []
    if not found or any(minute > 59 for minute in hours_and_minutes[1::2]):
        raise WrongQuery(f"«{text}» are no hours: write 08:00-18:00, or closed")
    first, first_minute, last, last_minute = hours_and_minutes
    start, end = first * 60 + first_minute, last * 60 + last_minute
    if start >= DAY or end > DAY:
        raise WrongQuery(f"«{text}» are no hours: a day begins at 00:00 and ends at 24:00")
    if start == end:
        raise WrongQuery(f"«{text}» is no time at all: all day is 00:00-24:00")
    return start, end if end > start else end + DAY


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _end(minute: int) -> int:
    return minute if minute <= DAY else minute - DAY
