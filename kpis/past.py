"""Past: what is read of days that are over, kept between the reads of a minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ingest.asking import Later

T = TypeVar("T")


class Past:
    """Asked again once a minute: what comes late of days that are over tells a minute later.

    Who reads again and again keeps one and hands it in each time.
    """

    def __init__(self) -> None:
        self._asked: dict[object, tuple[object, Later[Any]]] = {}

    def of(
        self, asked: Callable[[datetime, ZoneInfo], Later[T]], now: datetime, zone: ZoneInfo
    ) -> Later[T]:
        """What `asked` asks under these, as of the minute of `now`."""
        minute = now.replace(second=0, microsecond=0), zone
        known = self._asked.get(asked)
        if known is None or known[0] != minute:
            known = self._asked[asked] = minute, asked(now, zone)
        return known[1]
