"""Together: the readings of many lines at once, where one line has numbers arrays.

A line is a row of an answer: a group of :mod:`kpis.series`, a queue of the board.  The formulas
of the catalogue are asked once for all lines; what they say of each is to the last digit what
they say of its own :class:`kpis.reading.Reading` (a test compares them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain, repeat
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from kpis.columns import Columns, Group, Whole
from kpis.histograms import Histograms, Seconds, spread
from kpis.reading import ALL, BOT, DECIMALS, Number, Reading, rounded
from kpis.service_level import ServiceLevelFormula, formula_named

Formula = Callable[[Reading], Number | None]
#: Of all lines: an array, one number for all, or a list of what is rounded already.
Made = Whole | Number | None | list[Number | None]
_MODALITIES = {name: number for number, name in enumerate((*ALL, *BOT))}
#: An unknown modality is taken as the phone is.
_UNKNOWN = 0
_SCALE = 10**DECIMALS


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows of columns, each beside the line that it adds to; a row may add to several."""

    columns: Columns
    rows: Whole
    lines: Whole
    #: Of each row, as numbers; and those that occur.
    modalities: Whole
    present: frozenset[int]

    @classmethod
    def of(cls, columns: Columns, lines: Mapping[Group, Sequence[int]]) -> Placed:
        """Each row under the lines of its group; a group of none is left out."""
        chosen = list(map(lines.get, columns.groups, repeat(())))
        lengths = np.fromiter(map(len, chosen), np.int64, len(chosen))
        rows = np.repeat(np.arange(len(chosen)), lengths)
        present = {name: _MODALITIES.get(name, _UNKNOWN) for name in set(columns.modalities)}
        numbers = np.fromiter(map(present.__getitem__, columns.modalities), np.int64)
        found = np.fromiter(chain.from_iterable(chosen), np.int64)
        return cls(columns, rows, found, numbers[rows], frozenset(present.values()))

    def of_modalities(self, wanted: Set[int]) -> Placed:
        """Those of these modalities, as numbers."""
        if self.present <= wanted:
            return self
        known = np.array([number in wanted for number in range(len(_MODALITIES))])
        kept = known[self.modalities]
        rows, lines = self.rows[kept], self.lines[kept]
        return Placed(self.columns, rows, lines, self.modalities[kept], self.present & wanted)


def strict() -> np.errstate:
    """No array divides by nothing unseen."""
    return np.errstate(all="raise")


class LineReadings:
    """What the lines read at `now`: each set of modalities is added up once."""

    def __init__(self, size: int, placed: Sequence[Placed], now: datetime, formula: str) -> None:
        self.size = size
        self._placed = placed
        self._now = now
        self._formula = formula_named(formula)
        self._known: dict[tuple[str, ...], Together] = {}

    def of(self, modalities: tuple[str, ...]) -> Together:
        """What the contacts of these modalities read."""
        if (found := self._known.get(modalities)) is None:
            wanted = {_MODALITIES[name] for name in modalities}
            some = [each for each in self._placed if not each.present.isdisjoint(wanted)]
            placed = [each.of_modalities(wanted) for each in some]
            found = Together(self.size, placed, self._now, self._formula)
            self._known[modalities] = found
        return found


class Together:
    """A reading of every line; a formula takes it for a :class:`Reading`."""

    def __init__(
        self, size: int, placed: Sequence[Placed], now: datetime, formula: ServiceLevelFormula
    ) -> None:
        self.formula = formula
        self._size = size
        self._placed = [each for each in placed if len(each.rows)]
        self._now = now
        self._nothing = np.full(size, np.nan)
        self._counts: dict[str, Whole] = {}

    def made(self, formula: Formula) -> Made:
        """What the formula makes of the lines; within `strict`."""
        if not self._placed:
            return formula(Reading({}, formula=self.formula))
        try:
            return formula(cast("Reading", self))
        except (TypeError, ValueError, FloatingPointError):
            # It asks what a number is, as only one can answer: so each line by itself.
            return [rounded(formula(each)) for each in map(self._one, range(self._size))]

    def __getitem__(self, key: str) -> Whole:
        if (found := self._counts.get(key)) is None:
            found = self._counts[key] = self._total(key)
        return found

    def ratio(self, above: Whole, below: Whole, per: int = 1) -> Seconds:
        """No denominator, no value: NaN."""
        found = self._nothing.copy()
        above, below = np.asarray(above), np.asarray(below)
        if above.dtype != object and below.dtype != object:
            divisor = below if per == 1 else below * float(per)
            np.divide(above, divisor, out=found, where=below != 0)
            return found
        some = np.broadcast_to(below != 0, self._size)
        # As lists: Python divides its own numbers exactly.
        pairs = (np.broadcast_to(each, self._size)[some].tolist() for each in (above, below))
        found[some] = [one / (other * per) for one, other in zip(*pairs, strict=True)]
        return found

    def given(self, told: Whole, value: Any) -> Seconds:
        """The value where something is told."""
        found = np.full(self._size, np.nan)
        some = np.broadcast_to(np.asarray(told) != 0, self._size)
        found[some] = np.broadcast_to(value, self._size)[some]
        return found

    def judged(self) -> Whole:
        """How many the service level judges, those included who wait beyond the target."""
        found: Whole = self.formula.judged(cast("Reading", self)) + self["past_target"]
        return found

    def good(self) -> Whole:
        """How many of them kept it."""
        return cast("Whole", self.formula.good(cast("Reading", self)))

    def mean_s(self, total_ms: str, count: str) -> Seconds:
        """The mean of summed milliseconds, in seconds."""
        return self.ratio(self[total_ms], self[count], 1000)

    def percentile_s(self, share: float) -> Seconds:
        """The wait that this share of the answered did not exceed."""
        return self.histograms.percentiles(share)

    @cached_property
    def oldest_s(self) -> Seconds:
        """The age of the oldest that waits; NaN where nobody does."""
        found = np.full(self._size, np.nan)
        for each in self._placed:
            if each.columns.oldest_at:
                ages = np.array([self._age_s(at) for at in each.columns.oldest_at])
                np.fmax.at(found, each.lines, ages[each.rows])
        return found

    @cached_property
    def histograms(self) -> Histograms:
        """The first counts of the buckets: of waits those of the answered."""
        lines, buckets, counts = [], [], []
        for each in self._placed:
            kept, many = each.columns.buckets, each.columns.many
            if kept is not None and many is not None:
                lengths = many[each.rows]
                own = kept[spread((np.cumsum(many) - many)[each.rows], lengths)]
                lines.append(np.repeat(each.lines, lengths))
                buckets.append(own[:, 0])
                counts.append(own[:, 1])
        nothing = np.zeros(0, np.int64)
        gathered = (np.concatenate([nothing, *parts]) for parts in (lines, buckets, counts))
        return Histograms(self._size, *gathered)

    def _total(self, key: str) -> Whole:
        total: Whole = np.zeros(self._size, np.int64)
        for each in self._placed:
            if (column := each.columns.counts.get(key)) is not None:
                if column.dtype == object and total.dtype != object:
                    total = total.astype(object)
                np.add.at(total, each.lines, column[each.rows])
        return total

    def _age_s(self, at: datetime | None) -> float:
        return np.nan if at is None else max(0.0, (self._now - at).total_seconds())

    def _one(self, line: int) -> Reading:
        """The reading of one line."""
        names = dict.fromkeys(chain.from_iterable(each.columns.counts for each in self._placed))
        oldest = self.oldest_s[line]
        return Reading(
            {name: int(self[name][line]) for name in names},
            self.histograms.of(line),
            None if np.isnan(oldest) else float(oldest),
            self.formula,
        )


def told(seconds: Seconds) -> list[Number | None]:
    """Each as it is; NaN is no value."""
    found: NDArray[Any] = seconds.astype(object)
    found[np.isnan(seconds)] = None
    numbers: list[Number | None] = found.tolist()
    return numbers


def listed(made: Mapping[str, Made], size: int) -> dict[str, list[Number | None]]:
    """What formulas made of the lines, line by line, as it leaves this package."""
    floats = [key for key, each in made.items() if _is_of(each, np.float64)]
    rounds = _rounded(np.array([made[key] for key in floats])) if floats else []
    found: dict[str, list[Number | None]] = dict(zip(floats, rounds, strict=True))
    return {key: found[key] if key in found else _plain(made[key], size) for key in made}


def _is_of(made: Made, kind: type) -> bool:
    return isinstance(made, np.ndarray) and made.dtype == kind


def _plain(made: Made, size: int) -> list[Number | None]:
    if isinstance(made, list):
        return made
    if isinstance(made, np.ndarray):
        numbers: list[Number | None] = made.tolist()
        return list(map(rounded, numbers)) if made.dtype == object else numbers
    return [rounded(made)] * size


def _rounded(values: Seconds) -> list[list[Number | None]]:
    """Each as `round` gives it; NaN is no value.

    Scaled and rounded to a whole number, a value is right unless it lies about half-way between
    two of them, or is so great that it has no decimals to lose: those are rounded one by one.
    """
    scaled = values * _SCALE
    found = np.rint(scaled) / _SCALE
    doubtful = np.abs(scaled - np.floor(scaled) - 0.5) < 1e-3
    doubtful |= np.abs(scaled) > 2**42
    for place in zip(*map(np.ndarray.tolist, np.nonzero(doubtful)), strict=True):
        found[place] = round(float(values[place]), DECIMALS)
    return list(map(told, found))
