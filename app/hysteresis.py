"""Thresholds apart, a condition that must hold, a feed that must be fresh: what rules that act and
alerts that tell have in common, so that neither flaps.  Pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """Beyond `enter` it begins, back at `exit` it ends; between them nothing moves.

    `falls`: less is worse, so beyond is below.
    """

    enter: float
    exit: float
    falls: bool = False

    def entered(self, value: float) -> bool:
        return value <= self.enter if self.falls else value >= self.enter

    def left(self, value: float) -> bool:
        return value >= self.exit if self.falls else value <= self.exit


def held_since(
    since: datetime | None, seen_at: datetime | None, now: datetime, gap_s: float
) -> datetime:
    """Since when it holds, if it holds now; over a gap between two looks nobody knows."""
    unseen = seen_at is None or now - seen_at > timedelta(seconds=gap_s)
    return now if since is None or unseen else since


def is_stale(fed_at: datetime | None, now: datetime, stale_s: float) -> bool:
    """Whether the feed was last known to tell all too long ago to be believed."""
    return fed_at is None or now - fed_at > timedelta(seconds=stale_s)
