"""Gaps: stretches in which the feed was dead, not the customers quiet."""

from __future__ import annotations

import numpy as np

from kpis.forecasting.axis import Flags, Floats

#: Nothing came where at least so many were expected: one chance in half a thousand million.
UNLIKELY = 20.0
#: What stays silent for longer has ended.
LONGEST = 7 * 96


def gaps(offered: Floats, expected: Floats) -> Flags:
    """Which quarters of one channel lie in a gap: a run of zeros that can be no chance."""
    empty = np.concatenate(([False], offered == 0, [False]))
    turns = np.flatnonzero(empty[1:] != empty[:-1])
    starts, ends = turns[::2], turns[1::2]
    missed = np.concatenate(([0.0], np.cumsum(expected)))
    unlikely = (missed[ends] - missed[starts] >= UNLIKELY) & (ends - starts <= LONGEST)
    found = np.zeros(len(offered), np.bool_)
    for start, end in zip(starts[unlikely], ends[unlikely], strict=True):
        found[start:end] = True
    return found
