"""Pasts made by hand for forecasts: counts by channel and quarter hour, without a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from kpis.forecasting.axis import axis
from kpis.forecasting.history import History

PARIS = ZoneInfo("Europe/Paris")
#: (day of the axis, weekday, slot) → contacts of that quarter.
Counts = Callable[[int, int, int], int]
MODALITIES = {"phone": "sync", "chat": "sync", "email": "async", "video": "sync"}


def past(
    counts: dict[str, Counts],
    first: date = date(2026, 9, 7),
    days: int = 28,
    ahead: int = 14,
    zone: ZoneInfo = PARIS,
    country: str | None = None,
) -> History:
    """`days` whole days of these channels, then room for today and the days ahead."""
    line = axis(first, days + 1 + ahead, zone, country)
    offered = np.zeros((len(counts), len(line.starts)))
    for row, count in zip(offered, counts.values(), strict=True):
        for number in range(int(line.edges[days])):
            day = int(line.day[number])
            row[number] = count(day, int(line.weekday[day]), int(line.slot[number]))
    modalities = tuple(MODALITIES[channel] for channel in counts)
    return History(line, tuple(counts), modalities, offered)


def office(a_quarter: int, sunday: int = 0) -> Counts:
    """So many contacts a quarter from 8 to 18, on Saturdays half of them."""

    def count(day: int, weekday: int, slot: int) -> int:
        if not 32 <= slot < 72:
            return 0
        return {5: a_quarter // 2, 6: sunday}.get(weekday, a_quarter)

    return count
