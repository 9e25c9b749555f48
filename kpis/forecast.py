"""Forecast: how many contacts will come, by channel and reason, each quarter hour.

For the rest of today and up to 14 days: the expected count, and bands that hold half and nine
tenths of what comes.  How it is made is told by the rooms of :mod:`kpis.forecasting`; how good
it is, by `backtest`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from sqlalchemy import Connection, func, select

from kpis.errors import UnknownWord, WrongQuery
from kpis.forecasting.axis import Floats
from kpis.forecasting.backtest import Backtest
from kpis.forecasting.backtest import backtest as run_backtest
from kpis.forecasting.bands import bands
from kpis.forecasting.basis import Basis, of_history, of_opening
from kpis.forecasting.history import WEEKS, History, read_history
from kpis.forecasting.opening import Opened, opened
from kpis.forecasting.outlook import Learnt, Outlook, outlook, reason_shares
from kpis.intervals import day_of
from kpis.schema import rollup_quarter

__all__ = ["BY", "Backtest", "Basis", "By", "DayLine", "Forecast", "Line", "backtest", "forecast"]

By = Literal["total", "channel", "reason"]
BY: tuple[By, ...] = ("total", "channel", "reason")
#: Days ahead of today, by the name of a horizon.
HORIZONS = {"today": 0, "1d": 1, "7d": 7, "14d": 14}
#: A channel that nobody used for so long is none any more.
_ENDED_QUARTERS = 14 * 96
_DECIMALS = 3


class Line(msgspec.Struct, frozen=True):
    """One channel, one reason of it, or (None) the total; lists as long as the `quarters`.

    `low50` to `high50` holds half of what comes, `low90` to `high90` nine tenths.  A reason
    that no source tells is ''.
    """

    channel: str | None
    reason: str | None
    basis: Basis
    expected: list[float]
    low50: list[int]
    high50: list[int]
    low90: list[int]
    high90: list[int]


class DayLine(msgspec.Struct, frozen=True):
    """One local day of a channel or the total.  Of today `so_far` has come and counts."""

    day: date
    channel: str | None
    so_far: int
    expected: float
    low50: int
    high50: int
    low90: int
    high90: int


class Forecast(msgspec.Struct, frozen=True):
    """`quarters`: when each begins, from the one that runs at `as_of`, which is told as a whole.

    `silent`: channels whose feed is taken for dead now; what they missed counts for nothing.
    """

    as_of: datetime
    zone: str
    horizon: str
    #: Whose public holidays are kept.
    country: str | None
    quarters: list[datetime]
    lines: list[Line]
    days: list[DayLine]
    silent: list[str]


def forecast(
    connection: Connection,
    now: datetime,
    zone: ZoneInfo,
    horizon: str = "14d",
    *,
    by: By = "reason",
    country: str | None = None,
    opening: Mapping[str, float | None] | None = None,
) -> Forecast:
    """The forecast as it can be known at `now`.

    `country`: whose public holidays are kept.  `opening`: channels that open and have no
    history, each with the share of all contacts that it will take (None: as much as the least
    of its siblings).

    Raises WrongQuery: no such horizon or country.
    """
    if horizon not in HORIZONS:
        raise UnknownWord("horizon", horizon, list(HORIZONS))
    ahead = HORIZONS[horizon]
    history = read_history(
        connection, now, zone, days=WEEKS * 7, ahead=ahead, country=country,
        reason_days=0 if by != "reason" else 28,
    )  # fmt: skip
    origin = history.axis.number(now)
    learnt = Learnt(history)
    seen = outlook(learnt, origin, ahead)
    new = opened(connection, now, history, learnt.profile(seen.today), seen, opening or {})
    lines = list(_lines(history, learnt, seen, new, by))
    days = [line for channel in _rows(history, seen) for line in _days(history, seen, *channel)]
    return Forecast(
        as_of=now.astimezone(UTC), zone=str(zone), horizon=horizon, country=country,
        quarters=[history.axis.moment(q) for q in range(origin, len(history.axis.starts))],
        lines=lines, days=days, silent=list(seen.silent),
    )  # fmt: skip


def backtest(
    connection: Connection,
    now: datetime,
    zone: ZoneInfo,
    horizon: str = "1d",
    *,
    days: int = 28,
    country: str | None = None,
) -> Backtest:
    """The test over the last `days` days before `now`, or before the last contact if it is older.

    Raises WrongQuery: no such horizon or country, or too little history.
    """
    last = connection.scalar(
        select(func.max(rollup_quarter.c.quarter)).where(
            rollup_quarter.c.quarter <= now, rollup_quarter.c.offered > 0
        )
    )
    if last is None:
        raise WrongQuery("there is no history to test a forecast on: load some contacts first")
    _, end = day_of(last, zone)
    known = days + WEEKS * 7
    history = read_history(
        connection, min(now, end), zone, days=known, ahead=0, reason_days=known, country=country
    )
    return run_backtest(history, horizon, days)


def _rows(history: History, seen: Outlook) -> Iterator[tuple[int, str | None]]:
    """The channels that live, by number; the total last."""
    recent = history.offered[:, max(0, seen.origin - _ENDED_QUARTERS) : seen.origin + 1]
    for number, channel in enumerate(history.channels):
        if recent[number].any():
            yield number, channel
    if recent.any():
        yield len(history.channels), None


def _lines(
    history: History, learnt: Learnt, seen: Outlook, new: list[Opened], by: By
) -> Iterator[Line]:
    watched = learnt.profile(seen.today).watched_days()
    begun = {one.channel for one in new}
    for number, channel in _rows(history, seen):
        if channel is None:
            basis = of_history(float(watched.max()), learnt.profile(seen.today), None)
            yield _line(None, None, basis, seen.expected.sum(axis=0), seen.spread[number])
        elif by != "total" and channel not in begun:
            factor = float(seen.factors[number])
            basis = of_history(float(watched[number]), learnt.profile(seen.today), factor)
            yield from _channel(history, seen, number, channel, basis, by)
    for one in new:
        if by != "total":
            basis = of_opening(one.share, one.siblings)
            yield _line(one.channel, None, basis, one.expected, one.spread)


def _channel(
    history: History, seen: Outlook, number: int, channel: str, basis: Basis, by: By
) -> Iterator[Line]:
    """The channel itself, then each of its reasons."""
    expected, spread = seen.expected[number], seen.spread[number]
    yield _line(channel, None, basis, expected, spread)
    if by == "reason":
        hours = history.axis.slot[seen.origin :] // 4
        for reason, share in reason_shares(history, channel, seen.origin).items():
            yield _line(channel, reason, basis, expected * share[hours], spread)


def _line(
    channel: str | None, reason: str | None, basis: Basis, expected: Floats, spread: Floats
) -> Line:
    low90, low50, high50, high90 = bands(expected, spread).astype(np.int64).tolist()
    rounded = np.round(expected, _DECIMALS).tolist()
    return Line(channel, reason, basis, rounded, low50, high50, low90, high90)


def _days(history: History, seen: Outlook, number: int, channel: str | None) -> Iterator[DayLine]:
    """Every local day of the outlook."""
    line = history.axis
    expected = seen.expected.sum(axis=0) if channel is None else seen.expected[number]
    counts = history.offered.sum(axis=0) if channel is None else history.offered[number]
    for ahead in range(seen.day_spread.shape[1]):
        begin, end = line.edges[seen.today + ahead], line.edges[seen.today + ahead + 1]
        came = int(counts[begin : max(begin, seen.origin)].sum())
        left = expected[max(begin, seen.origin) - seen.origin : end - seen.origin].sum()
        found = bands(np.array([left]), seen.day_spread[number, ahead : ahead + 1])
        low90, low50, high50, high90 = (came + int(count) for count in found[:, 0])
        whole = round(came + float(left), _DECIMALS)
        day = line.date(seen.today + ahead)
        yield DayLine(day, channel, came, whole, low50, high50, low90, high90)
