"""Reading: all that was counted of one group of contacts, ready for the KPIs.

A `Tally` adds up (counts, wait histograms) or compares (the oldest waiting), so the tally of a
total is the sum of its parts': no ratio is ever averaged.  It keeps the modalities apart; a
KPI reads those that it is about.  The same of many groups at once: :mod:`kpis.together`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kpis.service_level import DEFAULT, ServiceLevelFormula, formula_named
from kpis.waits import percentile

Number = int | float
#: Rates and seconds are given with this many decimals, everywhere.
DECIMALS = 6

SYNC = ("sync",)
WRITTEN = ("near-sync", "async")
ALL = (*SYNC, *WRITTEN)
#: Nobody of ours is there: they are counted apart, never among those who wait for a person.
BOT = ("bot",)


@dataclass(slots=True)
class Part:
    """What was counted of one modality; its keys are those of a `Reading`."""

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
        """The sum over these modalities (to read, not to change); an unknown one is sync."""
        wanted = set(modalities)
        chosen = [
            part
            for modality, part in self.parts.items()
            if (modality if modality in (*ALL, *BOT) else "sync") in wanted
        ]
        if len(chosen) == 1:
            return chosen[0]
        total = Part()
        for part in chosen:
            total.add(part)
        return total


@dataclass(frozen=True, slots=True)
class Reading:
    """What a KPI's formula gets to see; a count that is missing is 0.

    Keys of `counts`: the measures, and of the open contacts ``waiting`` (ghosts left out),
    ``past_target`` (of these: the target has expired), ``backlog`` (no answer yet) and
    ``not_due`` (of these: their answer is not due yet, though within the interval).
    `waits`: of the answered, how many by bucket.  `oldest_s`: the age of the oldest that waits.

    A formula adds and subtracts counts and asks for ratios: then it is worked out for all
    groups at once (:mod:`kpis.together`), and is known to be made of contacts (:mod:`kpis.parts`).
    """

    counts: Mapping[str, int]
    waits: Mapping[int, int] = field(default_factory=dict)
    oldest_s: float | None = None
    formula: ServiceLevelFormula = field(default_factory=lambda: formula_named(DEFAULT))

    def __getitem__(self, key: str) -> int:
        return self.counts.get(key, 0)

    def ratio(self, above: int, below: int, per: int = 1) -> float | None:
        """above / (below × per).  No denominator, no value."""
        return above / (below * per) if below else None

    def given(self, told: int, value: float) -> float | None:
        """The value where something is told."""
        return value if told else None

    def mean_s(self, total_ms: str, count: str) -> float | None:
        """The mean of summed milliseconds, in seconds."""
        return self.ratio(self[total_ms], self[count], 1000)

    def percentile_s(self, share: float) -> float | None:
        """The wait that this share of the answered did not exceed."""
        return percentile(self.waits, share)


class Readings:
    """What one tally reads at `now`: each set of modalities is added up once."""

    def __init__(self, tally: Tally, now: datetime, formula: str) -> None:
        self._tally = tally
        self._now = now
        self._formula = formula_named(formula)
        self._known: dict[tuple[str, ...], Reading] = {}

    def of(self, modalities: tuple[str, ...]) -> Reading:
        """What the contacts of these modalities read."""
        if (found := self._known.get(modalities)) is None:
            part = self._tally.whole(modalities)
            found = Reading(part.counts, part.waits, self._age_s(part), self._formula)
            self._known[modalities] = found
        return found

    def _age_s(self, part: Part) -> float | None:
        if part.oldest_at is None:
            return None
        return max(0.0, (self._now - part.oldest_at).total_seconds())


def rounded(value: Number | None) -> Number | None:
    """The value as it leaves this package."""
    return round(value, DECIMALS) if isinstance(value, float) else value


def closes(counts: Mapping[str, int | float | None]) -> bool:
    """The identity: offered = answered + abandoned + flowed out + deflected + still open.

    Holds for the counts of any group of contacts, by measure or by KPI key.
    """
    outcomes = ("answered", "abandoned", "flowed_out", "deflected", "still_open")
    return (counts["offered"] or 0) == sum(counts[outcome] or 0 for outcome in outcomes)
