"""The forecast band of a quarter hour, as it could be known when it began; how far a count departs.

A departure of 1 is the first count outside of the band that holds nine tenths of what comes.
More than the band can be told while the quarter still runs, less only once it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from app.alerts.model import ANY, Alert, Side
from kpis.errors import WrongQuery
from kpis.forecast import By, Forecast, Line, forecast
from kpis.intervals import QUARTER

#: Bands narrower than this do not divide.
_NARROW = 0.5


class Band(msgspec.Struct, frozen=True):
    """What was expected in the quarter that begins at `start`, and where nine tenths of it lie.

    `known`: false where nothing is forecast of the scope.
    """

    start: datetime
    expected: float
    low: int
    high: int
    known: bool = True


def by_of(alert: Alert) -> By:
    """How fine a forecast the alert asks for."""
    if alert.channel == ANY:
        return "total"
    return "channel" if alert.reason == ANY else "reason"


def read_forecast(
    connection: Connection, start: datetime, by: By, zone: ZoneInfo
) -> Forecast | None:
    """The rest of the local day from the quarter `start` on, as it could be known then.

    None where there was too little history to tell.
    """
    try:
        return forecast(connection, start, zone, "today", by=by)
    except WrongQuery:
        return None


def bands_of(alert: Alert, told: Forecast | None) -> Iterator[Band]:
    """The bands of the alert's scope, a quarter each; none where nothing is forecast of it."""
    channel = None if alert.channel == ANY else alert.channel
    reason = None if alert.reason == ANY else alert.reason
    if told is None:
        return
    for line in told.lines:
        if (line.channel, line.reason) == (channel, reason):
            yield from _bands(line, told.quarters)


def _bands(line: Line, quarters: Iterable[datetime]) -> Iterator[Band]:
    told = zip(quarters, line.expected, line.low90, line.high90, strict=True)
    return (Band(*each) for each in told)


def quarter_of(at: datetime) -> datetime:
    """When the quarter hour that holds `at` began; zones are whole quarters apart."""
    seconds = QUARTER.total_seconds()
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def departure(count: float, band: Band) -> float:
    """Above 0 more than expected came, below 0 less; from ±1 on it is outside of the band."""
    if count >= band.expected:
        return (count - band.expected) / max(band.high + 1 - band.expected, _NARROW)
    return -(band.expected - count) / max(band.expected - band.low + 1, _NARROW)


def on_side(departed: float, side: Side) -> float:
    """How far it departs on the side that is watched."""
    if side is Side.EITHER:
        return abs(departed)
    return departed if side is Side.ABOVE else -departed
