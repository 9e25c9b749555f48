"""Slowing down who guesses passwords, without locking out who owns the name."""

from __future__ import annotations

import math
from collections.abc import Hashable
from datetime import datetime, timedelta

#: Failures that are free: for one name from one address, and for one address.
FREE_BY_NAME, FREE_BY_ADDRESS = 5, 30
_FORGET = timedelta(minutes=15)
_LONGEST_WAIT_S = 300
_MOST_KEYS = 10_000


class Attempts:
    """Failed logins of this process, in memory; each failure past the free ones doubles the
    wait before the next attempt is looked at.

    An attempt counts as failed from its beginning: else a hundred sent at once would all be
    looked at before the first of them is known to be wrong.
    """

    def __init__(self) -> None:
        self._failed: dict[Hashable, tuple[int, datetime]] = {}

    def wait_s(self, name: str, address: str, now: datetime) -> int:
        """Seconds until this address may try this name again; 0 is now."""
        return max(
            self._wait_s((name, address), FREE_BY_NAME, now),
            self._wait_s(address, FREE_BY_ADDRESS, now),
        )

    def begun(self, name: str, address: str, now: datetime) -> None:
        """Count one attempt, as a wrong one until it has succeeded."""
        self._forget(now)
        for key in ((name, address), address):
            count = self._failed.pop(key, (0, now))[0]
            self._failed[key] = (count + 1, now)

    def succeeded(self, name: str, address: str) -> None:
        """The right password clears the name's count, and its own from the address's."""
        self._failed.pop((name, address), None)
        count, last = self._failed.get(address, (0, None))
        if last is not None:
            self._failed[address] = (count - 1, last)

    def _wait_s(self, key: Hashable, free: int, now: datetime) -> int:
        count, last = self._failed.get(key, (0, now))
        if count < free or last <= now - _FORGET:
            return 0
        penalty: int = min(1 << min(count - free, 16), _LONGEST_WAIT_S)
        return max(0, penalty - math.floor((now - last).total_seconds()))

    def _forget(self, now: datetime) -> None:
        """Drop what is old; the oldest too where a flood of names fills the memory."""
        old = [key for key, (_count, last) in self._failed.items() if last <= now - _FORGET]
        too_many = max(0, len(self._failed) - _MOST_KEYS + 2)
        for key in old or list(self._failed)[:too_many]:
            del self._failed[key]
