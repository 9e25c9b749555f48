"""Outlook: what is expected from one quarter hour on, with how much it may be wrong.

The days to come follow the profile that the days before today taught.  Of today what has come
already counts: if so far a tenth more came than expected, a part of that tenth is expected of
the rest of the day, the greater the more has come and the more days differ here (Gamma-Poisson).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kpis.forecasting.axis import Floats
from kpis.forecasting.gaps import gaps
from kpis.forecasting.history import History
from kpis.forecasting.profile import Profile, learn
from kpis.forecasting.spread import Spread, spread

#: A reason's own hour weighs as much as its channel's day once so many contacts came in it.
_HOUR_CONTACTS = 30.0
_HOURS = 24
#: Days of which no two were ever the same; and the most a morning may say of an afternoon.
_LEAST_SPREAD = 0.0004
_MOST = 3.0
#: The share of a day's spread of which its morning tells nothing.
_OWN_AFTERNOON = 0.25
#: How wrong a holiday may be on top, of which none, one, two… were seen.
_HOLIDAY_SPREAD = 0.1


@dataclass(slots=True, eq=False)
class Learnt:
    """The profiles and spreads of one history, each worked out once."""

    history: History
    _profiles: dict[int, Profile] = field(default_factory=dict)
    _spreads: dict[int, Spread] = field(default_factory=dict)

    def profile(self, until: int) -> Profile:
        """As it was on the morning of that day."""
        if until not in self._profiles:
            self._profiles[until] = learn(self.history, until)
        return self._profiles[until]

    def spread(self, until: int) -> Spread:
        if until not in self._spreads:
            self._spreads[until] = spread(self.history, until, self.profile)
        return self._spreads[until]


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """From the quarter `origin` up to the end of the last day.

    `expected`: channels × quarters.  `spread`: the same with the total as last row.
    `today`: by channel, the factor that today's arrivals made.  `silent`: the channels whose
    feed is taken for dead now.  `days`: the spread of whole days, channels and total × days;
    of today: of what is left of it.
    """

    origin: int
    today: int
    expected: Floats
    spread: Floats
    factors: Floats
    silent: tuple[str, ...]
    day_spread: Floats


def outlook(learnt: Learnt, origin: int, days_ahead: int) -> Outlook:
    """The outlook from `origin` to the end of the day that many days after its own."""
    history, line = learnt.history, learnt.history.axis
    today = int(line.day[origin])
    profile, known = learnt.profile(today), learnt.spread(today)
    factors, left, silent = _today(history, profile, known, origin, today)
    elapsed = origin - int(line.edges[today])
    expected, spreads, day_spreads = [], [], []
    for ahead in range(days_ahead + 1):
        of_day = profile.expected(line, today + ahead)
        distance = Spread.distance(ahead)
        of_quarters, of_whole = known.quarters[:, distance], known.days[:, distance]
        if not ahead:
            of_day = (of_day * factors[:, None])[:, elapsed:]
            of_quarters = np.maximum(of_quarters - of_whole, 0.0) + left
            of_whole = left
        if line.holiday[today + ahead]:
            of_whole = of_whole + _HOLIDAY_SPREAD / (1 + profile.holidays)
            of_quarters = of_quarters + _HOLIDAY_SPREAD / (1 + profile.holidays)
        expected.append(of_day)
        spreads.append(np.repeat(of_quarters[:, None], of_day.shape[1], axis=1))
        day_spreads.append(of_whole)
    return Outlook(
        origin, today, np.concatenate(expected, axis=1), np.concatenate(spreads, axis=1),
        factors, silent, np.stack(day_spreads, axis=1),
    )  # fmt: skip


def _today(
    history: History, profile: Profile, known: Spread, origin: int, today: int
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """By channel the factor of today; the spread that is left, the total's last; who is silent."""
    begin = int(history.axis.edges[today])
    said = profile.expected(history.axis, today)[:, : origin - begin]
    came = history.offered[:, begin:origin]
    everywhere = gaps(came.sum(axis=0), said.sum(axis=0))
    dead = np.zeros(came.shape, np.bool_)
    for number in range(len(dead)):
        dead[number] = everywhere | gaps(came[number], said[number])
    said, came = (said * ~dead).sum(axis=1), (came * ~dead).sum(axis=1)
    steady = 1 / np.maximum(known.days[:, 0], _LEAST_SPREAD)
    factors = (steady[:-1] + came) / (steady[:-1] + said)
    left = 1 / (steady + np.append(said, said.sum())) + _OWN_AFTERNOON / steady
    silent = [name for name, row in zip(history.channels, dead, strict=True) if row[-1:].any()]
    return np.clip(factors, 1 / _MOST, _MOST), left, tuple(silent)


def reason_shares(history: History, channel: str, origin: int) -> Mapping[str, Floats]:
    """Of each reason its share of the channel by local hour; they add up to 1 in every hour.

    What came before `origin` counts, four weeks of it at most.
    """
    counts = history.reasons.get(channel, {})
    hours = history.axis.slot[:origin] // 4
    by_hour = {reason: np.bincount(hours, row[:origin], _HOURS) for reason, row in counts.items()}
    every = sum(by_hour.values(), np.zeros(_HOURS))
    if not every.sum():
        return {"": np.ones(_HOURS)}
    return {
        reason: (hourly + _HOUR_CONTACTS * hourly.sum() / every.sum()) / (every + _HOUR_CONTACTS)
        for reason, hourly in sorted(by_hour.items())
        if hourly.sum()
    }
