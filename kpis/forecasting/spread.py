"""Spread: how far the past was from what would have been forecast then, beyond mere chance.

From every one of the last three weeks' mornings the days after it are forecast with what was
known that morning; what came is put beside.  The part of the squared error that Poisson's law
does not explain, over the square of the expected count, is the spread of :mod:`.bands`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kpis.forecasting.axis import Flags, Floats
from kpis.forecasting.history import History
from kpis.forecasting.profile import Profile

#: Mornings looked back upon, and with how little history the first may do.
_MORNINGS, _LEAST_DAYS = 21, 7
#: The first days ahead of each class of distance: the same day, the week after it, beyond.
DISTANCES = (0, 1, 7)
FARTHEST = 14
#: One day of this spread is put beside what was seen: with no past that is all there is.
_UNKNOWN = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """By channel (the total last) and class of distance: of quarters, and of whole days."""

    quarters: Floats
    days: Floats

    @staticmethod
    def distance(ahead: int) -> int:
        """The class of so many days ahead."""
        return sum(ahead >= first for first in DISTANCES[1:])


def spread(history: History, until: int, learnt: Callable[[int], Profile]) -> Spread:
    """The spread as it was known on the morning of the day `until`."""
    watched = learnt(until).known
    rows = len(history.channels) + 1
    sums = np.zeros((4, rows, len(DISTANCES)))
    for morning in range(max(_LEAST_DAYS, until - _MORNINGS), until):
        profile = learnt(morning)
        for day in range(morning, min(morning + FARTHEST, until)):
            if not history.axis.holiday[day]:
                sums[:, :, Spread.distance(day - morning)] += _of(history, profile, day, watched)
    return Spread(_over(sums[0], sums[1], learnt(until)), _over(sums[2], sums[3], learnt(until), 1))


def _of(history: History, profile: Profile, day: int, watched: Flags) -> Floats:
    """One day's unexplained squared errors and squared expectations: quarters, then the day."""
    edges = history.axis.edges
    quarters = slice(edges[day], edges[day + 1])
    seen = watched[:, quarters]
    expected = _with_total(profile.expected(history.axis, day) * seen)
    came = _with_total(history.offered[:, quarters] * seen)
    unexplained = (came - expected) ** 2 - expected
    whole, expected_whole = came.sum(axis=1), expected.sum(axis=1)
    return np.stack(
        [
            unexplained.sum(axis=1),
            (expected**2).sum(axis=1),
            (whole - expected_whole) ** 2 - expected_whole,
            expected_whole**2,
        ]
    )


def _over(
    unexplained: Floats, squares: Floats, profile: Profile, slots: int | None = None
) -> Floats:
    """The ratio, with one day of the unknown beside."""
    usual = _with_total(profile.rates.mean(axis=1))
    if slots == 1:
        usual = usual.sum(axis=1, keepdims=True)
    unknown = (usual**2).sum(axis=1)[:, None] + 1e-9
    found: Floats = np.maximum(unexplained + _UNKNOWN * unknown, 0.0) / (squares + unknown)
    return found


def _with_total(rows: Floats) -> Floats:
    return np.concatenate([rows, rows.sum(axis=0, keepdims=True)])
