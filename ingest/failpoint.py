"""Named points between two steps, where a suite may end this very process.

``VIGIE_FAILPOINT=committed:3`` kills the process, as kill -9 does, the third time that it
comes by that point.  Nothing is set in production: then `reach` compares one string.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import Literal, get_args

#: In the order in which a batch meets them.
Point = Literal[
    "pulled", "received", "staged", "locked", "remembered", "counted", "booked", "committed",
    "acknowledged",
]  # fmt: skip
POINTS: tuple[Point, ...] = get_args(Point)

_NAME, _, _TIMES = os.environ.get("VIGIE_FAILPOINT", "").partition(":")
_reached: Counter[str] = Counter()


def reach(point: Point) -> None:
    """Come by a point; the process may end here."""
    if point == _NAME:
        _reached[point] += 1
        if _reached[point] == int(_TIMES or 1):
            os.kill(os.getpid(), signal.SIGKILL)
