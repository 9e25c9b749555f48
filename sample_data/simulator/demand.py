"""When customers need something: a rate per reason, by local hour and weekday.

The candidates of an hour are a pure function of (seed, hour, copy): drawn at the highest
rate that can occur, and kept where their own draw lies below the rate in force.  Raising
the rate adds customers and moves none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

HOUR_MS = 3_600_000

REASONS = ("billing", "delivery", "subscription", "technical", "complaint")
SHARES = {
    "billing": 0.28, "delivery": 0.24, "subscription": 0.18, "technical": 0.20, "complaint": 0.10,
}  # fmt: skip

#: Needs an hour on an ordinary weekday, at each full local hour: opening 8 to 19, a lunch dip.
HOURLY = (
    12, 10, 8, 8, 8, 10, 22, 70, 225, 340, 370, 330, 225, 215, 290, 300, 285, 250, 175, 90,
    55, 38, 26, 18,
)  # fmt: skip
#: Monday to Sunday.
WEEKDAY = (1.22, 1.04, 1.0, 0.97, 0.92, 0.46, 0.34)

#: What differs from the common shape: the hours in which a reason is asked for more.
PEAKS = {
    "billing": (range(8, 12), 1.25),
    "delivery": (range(15, 20), 1.40),
    "subscription": (range(12, 15), 1.25),
    "technical": (range(18, 24), 1.50),
    "complaint": (range(9, 11), 1.15),
}
#: Above every rate a reason can reach, in needs an hour for a share of one.
CEILING = 700.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may need something: does, where ``draw`` < rate ÷ ceiling."""

    at_ms: int
    reason: str
    name: str
    draw: float


class Demand:
    """The rates of one local calendar."""

    def __init__(self, seed: int, zone: ZoneInfo) -> None:
        self._seed = seed
        self._zone = zone

    def candidates(self, hour_ms: int, copy: int) -> list[Candidate]:
        """Everybody who might need something in that UTC hour, in order of time."""
        found = [candidate for reason in REASONS for candidate in self._of(reason, hour_ms, copy)]
        return sorted(found, key=lambda candidate: (candidate.at_ms, candidate.name))

    def _of(self, reason: str, hour_ms: int, copy: int) -> list[Candidate]:
        hour = utc(hour_ms).strftime("%Y%m%d%H")
        prefix = f"{self._seed}{reason[0]}{hour}" + (f"x{copy}" if copy else "")
        stream = Random(f"demand/{prefix}")
        mean_gap_ms = HOUR_MS / (CEILING * SHARES[reason])
        found: list[Candidate] = []
        at = stream.expovariate(1.0) * mean_gap_ms
        while at < HOUR_MS:
            name = f"{prefix}-{len(found)}"
            found.append(Candidate(hour_ms + int(at), reason, name, stream.random()))
            at += stream.expovariate(1.0) * mean_gap_ms
        return found

    def hour(self, hour_ms: int, floor: float) -> dict[str, tuple[float, float]]:
        """Per reason the chance to keep a candidate at the start and at the end of the hour.

        ``floor`` is the least number of needs an hour, all reasons together.
        """
        starts, ends = self._rates(hour_ms, floor), self._rates(hour_ms + HOUR_MS, floor)
        return {reason: (starts[reason], ends[reason]) for reason in REASONS}

    def total(self, at_ms: int) -> float:
        """Needs an hour by the shape alone, all reasons, at the full hour before."""
        local = utc(at_ms).astimezone(self._zone)
        return HOURLY[local.hour] * WEEKDAY[local.weekday()]

    def _rates(self, at_ms: int, floor: float) -> dict[str, float]:
        local = utc(at_ms).astimezone(self._zone)
        total = max(HOURLY[local.hour] * WEEKDAY[local.weekday()], floor)
        return {reason: _peak(reason, local.hour) * total / CEILING for reason in REASONS}


def _peak(reason: str, hour: int) -> float:
    hours, factor = PEAKS[reason]
    return factor if hour in hours else 0.96


def utc(at_ms: int) -> datetime:
    """The moment of so many milliseconds since 1970, exact."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
