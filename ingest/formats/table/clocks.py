"""Cells → instants: formats of dates and times, and which of them a column is written in.

A format is made of ``%d %m %Y %y %H %I %M %S %f %p %b %B`` as in strptime, but the names of
months are French or English whatever the machine speaks; or one of ``iso`` (2026-01-31T09:05Z),
``unix`` (seconds since 1970), ``unix_ms``, ``excel`` (days since 1899-12-30, in local time).
An ISO time is read beside any format (``or_iso``): a workbook holds some as dates, some as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

Reader = Callable[[str], datetime]

#: Formats are sought in the first so many different cells, and must read so many of all.
TRIED = 20
ENOUGH = 0.9

_UNIX_0 = datetime(1970, 1, 1, tzinfo=UTC)
_EXCEL_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?",
    re.ASCII,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janv janvier january", "feb fev fevr fevrier february", "mar mars march",
            "apr avr avril april", "may mai", "jun juin june", "jul juil juillet july",
            "aug aou aout august", "sep sept septembre september", "oct octobre october",
            "nov novembre november", "dec decembre december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_PLAIN = str.maketrans("éèûù", "eeuu", ".")
_DIRECTIVES = {
    "d": r"(?P<d>\d{1,2})", "m": r"(?P<m>\d{1,2})", "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d{2})",
    "H": r"(?P<H>\d{1,2})", "I": r"(?P<I>\d{1,2})", "M": r"(?P<M>\d{2})", "S": r"(?P<S>\d{2})",
    "f": r"(?P<f>\d{1,6})", "p": r"(?P<p>[AaPp]\.?[Mm]\.?)", "b": r"(?P<b>[^\W\d_]{3,9}\.?)",
    "B": r"(?P<b>[^\W\d_]{3,9}\.?)", "%": "%",
}  # fmt: skip


class UnknownFormat(ValueError):
    """A format that says something we do not know."""


class Instant(NamedTuple):
    """A time in UTC, and what was wrong with the local clock that told it: ``twice`` (an hour
    that autumn repeats), ``never`` (one that spring leaves out), or nothing."""

    at: datetime
    clock: str | None


@cache
def reader(format: str) -> Reader:
    """What reads cells of that format (ValueError for others).  Raises UnknownFormat."""
    if format in _NAMED:
        return _NAMED[format]
    pattern, at = "", 0
    for found in re.finditer("%(.?)", format):
        if found[1] not in _DIRECTIVES:
            raise UnknownFormat(f"«{found[0]}» in the time «{format}» is not known")
        pattern += _literal(format[at : found.start()]) + _DIRECTIVES[found[1]]
        at = found.end()
    try:
        compiled = re.compile(pattern + _literal(format[at:]))
    except re.error as error:
        raise UnknownFormat(f"the time «{format}» names a part twice") from error
    if (
        not {"d", "Y"} <= compiled.groupindex.keys()
        and not {"d", "y"} <= compiled.groupindex.keys()
    ):
        raise UnknownFormat(f"the time «{format}» names no day, month and year")
    return lambda cell: _read(compiled, cell)


def or_iso(read: Reader) -> Reader:
    """The same reader, which takes ISO times as well."""

    def either(cell: str) -> datetime:
        return _iso(cell) if _ISO.fullmatch(cell) else read(cell)

    return read if read is _iso else either


def _literal(text: str) -> str:
    """Any white space stands for any other."""
    return r"\s+".join(re.escape(part) for part in re.split(r"\s+", text))


def _read(compiled: re.Pattern[str], cell: str) -> datetime:
    found = compiled.fullmatch(cell)
    if found is None:
        raise ValueError("is no such time")
    told = found.groupdict()
    hour = int(told.get("H") or told.get("I") or 0)
    if half := told.get("p"):
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    year = int(told.get("Y") or 2000 + int(told["y"]))
    part = f"{told.get('f') or 0:0<6}"
    minute, second = int(told.get("M") or 0), int(told.get("S") or 0)
    return datetime(year, _month(told), int(told["d"]), hour, minute, second, int(part))  # noqa: DTZ001


def _month(told: dict[str, str | None]) -> int:
    if name := told.get("b"):
        return _MONTHS.get(name.casefold().translate(_PLAIN), 0)
    return int(told.get("m") or 0)


def _iso(cell: str) -> datetime:
    if not _ISO.fullmatch(cell):
        raise ValueError("is no such time")
    return datetime.fromisoformat(cell.replace(" Z", "Z").replace(" +", "+").replace(" -", "-"))


def _number(cell: str, whole: str) -> float:
    if not re.fullmatch(rf"{whole}([.,]\d{{1,12}})?", cell):
        raise ValueError("is no such time")
    return float(cell.replace(",", "."))


def _unix(cell: str) -> datetime:
    return _UNIX_0 + timedelta(milliseconds=round(_number(cell, r"\d{9,10}") * 1000))


def _unix_ms(cell: str) -> datetime:
    return _UNIX_0 + timedelta(milliseconds=round(_number(cell, r"\d{12,13}")))


def _excel(cell: str) -> datetime:
    return _EXCEL_DAY_0 + timedelta(seconds=round(_number(cell, r"[2-9]\d{4}") * 86_400))


_NAMED: dict[str, Reader] = {"iso": _iso, "unix": _unix, "unix_ms": _unix_ms, "excel": _excel}
_NUMBERS = ("unix", "unix_ms", "excel", "%Y%m%d", "%Y%m%d%H%M%S")
_DATES = (
    *(order.replace("/", sign) for sign in "/.-" for order in (
        "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%d/%b/%Y", "%d/%b/%y",
    )),
    "%d %b %Y", "%b %d, %Y", "%b %d %Y",
)  # fmt: skip
_CLOCKS = (
    "%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p",
    "%Hh%M", "%Hh%Mm%Ss",
)  # fmt: skip
_JOINTS = (" ", ", ", "T", " à ", " at ")
_FORMATS = [
    (format, set() if format in _NAMED else set(re.sub(r"%.| ", "", format)))
    for format in (
        "iso", *_NUMBERS, *_DATES,
        *(f"{day}{joint}{clock}" for day in _DATES for joint in _JOINTS for clock in _CLOCKS),
    )
]  # fmt: skip


def formats_of(cells: Iterable[str]) -> list[str]:
    """The formats in which the cells can be meant: none, the one, or several that differ.

    A few cells in a hundred may be broken; where one format reads more of them than another
    (31/01 has no other meaning), it is the one.
    """
    values = list(dict.fromkeys(cells))
    if not values:
        return []
    read = {each: _meant(reader(each), values) for each in _candidates(values[:TRIED])}
    best = max((len(meant) for meant in read.values()), default=0)
    if best < ENOUGH * len(values):
        return []
    found = {each: meant for each, meant in read.items() if len(meant) == best}
    alike = {tuple(meant.items()) for meant in found.values()}
    return [next(iter(found))] if len(alike) == 1 else list(found)


def _candidates(values: list[str]) -> list[str]:
    """The formats that read one of the values at least, ISO first."""
    found = []
    for format, signs in _FORMATS:
        likely = [value for value in values if all(sign in value for sign in signs)]
        if likely and _meant(reader(format), likely):
            found.append(format)
    return ["iso"] if found[:1] == ["iso"] else found


def _meant(read: Reader, values: list[str]) -> dict[str, datetime]:
    """What each value means, of those that can be read."""
    meant = {}
    for value in values:
        with suppress(ValueError, OverflowError, OSError):
            meant[value] = read(value)
    return meant


def instant(local: datetime, zone: ZoneInfo, after: datetime | None = None) -> Instant:
    """When the local clock of the zone showed that; a time with an offset is what it is.

    In the hour that autumn repeats it is the first of the two, unless that lies before `after`
    (the stage before this one); a time that spring leaves out is as far after the gap.
    """
    if local.tzinfo is not None:
        return Instant(local.astimezone(UTC), None)
    offset = _steady(local.date(), zone)
    if offset is not None:
        return Instant((local - offset).replace(tzinfo=UTC), None)
    first = local.replace(tzinfo=zone).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return Instant(first, None)
    if first > second:
        return Instant(first, "never")
    return Instant(second if after is not None and first < after else first, "twice")


@lru_cache(maxsize=4096)
def _steady(day: date, zone: ZoneInfo) -> timedelta | None:
    """The offset of all of the day; None where it changes on it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    offsets = {(midnight + timedelta(hours=hour)).utcoffset() for hour in range(0, 25)}
    return offsets.pop() if len(offsets) == 1 else None
