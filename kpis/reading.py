"""Reading: all that was counted of one group of contacts, ready for the KPIs.

A `Tally` adds up (counts, wait histograms) or compares (the oldest waiting), so the tally of a
total is the sum of its parts': no ratio is ever averaged.  It keeps the modalities apart; a
KPI reads those that it is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kpis.service_level import DEFAULT, ServiceLevelFormula, formula_named
from kpis.waits import percentile

SYNC = ("sync",)
WRITTEN = ("near-sync", "async")
ALL = (*SYNC, *WRITTEN)


@dataclass(slots=True)
class Part:
    """What was counted of one modality.  A count that is missing is 0.

    Keys of `counts`: the measures, and of the open contacts ``waiting`` (ghosts left out),
    ``past_target`` (of these: the target has expired), ``backlog`` (no answer yet) and
    ``not_due`` (of these: their answer is not due yet, though within the interval).
    """

    counts: Counter[str] = field(default_factory=Counter)
    #: Waits of the answered: how many by bucket.
    waits: Counter[int] = field(default_factory=Counter)
    #: When the oldest that waits arrived (ghosts left out).
    oldest_at: datetime | None = None

    def add(self, other: Part) -> None:
        self.counts.update(other.counts)
        self.waits.update(other.waits)
        self.waits_since(other.oldest_at)

    def waits_since(self, at: datetime | None) -> None:
        """Another one waits since `at`."""
        self.oldest_at = min(filter(None, (self.oldest_at, at)), default=None)


@dataclass(slots=True)
class Tally:
    """What was counted of one group, by modality."""

    parts: dict[str, Part] = field(default_factory=dict)

    def of(self, modality: str) -> Part:
        """The part of a modality, there from the first asking."""
        return self.parts.setdefault(modality, Part())

    def add(self, other: Tally) -> None:
        for modality, part in other.parts.items():
            self.of(modality).add(part)

    def empty(self) -> bool:
        """Is there nothing in it?"""
        return not any(any(part.counts.values()) for part in self.parts.values())

    def whole(self, modalities: Iterable[str]) -> Part:
        """The sum over these modalities; an unknown one counts as sync."""
        chosen, total = set(modalities), Part()
        for modality, part in self.parts.items():
            if (modality if modality in ALL else "sync") in chosen:
                total.add(part)
        return total


@dataclass(frozen=True, slots=True)
class Reading:
    """What a KPI's formula gets to see: one part, the clock, the service-level formula."""

    counts: Mapping[str, int]
    waits: Mapping[int, int] = field(default_factory=dict)
    oldest_s: float | None = None
    formula: ServiceLevelFormula = field(default_factory=lambda: formula_named(DEFAULT))

    def __getitem__(self, key: str) -> int:
        return self.counts.get(key, 0)

    def ratio(self, above: int, below: int) -> float | None:
        """No denominator, no value."""
        return above / below if below else None

    def mean_s(self, total_ms: str, count: str) -> float | None:
        """The mean of summed milliseconds, in seconds."""
        return self.ratio(self[total_ms], self[count] * 1000)

    def percentile_s(self, share: float) -> float | None:
        """The wait that this share of the answered did not exceed."""
        return percentile(self.waits, share)


def reading(tally: Tally, modalities: Iterable[str], now: datetime, formula: str) -> Reading:
    """What the contacts of these modalities read at `now`."""
    part = tally.whole(modalities)
    oldest = None if part.oldest_at is None else max(0.0, (now - part.oldest_at).total_seconds())
    return Reading(part.counts, part.waits, oldest, formula_named(formula))


def closes(counts: Mapping[str, int | float | None]) -> bool:
    """The identity: offered = answered + abandoned + flowed out + deflected + still open.

    Holds for the counts of any group of contacts, by measure or by KPI key.
    """
    outcomes = ("answered", "abandoned", "flowed_out", "deflected", "still_open")
    return (counts["offered"] or 0) == sum(counts[outcome] or 0 for outcome in outcomes)
