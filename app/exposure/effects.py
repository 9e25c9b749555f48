"""What happened: the KPIs of the channels that a change touched, half an hour before and after.

Pure: which stretches of time a change is judged by (`windows`), and what the tallies of the
contacts that arrived in them say (`effects`).  A change counts from when it is felt: a planned
one from its start, a switch that ran out from its end.  The KPIs are those of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from app.exposure.audit import Entry
from app.exposure.model import ANY, Switch
from kpis.catalogue import catalogue
from kpis.kpi import Number
from kpis.reading import Readings, Tally

SPAN = timedelta(minutes=30)
#: Below so many contacts in either half hour a change of a rate says nothing.
FEW = 10
BEFORE, AFTER = "before", "after"
#: The KPIs that tell what a change did, in the order of the screen.
KEYS = ("offered", "service_level", "answer_rate", "wait_p50_s", "deflected")


@dataclass(frozen=True, slots=True)
class Window:
    """The contacts that arrived in [start, end), told apart by `channel`; '*' is every one."""

    seq: int
    side: str
    channel: str
    start: datetime
    end: datetime


#: (seq, side, channel) → what was counted; channel None are those that were not touched.
Counted = Mapping[tuple[int, str, str | None], Tally]


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One channel: KPIs by key, before and after.  `few`: too few contacts to judge by.

    The channel None is all those together that the change did not touch.
    """

    channel: str | None
    before: dict[str, Number | None]
    after: dict[str, Number | None]
    few: bool


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What followed entry `seq`, felt from `at` on.  `left_s`: seconds until it is measured.

    Before `at` there is no lane; until it is measured `after` is what came so far.
    """

    seq: int
    at: datetime
    left_s: float
    lanes: tuple[Lane, ...] = ()


def felt(entry: Entry) -> tuple[str, datetime] | None:
    """The channel it touched ('*': all) and when; None where no customer ever saw it."""
    before, after = _switch(entry.before), _switch(entry.after)
    if after is not None:
        return after.channel, max(entry.at, after.begins).astimezone(UTC)
    if before is None or before.begins > entry.at:
        return None
    ended = before.expires_at if before.over(entry.at) else None
    return before.channel, (ended or entry.at).astimezone(UTC)


def windows(entries: Iterable[Entry], now: datetime) -> list[Window]:
    """The two stretches of each entry that is felt by now; the second is as long as time was."""
    return [window for entry in entries for window in _windows(entry, now)]


def effects(
    entries: Sequence[Entry], counted: Counted, now: datetime, formula: str
) -> dict[int, Effect]:
    """By seq what followed; without those that no customer saw.  `formula`: a service level's."""
    found = ((entry.seq, felt(entry)) for entry in entries)
    return {
        seq: Effect(
            seq=seq,
            at=told[1],
            left_s=max(0.0, (told[1] + SPAN - now).total_seconds()),
            lanes=tuple(_lanes(seq, told[0], counted, now, formula)) if told[1] < now else (),
        )
        for seq, told in found
        if told is not None
    }


def _windows(entry: Entry, now: datetime) -> Iterator[Window]:
    told = felt(entry)
    if told is None or told[1] >= now:
        return
    channel, at = told
    yield Window(entry.seq, BEFORE, channel, at - SPAN, at)
    yield Window(entry.seq, AFTER, channel, at, min(at + SPAN, now))


def _lanes(seq: int, touched: str, counted: Counted, now: datetime, formula: str) -> Iterator[Lane]:
    """The touched channels by name, one of them even where nobody came; then the others."""
    known = {channel for found, _side, channel in counted if found == seq and channel is not None}
    named = sorted(known | ({touched} - {ANY}))
    others = [None] if any((seq, side, None) in counted for side in (BEFORE, AFTER)) else []
    for channel in (*named, *others):
        before, after = (
            _figures(counted.get((seq, side, channel), Tally()), now, formula)
            for side in (BEFORE, AFTER)
        )
        fewest = min(before["offered"] or 0, after["offered"] or 0)
        yield Lane(channel=channel, before=before, after=after, few=fewest < FEW)


def _figures(tally: Tally, now: datetime, formula: str) -> dict[str, Number | None]:
    known, readings = catalogue(), Readings(tally, now, formula)
    return {key: known[key].of(readings) for key in KEYS}


def _switch(text: str | None) -> Switch | None:
    return None if text is None else msgspec.json.decode(text, type=Switch)
