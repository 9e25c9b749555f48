"""Cells → milliseconds: 75 · 12,5 · 00:01:15 · 1:15 · 1 min 15 s."""

from __future__ import annotations

import re

from ingest.errors import RejectedEvent

#: What a mapping can say of a duration, and the milliseconds of one.
UNITS = {
    "s": 1000, "ms": 1, "min": 60_000, "h": 3_600_000, "days": 86_400_000,
    "hh:mm:ss": 0, "mm:ss": 0, "hh:mm": 0,
}  # fmt: skip

#: No duration takes more characters.
LONGEST = 40

_SPACES = str.maketrans("", "", " \u00a0\u202f")
_PLAIN = {
    ".": re.compile(r"-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?"),
    ",": re.compile(r"-?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?"),
}
#: 1.234 or 1,234: a thousand, or one and a bit.
_EITHER = re.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")
_CLOCK = re.compile(r"(-?)([0-9]{1,5}):([0-9]{1,2})(?::([0-9]{1,2})(?:[.,]([0-9]+))?)?")
SPELT = re.compile(
    r"(?=[0-9])(?:([0-9]+) ?h(?:eures?|ours?|rs?)?)?"
    r" ?(?:([0-9]+) ?(?:minutes?|mins?|mn|m|'))?"
    r' ?(?:([0-9]+)(?:[.,]([0-9]+))? ?(?:secondes?|seconds?|secs?|s|"))?',
    re.IGNORECASE,
)


def milliseconds(name: str, cell: str, unit: str | None, decimal: str | None) -> int:
    """The duration in a cell; without a unit a bare number is in seconds.

    Raises RejectedEvent (bad_duration): negative, no duration, or one that reads two ways.
    """
    if len(cell) > LONGEST:
        raise RejectedEvent("bad_duration", f"{name} is no duration: {len(cell)} characters")
    factor = UNITS[unit] if unit else 1000
    if factor and cell.isascii() and cell.isdigit():
        return int(cell) * factor
    try:
        told = _clock(cell, unit) if ":" in cell else _amount(cell, factor, decimal)
    except ValueError as error:
        raise RejectedEvent("bad_duration", f"{name} {error}") from error
    if told < 0:
        raise RejectedEvent("bad_duration", f"{name} is negative")
    return told


def number(cell: str, decimal: str | None) -> float:
    """The number in a cell with the decimal sign (None: whichever can be meant).

    Raises ValueError where it is none, or could be two.
    """
    bare = cell.translate(_SPACES)
    if decimal is None and _EITHER.fullmatch(bare):
        raise ValueError('may be thousands or decimals: say decimal = "," or "." in [file]')
    for sign in (decimal,) if decimal else (".", ","):
        if _PLAIN[sign].fullmatch(bare):
            thousands = "," if sign == "." else "."
            return float(bare.replace(thousands, "").replace(",", "."))
    raise ValueError("is no number")


def _amount(cell: str, factor: int, decimal: str | None) -> int:
    if not factor:
        raise ValueError("is no hours, minutes and seconds between colons")
    spelt = SPELT.fullmatch(cell)
    if spelt and spelt.lastindex:
        hours, minutes, seconds, part = (each or "0" for each in spelt.groups())
        return _total(hours, minutes, seconds, part)
    return round(number(cell, decimal) * factor)


def _clock(cell: str, unit: str | None) -> int:
    found = _CLOCK.fullmatch(cell.strip())
    if found is None:
        raise ValueError("is no duration such as 0:01:15")
    minus, first, second, third, part = found.groups()
    if minus:
        return -1
    if third is not None:
        return _total(first, second, third, part or "0")
    if unit == "mm:ss":
        return _total("0", first, second, "0")
    if unit == "hh:mm":
        return _total(first, second, "0", "0")
    raise ValueError(
        'may be minutes and seconds or hours and minutes: say "mm:ss" or "hh:mm" in [durations]'
    )


def _total(hours: str, minutes: str, seconds: str, part: str) -> int:
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * 1000 + int(f"{part:0<3.3}")
