"""How fast counters grow, from readings of them: what a counter tells is a sum, not a rate."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: A rate is that of the last so many minutes, or of as many as were seen.
WINDOW = timedelta(minutes=5)
#: Less says nothing yet.
LEAST = timedelta(seconds=30)
#: Readings closer than this are one.
_STEP = timedelta(seconds=5)


@dataclass(slots=True)
class _Counter:
    """One counter; `total` grows even where the counter begins anew (at midnight)."""

    last: int
    total: int = 0
    readings: deque[tuple[datetime, int]] = field(default_factory=deque)

    def read(self, count: int, now: datetime) -> None:
        self.total += count - self.last if count >= self.last else count
        self.last = count
        if len(self.readings) > 1 and now - self.readings[-2][0] < _STEP:
            self.readings.pop()
        self.readings.append((now, self.total))
        while now - self.readings[0][0] > WINDOW:
            self.readings.popleft()


class Meter:
    """Counts a minute, by name.  Lives as long as its process: it begins with knowing nothing."""

    def __init__(self) -> None:
        self._counters: dict[str, _Counter] = {}
        self._read_at: datetime | None = None

    def read(self, counts: Mapping[str, int], now: datetime) -> None:
        """Take a reading of every counter."""
        for name, count in counts.items():
            if (counter := self._counters.get(name)) is None:
                counter = self._counters[name] = self._begun(count, now)
            counter.read(count, now)
        self._read_at = now

    def rate(self, name: str) -> float | None:
        """Counts a minute of late; None where too little was seen to tell."""
        counter = self._counters.get(name)
        if counter is None:
            return None
        (first_at, first), (last_at, last) = counter.readings[0], counter.readings[-1]
        seen = last_at - first_at
        return (last - first) / (seen / timedelta(minutes=1)) if seen >= LEAST else None

    def _begun(self, count: int, now: datetime) -> _Counter:
        """A counter that was not there at the last reading stood at nothing then."""
        if self._read_at is None:
            return _Counter(count)
        return _Counter(0, 0, deque([(self._read_at, 0)]))
