"""Bands: quantiles of counts that scatter more than Poisson's.

A count with mean m and spread s has the variance m + s m² (negative binomial; s = 0 is
Poisson's): the first part is chance, the second how wrong the mean may be.
"""

from __future__ import annotations

import numpy as np

from kpis.forecasting.axis import Floats

#: The quantiles of the bands of 90 and 50 %: low90, low50, high50, high90.
SHARES = (0.05, 0.25, 0.75, 0.95)
_NORMAL = (-1.6448536, -0.6744898, 0.6744898, 1.6448536)
#: Up to this mean the quantiles are counted out, beyond they are approximated.
_COUNTED = 60.0
_TINY = 1e-9


def bands(mean: Floats, spread: Floats) -> Floats:
    """Of each mean its quantiles, in whole contacts: an axis of four is added in front."""
    found = _approximated(mean, spread)
    small = mean <= _COUNTED
    if small.any():
        found[:, small] = _counted(mean[small], np.broadcast_to(spread, mean.shape)[small])
    return found


def _counted(mean: Floats, spread: Floats) -> Floats:
    """The least count whose cumulated probability reaches the share."""
    s = np.maximum(spread, _TINY)
    chance = np.exp(-np.log1p(s * mean) / s)
    below = chance.copy()
    found = np.zeros((len(SHARES), *mean.shape))
    odds = s * mean / (1 + s * mean)
    count = 0
    while (missing := below < SHARES[-1] - _TINY).any():
        for number, share in enumerate(SHARES):
            found[number] += below < share - _TINY
        count += 1
        chance = chance * odds * (count - 1 + 1 / s) / count
        below = np.where(missing, below + chance, 1.0)
        if count > 20 * _COUNTED:
            break
    return found


def _approximated(mean: Floats, spread: Floats) -> Floats:
    """By the normal quantiles, corrected for the skew (Cornish, Fisher, 1937)."""
    z = np.array(_NORMAL).reshape(-1, *[1] * mean.ndim)
    deviation = np.sqrt(mean + spread * mean**2)
    skew = (1 + 2 * spread * mean) / np.maximum(deviation, _TINY)
    quantiles: Floats = np.rint(mean + deviation * (z + (z**2 - 1) * skew / 6))
    return np.maximum(quantiles, 0.0)
