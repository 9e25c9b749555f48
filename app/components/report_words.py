"""Schedules of reports and what was sent, in the reader's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from babel import dates

from app.i18n import N_, NOTHING, _, date_time, language
from app.reports.discovery import kinds
from app.reports.scope import words as scope_words
from app.reports.sending.book import Sent
from app.reports.sending.letters import Letter
from app.reports.sending.letters import State as LetterState
from app.reports.sending.model import EVERY_DAY, Schedule
from app.reports.sending.runs import State
from app.reports.writing import days as day_words

#: Of an occurrence as a whole; `sent` and what went wrong are told by its letters.
_STATES = {
    State.DUE: N_("Being written"),
    State.FAILED: N_("Could not be written"),
    State.SKIPPED: N_("Too late, not sent"),
}
_LETTERS = {
    LetterState.SENT: N_("{count} sent"),
    LetterState.WAITING: N_("{count} on the way"),
    LetterState.HANDED: N_("{count} on the way"),
    LetterState.UNKNOWN: N_("{count} unknown"),
    LetterState.DEAD: N_("{count} not sent"),
}
_LETTER = {
    LetterState.SENT: N_("sent"),
    LetterState.WAITING: N_("on the way"),
    LetterState.HANDED: N_("on the way"),
    LetterState.UNKNOWN: N_("unknown: it may have arrived"),
    LetterState.DEAD: N_("not sent"),
}
#: The formats, as people know them.
FORMATS = {
    "html": N_("E-mail"),
    "pdf": N_("PDF"),
    "xlsx": N_("Excel"),
    "csv": N_("CSV"),
    "json": N_("JSON"),
}


def report(key: str) -> str:
    """«Daily report»."""
    return _(kinds()[key].title) if key in kinds() else key


def format_name(key: str) -> str:
    """«Excel»; one that nobody named is its key."""
    return _(FORMATS[key]) if key in FORMATS else key.upper()


def weekday(number: int) -> str:
    """«Mon» for 1."""
    return str(dates.get_day_names("abbreviated", locale=language())[number - 1])


def when(schedule: Schedule) -> str:
    """«07:00, Mon–Fri»; «06:30, day 2 of the month»."""
    if schedule.month_day:
        return _("{time}, day {day} of the month", time=schedule.time, day=schedule.month_day)
    return f"{schedule.time}, {_days(schedule.days)}"


def _days(days: tuple[int, ...]) -> str:
    if days == EVERY_DAY:
        return _("every day")
    first, last = days[0], days[-1]
    if len(days) > 2 and last - first == len(days) - 1:
        return f"{weekday(first)}–{weekday(last)}"
    return ", ".join(weekday(day) for day in days)


def of_what(schedule: Schedule) -> str:
    """«Paris · Phone»; «everything»."""
    return scope_words(schedule.scope)


def files(keys: Iterable[str]) -> str:
    """«E-mail, PDF»."""
    return ", ".join(format_name(key) for key in keys)


def period(first: date | None, last: date | None) -> str:
    """The days that it tells of."""
    return NOTHING if first is None or last is None else day_words(first, last)


def outcome(sent: Sent) -> str:
    """«2 sent», «1 sent, 1 unknown», «Being written»."""
    if sent.run.state is not State.WRITTEN:
        return _(_STATES[sent.run.state])
    counts = Counter(_LETTERS[letter.state] for letter in last_letters(sent))
    return ", ".join(_(words, count=many) for words, many in counts.items()) or _(
        "nobody to send to"
    )


def mood(sent: Sent) -> str:
    """good: all sent; near: on its way; bad: something is not where it should be."""
    if sent.run.state in (State.FAILED, State.SKIPPED):
        return "bad"
    found = {letter.state for letter in last_letters(sent)}
    if found & {LetterState.DEAD, LetterState.UNKNOWN}:
        return "bad"
    return "good" if sent.run.state is State.WRITTEN and found <= {LetterState.SENT} else "near"


def last_letters(sent: Sent) -> list[Letter]:
    """Of each person the last."""
    return list({letter.recipient: letter for letter in sent.letters}.values())


def letter_line(letter: Letter, zone: ZoneInfo) -> str:
    """«ada@example.com: sent, Nov 22, 07:00»."""
    at = f", {date_time(letter.settled_at, zone)}" if letter.settled_at else ""
    why = f" – {letter.error}" if letter.error else ""
    return f"{letter.recipient}: {_(_LETTER[letter.state])}{at}{why}"
