"""Intervals of time, cut in a site's zone; half-open, given as instants in UTC.

A local day has 92, 96 or 100 quarter hours and 23, 24 or 25 hours, each a real stretch of time:
nothing is counted twice or lost when the clocks change.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kpis.errors import UnknownWord, WrongQuery

QUARTER = timedelta(minutes=15)
GRAINS = ("15min", "hour", "day", "total")
#: A year of quarter hours: 1.3 s and 14 MiB of JSON.  More would hold up who looks on live.
MOST = 40_000
FIRST_YEAR, LAST_YEAR = 1970, 2200


def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone.  Raises WrongQuery."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WrongQuery(
            f"no time zone «{name}»: use an IANA name such as Europe/Paris or UTC"
        ) from error


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def instant(day: date, minute: int, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """When the clock on the wall shows that minute of the local day; from 1440 on, of the next.

    A time that the clock skips is the moment at which it skips it; of a time that it shows
    twice the first, or the `last`.
    """
    naive = datetime.combine(day, time()) + timedelta(minutes=minute)
    wall = naive.replace(tzinfo=zone, fold=int(last))
    at = wall.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == naive:
        return at
    return _skip(wall, zone)


def label(at: datetime, zone: ZoneInfo) -> str:
    """The local time of day; with its offset where the clock shows it twice: «02:15 +01:00»."""
    local = at.astimezone(zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%H:%M}{f' {local.isoformat()[-6:]}' if twice else ''}"


def day_of(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local day that holds `at`: its first instant and that of the next."""
    day = at.astimezone(zone).date()
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def moment(text: str, zone: ZoneInfo) -> datetime:
    """An ISO date (its first instant in the zone) or date-time (in the zone unless it says).

    Raises WrongQuery.
    """
    try:
        at = datetime.fromisoformat(text)
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValueError(f"the year {at.year} is too far away")
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except ValueError as error:
        raise WrongQuery(
            f"«{text}» is no time: write 2024-01-31 or 2024-01-31T08:00, "
            f"of the years {FIRST_YEAR} to {LAST_YEAR}"
        ) from error


def cut(start: datetime, end: datetime, grain: str, zone: ZoneInfo) -> list[datetime]:
    """The boundaries of the intervals in [start, end): each start, and `end` last.

    The first and the last interval may be shorter.  Raises UnknownWord, WrongQuery.
    """
    if grain not in GRAINS:
        raise UnknownWord("grain", grain, list(GRAINS))
    if start >= end:
        raise WrongQuery(f"nothing lies between {start.isoformat()} and {end.isoformat()}")
    if grain == "total":
        return [start, end]
    if (end - start) / _width(grain) > MOST:
        raise WrongQuery(f"that is more than {MOST} intervals: ask for a coarser grain")
    return [start, *_inside(start, end, grain, zone), end]


def _skip(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clock skips the time that it never shows."""
    before, after = (int(wall.replace(fold=fold).timestamp()) for fold in (1, 0))
    old = datetime.fromtimestamp(before, zone).utcoffset()
    seconds = range(before, after + 1)
    found = bisect_left(
        seconds, True, key=lambda second: datetime.fromtimestamp(second, zone).utcoffset() != old
    )
    return datetime.fromtimestamp(seconds[found], UTC)


def _width(grain: str) -> timedelta:
    return {"15min": QUARTER, "hour": timedelta(hours=1)}.get(grain, timedelta(days=1))


def _inside(start: datetime, end: datetime, grain: str, zone: ZoneInfo) -> list[datetime]:
    """The boundaries strictly between."""
    if grain == "day":
        return _midnights(start, end, zone)
    # The quarters of all zones are those of UTC; a local hour begins with every fourth, but
    # for zones that change by half an hour: so each is asked for its local minute.
    first = datetime.fromtimestamp(start.timestamp() // 900 * 900, UTC) + QUARTER
    quarters = [first + QUARTER * step for step in range(-((first - end) // QUARTER))]
    inside = [quarter for quarter in quarters if quarter < end]
    if grain == "15min":
        return inside
    return [quarter for quarter in inside if quarter.astimezone(zone).minute == 0]


def _midnights(start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    found = []
    day = start.astimezone(zone).date()
    while (at := midnight(day := day + timedelta(days=1), zone)) < end:
        found.append(at)
    return found
