"""What is told of a setting, read: text in, a value or a refusal that says what to write out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from app.decision import WORD_CHARS
from app.i18n import N_
from app.site.errors import Refused
from app.site.part import Field, Values
from kpis.intervals import FIRST_YEAR, LAST_YEAR

ANY = "*"
YES, NO = "yes", "no"
#: What French typography puts before «%» and «:».
_SPACES = str.maketrans("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}", "  ")


def checked(values: Values, fields: Iterable[Field]) -> dict[str, str]:
    """The values that are told, without spaces around them, unbreakable ones made plain.

    Raises Refused: an unknown field, a text that cannot be printed.
    """
    known = [field.name for field in fields]
    if unknown := sorted(set(values) - set(known)):
        raise Refused(
            N_("There is no field «{name}»; there are: {known}."),
            name=unknown[0][:40], known=", ".join(known),
        )  # fmt: skip
    told = {name: text.translate(_SPACES).strip() for name, text in values.items()}
    return {name: _printable(text, name) for name, text in told.items() if text}


def _printable(text: str, name: str, label: str = "") -> str:
    if not 0 < len(text) <= WORD_CHARS or not text.isprintable():
        raise Refused(
            N_("{field}: write 1 to {count} printable characters."),
            name, field=label or name, count=WORD_CHARS,
        )  # fmt: skip
    return text


def needed(values: Values, name: str, label: str) -> str:
    """A word that must be told.  Raises Refused."""
    return _printable(values.get(name, ""), name, label)


def optional(values: Values, name: str, label: str, usual: str = ANY) -> str:
    """A word, or the usual one."""
    return needed(values, name, label) if values.get(name) else usual


def number(values: Values, name: str, label: str, low: float, high: float) -> float | None:
    """A number within [low, high]; None where none is told.  Raises Refused."""
    if not (text := values.get(name, "")):
        return None
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        found = math.nan
    if not low <= found <= high:
        raise Refused(
            N_("{field}: write a number from {low} to {high}."),
            name, field=label, low=f"{low:g}", high=f"{high:g}",
        )  # fmt: skip
    return found


def one_of(values: Values, name: str, label: str, known: Iterable[str], usual: str) -> str:
    """One of the known words.  Raises Refused."""
    text, words = values.get(name, usual), list(known)
    if text not in words:
        raise Refused(
            N_("{field}: choose one of {known}."), name, field=label, known=", ".join(words)
        )
    return text


def yes(values: Values, name: str, label: str, *, usual: bool) -> bool:
    """Yes or no.  Raises Refused."""
    return one_of(values, name, label, (YES, NO), YES if usual else NO) == YES


def day(values: Values, name: str, label: str) -> date | None:
    """A local day; None where none is told.  Raises Refused."""
    if not (text := values.get(name, "")):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not _possible(found.year):
        _no_time(name, label, "2026-12-01")
    return found


def moment(values: Values, name: str, label: str, zone: ZoneInfo) -> datetime | None:
    """A moment in UTC, told by the site's clock or with its own offset; None where none is
    told.  Raises Refused."""
    if not (text := values.get(name, "")):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        _no_time(name, label, "2026-12-01T08:00")
    if not _possible(found.year):
        _no_time(name, label, "2026-12-01T08:00")
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _possible(year: int) -> bool:
    return FIRST_YEAR < year < LAST_YEAR


def _no_time(name: str, label: str, example: str) -> NoReturn:
    raise Refused(
        N_("{field}: write a day or time such as {example}."), name, field=label, example=example
    )
