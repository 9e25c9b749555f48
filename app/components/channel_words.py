"""Words of the page of channels: what is looked at, in a line; names of parts; differences."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel import dates

from app import labels
from app.channel_look import Look
from app.components.definition import shown
from app.components.vocabulary import Vocabulary
from app.filters import Stretch
from app.i18n import N_, NOTHING, _, decimal, duration, integer, language, percent
from kpis.dimensions import Value
from kpis.kpi import Kpi, Number

_DIMENSIONS = {
    "channel": N_("Channel"),
    "queue": N_("Queue"),
    "reason": N_("Reason"),
    "segment": N_("Segment"),
    "site": N_("Site"),
    "source": N_("Source"),
}


def dimension(name: str) -> str:
    """«queue» → «File»."""
    return _(_DIMENSIONS[name])


def part(name: str, value: Value, vocabulary: Vocabulary) -> str:
    """A value of a dimension as the reader sees it; nothing told is «–»."""
    if value is None or value == "":
        return NOTHING
    word = str(value)
    if name in ("channel", "reason", "segment"):
        return vocabulary.name(name, word)
    # A queue is often named after the reason it serves: then it has a word already.
    return labels.reason(word) if name == "queue" else word


def where(look: Look, vocabulary: Vocabulary) -> str:
    """«Phone · Billing», or all channels."""
    chosen = look.filters.where
    told = [part(name, value, vocabulary) for name, value in chosen.items()]
    return " · ".join(told) or labels.channel(labels.ANY)


def days(stretch: Stretch, zone: ZoneInfo) -> str:
    """«Nov 16 – 22, 2026»: the first day and the last."""
    first = stretch.start.astimezone(zone).date()
    last = first + timedelta(days=stretch.days - 1)
    if first == last:
        return str(dates.format_skeleton("yMMMEd", _noon(first), locale=language()))
    return str(dates.format_interval(first, last, "yMMMd", locale=language()))


def weekdays() -> list[str]:
    """Monday to Sunday, short."""
    names = dates.get_day_names("abbreviated", locale=language())
    return [str(names[number]) for number in range(7)]


def difference(kpi: Kpi, now: Number | None, then: Number | None) -> str | None:
    """«+2.1 pts», «−12 %», «+0:14»: against the earlier period; None without both."""
    if now is None or then is None:
        return None
    if kpi.unit == "fraction":
        return _("{change} pts", change=_signed(now - then, decimal(abs(now - then) * 100, 1)))
    if kpi.unit == "seconds":
        change = round(now) - round(then)  # of what is shown
        return _signed(change, duration(abs(change)))
    if not then:
        return _signed(now - then, integer(abs(now - then)))
    return _signed(now - then, percent(abs(now / then - 1)))


def better(kpi: Kpi, now: Number | None, then: Number | None) -> bool | None:
    """Is it better than before?  None: neither, or nobody can say."""
    if now is None or then is None or kpi.direction == "neutral":
        return None
    digits = 0 if kpi.unit == "seconds" else 3
    if round(now, digits) == round(then, digits):
        return None
    return (now > then) == (kpi.direction == "up")


def value(kpi: Kpi, number: Number | None) -> str:
    """The value as the screens show it."""
    return shown(number, kpi.unit)


def _signed(change: float, size: str) -> str:
    return f"{'+' if change > 0 else '−' if change < 0 else '±'}{size}"


def _noon(day: date) -> datetime:
    """A moment of the day for CLDR, which formats moments; its time is not shown."""
    return datetime.combine(day, datetime.min.time())
