"""Histograms: those of many lines at once, each a part of the buckets of :mod:`kpis.waits`."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kpis.columns import Whole
from kpis.waits import TOLD

Seconds = NDArray[np.float64]
_TOLD = np.array(TOLD)


class Histograms:
    """How many lie in a bucket, line by line: three arrays of one length, in any order.

    A bucket of a line may come several times: its counts add up.
    """

    def __init__(self, size: int, lines: Whole, buckets: Whole, counts: Whole) -> None:
        order = np.argsort(lines * len(TOLD) + buckets)
        self._lines, self._buckets, self._counts = lines[order], buckets[order], counts[order]
        self._passed = np.cumsum(self._counts)
        self._totals = np.zeros(size, np.int64)
        np.add.at(self._totals, lines, counts)

    def percentiles(self, share: float) -> Seconds:
        """What :func:`kpis.waits.percentile` says of each line; NaN of an empty one."""
        found = np.full(len(self._totals), np.nan)
        some = self._totals > 0
        if some.any():
            rank = self._before + np.ceil(share * self._totals).astype(np.int64)
            places = np.searchsorted(self._passed, rank[some])
            found[some] = _TOLD[self._buckets[places]]
        return found

    def of(self, line: int) -> dict[int, int]:
        """The histogram of one line."""
        found: Counter[int] = Counter()
        for place in np.flatnonzero(self._lines == line).tolist():
            found[int(self._buckets[place])] += int(self._counts[place])
        return found

    @cached_property
    def _before(self) -> NDArray[Any]:
        """How many lie in the lines before each."""
        return np.cumsum(self._totals) - self._totals


def spread(starts: Whole, lengths: Whole) -> Whole:
    """The numbers of [start, start + length), of each start one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - ends + lengths, lengths) + np.arange(total)
