"""Profile: the rate at which a channel's customers come, by weekday and local time.

Every rate is a count over an exposure (quarters watched), so days of 23 or 25 hours, a dead
feed or a channel that opened on a Tuesday need no case of their own: they are watched for longer
or shorter.  Recent weeks count more.  What is rarely seen leans on what is seen more often, in
steps: the time of day on days alike, the channel on its siblings of the same modality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kpis.forecasting.axis import SLOTS, WEEKDAYS, Axis, Flags, Floats, Ints
from kpis.forecasting.gaps import gaps
from kpis.forecasting.history import History

#: A day counts half as much as one of four weeks later.
_HALF_WEEKS = 4.0
#: A weekday's own times weigh as much as those of the days alike once seen so often.
_ALIKE_DAYS = 3.0
#: Weekdays are alike whose shapes differ by less than this share of their contacts.
_ALIKE = 0.25
#: A channel has a shape of its own once it had so many contacts, else its siblings'.
_OWN_CONTACTS = 300.0
#: The siblings' week weighs as much as so many days of the weekday itself.
_WEEK_DAYS = 0.5
#: The level of late: half as much five days before; it fades by this factor a day ahead.
_LEVEL_HALF_DAYS = 5.0
FADING = 0.95
_TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What was learnt before the day `until` of the axis.

    `rates`: channels × weekdays × slots, contacts a quarter.  `level`: by channel, of late over
    the rates.  `rest`: the weekday that holidays resemble; `working`: by how much (0 to 1.3)
    they are the ordinary weekday after all.  `known`: channels × quarters that were watched.
    """

    until: int
    rates: Floats
    level: Floats
    rest: int
    working: float
    holidays: int
    known: Flags

    def expected(self, axis: Axis, day: int, *, levelled: bool = True) -> Floats:
        """Contacts by channel and quarter of one day of the axis."""
        rates = self.rates[:, axis.weekday[day]]
        if axis.holiday[day]:
            rates = (1 - self.working) * self.rates[:, self.rest] + self.working * rates
        if levelled:
            fading = FADING ** max(0, day - self.until)
            rates = rates * self.level[:, None] ** fading
        quarters = slice(axis.edges[day], axis.edges[day + 1])
        found: Floats = rates[:, axis.slot[quarters]]
        return found

    def watched_days(self) -> Floats:
        """By channel: for how long it has been watched."""
        days: Floats = self.known.sum(axis=1) / SLOTS
        return days


def learn(history: History, until: int) -> Profile:
    """The profile as the days before `until` teach it; nothing later is looked at."""
    first = _fitted(history, until, _begun(history, until))
    return _fitted(history, until, first.known & ~_gaps(history, first))


def _begun(history: History, until: int) -> Flags:
    """A channel is watched from its first contact on."""
    seen = history.offered[:, : history.axis.edges[until]] > 0
    begun: Flags = np.logical_or.accumulate(seen, axis=1)
    return begun


def _gaps(history: History, profile: Profile) -> Flags:
    """Where the feed of a channel, or all feeds together, were dead."""
    line, until = history.axis, profile.until
    found = np.zeros_like(profile.known)
    if not until:
        return found
    expected = np.concatenate(
        [profile.expected(line, day, levelled=False) for day in range(until)], axis=1
    )
    expected = expected * profile.known
    offered = history.offered[:, : found.shape[1]]
    for channel in range(len(found)):
        found[channel] = gaps(offered[channel], expected[channel])
    everything: Flags = found | gaps(offered.sum(axis=0), expected.sum(axis=0))
    return everything


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Weighted sums by channel, weekday and slot: contacts, and quarters watched."""

    contacts: Floats
    watched: Floats

    def of(self, channels: Ints) -> _Seen:
        """These channels taken as one, watched as much as the one watched most."""
        return _Seen(
            self.contacts[channels].sum(axis=0, keepdims=True),
            self.watched[channels].max(axis=0, keepdims=True),
        )


def _fitted(history: History, until: int, known: Flags) -> Profile:
    line = history.axis
    offered, watched = _by_day(history, until, known)
    plain = ~line.holiday[:until]
    age = until - 1 - np.arange(until)
    weight = 0.5 ** (age / 7 / _HALF_WEEKS) * plain
    weekdays = weight[:, None] * (line.weekday[:until, None] == np.arange(WEEKDAYS))
    seen = _Seen(
        np.einsum("dk,cds->cks", weekdays, offered), np.einsum("dk,cds->cks", weekdays, watched)
    )
    rates = _rates(seen, history.modalities)
    days = rates.sum(axis=2)
    rest = int(days.sum(axis=0).argmin()) if len(days) else 6
    working = _working(line, until, offered, watched, rates, rest)
    level = _level(line, until, offered, watched, rates)
    return Profile(until, rates, level, rest, working, int((~plain).sum()), known)


def _by_day(history: History, until: int, known: Flags) -> tuple[Floats, Floats]:
    """Contacts and quarters watched by channel, day and slot."""
    quarters = history.axis.edges[until]
    cells, size = history.axis.cells()[:quarters], until * SLOTS
    shape = (len(known), until, SLOTS)
    offered = [
        np.bincount(cells, row[:quarters] * seen, size)
        for row, seen in zip(history.offered, known, strict=True)
    ]
    watched = [np.bincount(cells, seen, size) for seen in known]
    return np.reshape(offered, shape), np.reshape(watched, shape)


def _rates(seen: _Seen, modalities: tuple[str, ...]) -> Floats:
    """Channels × weekdays × slots."""
    rates = np.zeros_like(seen.contacts)
    if not len(rates):
        return rates
    everything = seen.of(np.arange(len(rates)))
    alike = _alike(everything)
    flat = np.ones((1, WEEKDAYS, SLOTS))
    common, week = _shape(everything, alike, flat), np.ones((1, WEEKDAYS))
    week = _week(everything, common, week)
    for members in _siblings(modalities):
        family = seen.of(members)
        shape = _shape(family, alike, common)
        own = _Seen(seen.contacts[members], seen.watched[members])
        rates[members] = _own_rates(own, alike, shape, _week(family, shape, week))
    return rates


def _siblings(modalities: tuple[str, ...]) -> Iterator[Ints]:
    """The channels of each modality."""
    for modality in dict.fromkeys(modalities):
        yield np.array([n for n, other in enumerate(modalities) if other == modality], np.int64)


def _own_rates(seen: _Seen, alike: Floats, shape: Floats, week: Floats) -> Floats:
    """The rates of channels: their own where seen, their siblings' shape and week where not."""
    own = _shape(seen, alike, shape)
    means = _week(seen, own, week)[:, :, None] * _level_of(seen, own, week)[:, None, None]
    contacts, watched = _smooth(seen.contacts), _smooth(seen.watched)
    found: Floats = (contacts + _ALIKE_DAYS * means * own) / (watched + _ALIKE_DAYS)
    return found


def _alike(seen: _Seen) -> Floats:
    """Weekdays × weekdays: 1 where their days have the same shape (or one was never seen)."""
    smooth = _smooth(_smooth(seen.contacts[0])) / np.maximum(_smooth(_smooth(seen.watched[0])), 1)
    smooth = smooth / np.maximum(smooth.sum(axis=1, keepdims=True), _TINY)
    apart = np.abs(smooth[:, None] - smooth[None]).sum(axis=2)
    empty = seen.contacts[0].sum(axis=1) == 0
    alike: Floats = np.where((apart < _ALIKE) | empty[:, None], 1.0, 0.0)
    return alike


def _shape(seen: _Seen, alike: Floats, usual: Floats) -> Floats:
    """Channels × weekdays × slots around 1: the days alike together, leaning on `usual`."""
    contacts, watched = _smooth(_smooth(seen.contacts)), _smooth(_smooth(seen.watched))
    mean = _mean(seen, usual)[:, :, None]
    together = np.einsum("ke,ces->cks", alike, contacts)
    flat = np.einsum("ke,ces->cks", alike, watched * mean)
    lean = _OWN_CONTACTS / SLOTS
    found = (together + lean * usual) / (flat + lean)
    normal: Floats = found / np.maximum(found.mean(axis=2, keepdims=True), _TINY)
    return normal


def _mean(seen: _Seen, shape: Floats) -> Floats:
    """Channels × weekdays: contacts a quarter, were the day flat."""
    found: Floats = seen.contacts.sum(axis=2) / np.maximum(
        (seen.watched * shape).sum(axis=2), _TINY
    )
    return found


def _level_of(seen: _Seen, shape: Floats, week: Floats) -> Floats:
    """By channel: contacts a quarter of the usual week's mean day."""
    usual = (seen.watched * shape * week[:, :, None]).sum(axis=(1, 2))
    found: Floats = seen.contacts.sum(axis=(1, 2)) / np.maximum(usual, _TINY)
    return found


def _week(seen: _Seen, shape: Floats, usual: Floats) -> Floats:
    """Channels × weekdays around 1: each day over the channel's level, leaning on `usual`."""
    level = _level_of(seen, shape, usual)[:, None]
    expected = (seen.watched * shape).sum(axis=2) * level
    lean = _WEEK_DAYS * SLOTS * level + _TINY
    found: Floats = (seen.contacts.sum(axis=2) + lean * usual) / (expected + lean)
    return found


def _working(
    line: Axis, until: int, offered: Floats, watched: Floats, rates: Floats, rest: int
) -> float:
    """How far the holidays seen were ordinary days: 0 like the rest day, 1 like any other.

    Half a holiday like the rest day is put beside those seen.
    """
    days = np.flatnonzero(line.holiday[:until])
    resting = (watched[:, days] * rates[:, None, rest]).sum(axis=(0, 2))
    ordinary = (watched[:, days] * rates[:, line.weekday[days]]).sum(axis=(0, 2))
    apart = np.maximum(ordinary - resting, 0.0)
    if apart.sum() <= 0:
        return 0.0
    came = offered[:, days].sum(axis=(0, 2))
    more = ((came - resting) * (apart > 0)).sum()
    return float(np.clip(more / (apart.sum() + apart.mean() / 2), 0.0, 1.3))


def _level(line: Axis, until: int, offered: Floats, watched: Floats, rates: Floats) -> Floats:
    """By channel: what came of late over what the rates say, leaning on 1."""
    age = until - 1 - np.arange(until)
    weight = 0.5 ** (age / _LEVEL_HALF_DAYS) * ~line.holiday[:until]
    said = watched * rates[:, line.weekday[:until]]
    lean = rates.sum(axis=2).mean(axis=1) / 2 + 30
    found: Floats = (offered.sum(axis=2) @ weight + lean) / (said.sum(axis=2) @ weight + lean)
    return found


def _smooth(counts: Floats) -> Floats:
    """Each slot with a quarter of either neighbour."""
    # By hand: `np.pad` takes ten times as long, and there are thousands of these.
    padded = np.concatenate((counts[..., :1], counts, counts[..., -1:]), axis=-1)
    return padded[..., 1:-1] / 2 + (padded[..., :-2] + padded[..., 2:]) / 4
