"""The lines across a chart: round numbers from 0 to above the tallest."""

from __future__ import annotations

from math import floor, log10

#: So many steps at most.
MOST = 4


def ticks(tallest: float) -> list[int]:
    """Whole numbers from 0, each 1, 2 or 5 times a power of ten after the last; two at least."""
    if tallest <= 1:
        return [0, 1]
    power = 10 ** floor(log10(tallest / MOST)) if tallest > MOST else 1
    step = next(s for s in (power, 2 * power, 5 * power, 10 * power) if tallest <= MOST * s)
    return [step * number for number in range(-(-int(-(-tallest // 1)) // step) + 1)]
