"""Back-test: the same forecast from every day of the past, beside «as a week ago».

Rolling origin: each forecast sees only what had come by its own origin.  Its rival is the
seasonal-naive one: the same local quarter a week ago, or the last week before the origin that was
watched.  Quarters in which the feed was dead are no one's fault and are left out, of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np

from kpis.errors import UnknownWord, WrongQuery
from kpis.forecasting.axis import SLOTS, Flags, Floats, Ints
from kpis.forecasting.bands import bands
from kpis.forecasting.history import History
from kpis.forecasting.outlook import Learnt, Outlook, outlook, reason_shares

#: By the name of a horizon: days ahead of the origin's own, and the origin's local hour.
HORIZONS = {"today": (0, 12), "1d": (0, 0), "14d": (13, 0)}
#: A forecast needs two weeks, and so has its rival something to go by.
LEAST_DAYS = 14
#: Bands are judged where at least so many contacts are expected: of less they hold anything.
_WORTH = 1.0


#: What came, what was said, what the rival said.
_Rows = tuple[Floats, Floats, Floats]


class Score(msgspec.Struct, frozen=True):
    """One channel, one reason of it, or (None) the total.

    `wape`: Σ|came − expected| / Σ came over all quarter hours, `naive_wape` that of the rival;
    `day_wape`, `naive_day_wape`: the same over the days.  `inside50`, `inside90`: the share of
    the quarters that lay within the bands, `days_inside90` of the days.
    """

    channel: str | None
    reason: str | None
    contacts: int
    wape: float | None
    naive_wape: float | None
    day_wape: float | None
    naive_day_wape: float | None
    inside50: float | None = None
    inside90: float | None = None
    days_inside90: float | None = None


class Backtest(msgspec.Struct, frozen=True):
    """`origins`: forecasts made; `left_out`: share of the quarters without a living feed."""

    horizon: str
    first: str
    last: str
    origins: int
    left_out: float
    total: Score
    channels: list[Score]
    reasons: list[Score]

    @property
    def wins(self) -> bool:
        """Is the forecast the better one, over all?"""
        ours, rival = self.total.wape, self.total.naive_wape
        return ours is not None and rival is not None and ours < rival


@dataclass(slots=True)
class _Sums:
    """Sums over the quarters, then over the days: errors, the rival's, contacts; and bands."""

    quarters: Floats = field(default_factory=lambda: np.zeros(3))
    days: Floats = field(default_factory=lambda: np.zeros(3))
    #: Judged, within 50, within 90; days judged, within 90.
    inside: Floats = field(default_factory=lambda: np.zeros(5))

    def add(self, came: Floats, said: Floats, rival: Floats) -> None:
        """One row of quarters of one day."""
        self.quarters += [np.abs(came - said).sum(), np.abs(came - rival).sum(), came.sum()]
        whole = came.sum()
        self.days += [abs(whole - said.sum()), abs(whole - rival.sum()), whole]

    def score(self, channel: str | None, reason: str | None = None) -> Score:
        judged, in50, in90, days, days_in90 = self.inside.tolist()
        error, rival, contacts = self.quarters.tolist()
        day_error, day_rival, _ = self.days.tolist()
        return Score(
            channel=channel,
            reason=reason,
            contacts=int(contacts),
            wape=_ratio(error, contacts),
            naive_wape=_ratio(rival, contacts),
            day_wape=_ratio(day_error, contacts),
            naive_day_wape=_ratio(day_rival, contacts),
            inside50=_ratio(in50, judged),
            inside90=_ratio(in90, judged),
            days_inside90=_ratio(days_in90, days),
        )


@dataclass(slots=True, eq=False)
class _Test:
    """One test under way."""

    learnt: Learnt
    last: int
    watched: Flags
    past: Floats
    past_reasons: Mapping[tuple[str, str], Floats]
    sums: dict[tuple[str | None, str | None], _Sums] = field(default_factory=dict)
    judged: int = 0
    left_out: int = 0

    @property
    def history(self) -> History:
        return self.learnt.history

    def of(self, channel: str | None, reason: str | None = None) -> _Sums:
        return self.sums.setdefault((channel, reason), _Sums())


def backtest(history: History, horizon: str, days: int) -> Backtest:
    """The test over the last `days` whole days of the history.

    Raises WrongQuery: no such horizon, or too little history.
    """
    if horizon not in HORIZONS:
        raise UnknownWord("horizon", horizon, list(HORIZONS))
    ahead, hour = HORIZONS[horizon]
    last = history.axis.days - 1
    origins = range(max(LEAST_DAYS, last - days), last - ahead)
    if not origins:
        raise WrongQuery(
            f"{last} whole days of history are too few to test {horizon}: "
            f"{LEAST_DAYS + ahead + 1} are needed"
        )
    test = _begin(history, last)
    for day in origins:
        _judge(test, day, hour, ahead)
    return _told(test, horizon, origins)


def _begin(history: History, last: int) -> _Test:
    learnt = Learnt(history)
    watched = learnt.profile(last).known
    reasons = {
        (channel, reason): _grid(history, row[None], watched[number][None], last)[0]
        for number, channel in enumerate(history.channels)
        for reason, row in history.reasons.get(channel, {}).items()
    }
    past = _grid(history, history.offered, watched, last)
    return _Test(learnt, last, watched, past, reasons)


def _grid(history: History, offered: Floats, watched: Flags, days: int) -> Floats:
    """Contacts by row, day and slot; nan where not watched."""
    edge = history.axis.edges[days]
    cells, size = history.axis.cells()[:edge], days * SLOTS
    rows = [
        (np.bincount(cells, row[:edge] * seen, size), np.bincount(cells, seen, size))
        for row, seen in zip(offered, watched, strict=True)
    ]
    with np.errstate(invalid="ignore"):
        found = [came / seen for came, seen in rows]
    return np.reshape(found, (len(offered), days, SLOTS))


def _judge(test: _Test, day: int, hour: int, ahead: int) -> None:
    """One forecast: from that hour of the day."""
    line = test.history.axis
    slots = line.slot[line.edges[day] : line.edges[day + 1]]
    origin = int(line.edges[day] + np.searchsorted(slots, hour * 4))
    seen = outlook(test.learnt, origin, ahead)
    shares = {c: reason_shares(test.history, c, origin) for c in test.history.channels}
    for at in range(day, day + ahead + 1):
        begin, end = max(origin, int(line.edges[at])), int(line.edges[at + 1])
        _judge_day(test, seen, range(begin, end), at, shares)


def _judge_day(
    test: _Test, seen: Outlook, span: range, at: int, shares: Mapping[str, Mapping[str, Floats]]
) -> None:
    """One day of a forecast: every channel, every reason, the total."""
    history, quarters = test.history, slice(span.start, span.stop)
    slots = history.axis.slot[quarters]
    rival = _a_week_ago(test.past, at, seen.today, slots)
    watched = test.watched[:, quarters] & ~np.isnan(rival)
    said = seen.expected[:, span.start - seen.origin : span.stop - seen.origin]
    came, rival = history.offered[:, quarters] * watched, np.where(watched, rival, 0.0)
    test.judged += watched.size
    test.left_out += int((~watched).sum())
    for number, channel in enumerate(history.channels):
        rows = (came[number], said[number] * watched[number], rival[number])
        _add(test.of(channel), rows, seen, number, span, at)
        known = history.reasons.get(channel, {}).keys() & shares[channel].keys()
        for reason in sorted(known):
            share = shares[channel][reason]
            _judge_reason(test, (channel, reason), seen, quarters, at, rows[1] * share[slots // 4])
    rows = (came.sum(axis=0), (said * watched).sum(axis=0), rival.sum(axis=0))
    _add(test.of(None), rows, seen, len(history.channels), span, at)


def _judge_reason(
    test: _Test, key: tuple[str, str], seen: Outlook, quarters: slice, at: int, said: Floats
) -> None:
    channel, reason = key
    history = test.history
    watched = test.watched[history.channels.index(channel), quarters]
    before = _a_week_ago(test.past_reasons[key][None], at, seen.today, history.axis.slot[quarters])
    came = history.reasons[channel][reason]
    test.of(*key).add(came[quarters] * watched, said, np.nan_to_num(before[0]) * watched)


def _a_week_ago(past: Floats, at: int, today: int, slots: Ints) -> Floats:
    """Of each slot the count of the last day before the origin's, weeks back, that was watched."""
    found = np.full((len(past), len(slots)), np.nan)
    day = at - 7
    while day >= 0 and np.isnan(found).any():
        if day < today:
            found = np.where(np.isnan(found), past[:, day, slots], found)
        day -= 7
    return found


def _add(sums: _Sums, rows: _Rows, seen: Outlook, number: int, span: range, at: int) -> None:
    """One row of one day, and whether it lay within its bands."""
    came, said, _ = rows
    sums.add(*rows)
    spreads = seen.spread[number, span.start - seen.origin : span.stop - seen.origin]
    low90, low50, high50, high90 = bands(said, spreads)
    worth = said >= _WORTH
    whole = bands(said.sum()[None], seen.day_spread[number, at - seen.today][None])[:, 0]
    judged = said.sum() >= _WORTH
    sums.inside += [
        worth.sum(),
        ((low50 <= came) & (came <= high50) & worth).sum(),
        ((low90 <= came) & (came <= high90) & worth).sum(),
        judged,
        judged and whole[0] <= came.sum() <= whole[3],
    ]


def _told(test: _Test, horizon: str, origins: range) -> Backtest:
    scores = [sums.score(*key) for key, sums in sorted(test.sums.items(), key=_place)]
    line = test.history.axis
    return Backtest(
        horizon, line.date(origins[0]).isoformat(), line.date(origins[-1]).isoformat(),
        len(origins), round(test.left_out / max(1, test.judged), 6), test.of(None).score(None),
        [score for score in scores if score.channel is not None and score.reason is None],
        [score for score in scores if score.reason is not None],
    )  # fmt: skip


def _place(item: tuple[tuple[str | None, str | None], _Sums]) -> tuple[str, str]:
    (channel, reason), _ = item
    return channel or "", reason or ""


def _ratio(above: float, below: float) -> float | None:
    """No denominator, no value."""
    return round(float(above / below), 6) if below else None
