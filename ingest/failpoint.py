"""Named points between two steps, where a suite may look on, or end this very process.

``VIGIE_FAILPOINT=committed:3`` kills the process, as kill -9 does, the third time that it
comes by that point.  Nothing is set in production: then `reach` compares one name to None.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Literal, get_args

from ingest.errors import Fatal

#: In the order in which a batch meets them.
Point = Literal[
    "pulled", "received", "staged", "locked", "remembered", "counted", "booked", "committed",
    "acknowledged",
]  # fmt: skip
POINTS: tuple[Point, ...] = get_args(Point)

VARIABLE = "VIGIE_FAILPOINT"
Watcher = Callable[[Point], None]


def reach(point: Point) -> None:
    """Come by a point; the process may end here."""
    if _watcher is not None:
        _watcher(point)


def watch(watcher: Watcher | None) -> None:
    """Have this process call `watcher` at every point from now on; None: no more."""
    global _watcher
    _watcher = watcher


class Trap:
    """Ends the process the n-th time that it comes by a point; ``staged:2``, or ``staged``.

    Raises Fatal where the words name no point: a trap that never snaps proves nothing.
    """

    def __init__(self, words: str) -> None:
        self._point, _, times = words.partition(":")
        if self._point not in POINTS or not (times or "1").isdecimal() or times == "0":
            raise Fatal(f"{VARIABLE}={words}: write one of {', '.join(POINTS)}, then :TIMES")
        self._left = int(times or 1)
        self._guard = threading.Lock()

    def __call__(self, point: Point) -> None:
        if point == self._point:
            with self._guard:
                self._left -= 1
                if self._left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)


_watcher: Watcher | None = Trap(words) if (words := os.environ.get(VARIABLE)) else None
