"""Parts: which counts a KPI's formula adds up, above and below the line; found by running it.

The formula is given a reading whose counts remember what becomes of them.  So a new KPI can be
drilled into without a word about it, as long as it is a sum of counts, a ratio of two sums, a
percentile or an age.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import NoReturn

from kpis.errors import WrongQuery
from kpis.kpi import Kpi
from kpis.reading import Reading
from kpis.rows import AGES, WAITS
from kpis.service_level import DEFAULT, formula_named

NUMERATOR, DENOMINATOR = "numerator", "denominator"


class NoParts(WrongQuery):
    """The formula is not a sum of counts, a ratio of two, a percentile or an age."""


class Sum(int):
    """Counts by key, each times a whole number; behaves as the number that they would make."""

    terms: dict[str, int]

    @classmethod
    def of(cls, terms: Mapping[str, int]) -> Sum:
        """The sum of these counts."""
        made = cls(1)
        made.terms = {key: times for key, times in terms.items() if times}
        return made

    def __add__(self, other: int) -> Sum:
        return self._with(other, 1)

    def __radd__(self, other: int) -> Sum:
        return self._with(other, 1)

    def __sub__(self, other: int) -> Sum:
        return self._with(other, -1)

    def __mul__(self, factor: int) -> Sum:
        return Sum.of({key: times * factor for key, times in self.terms.items()})

    __rmul__ = __mul__

    def __truediv__(self, other: int | float) -> Quotient:
        if isinstance(other, Sum):
            return Quotient.of(self, other)
        if isinstance(other, int | float) and other:
            return Quotient.of(self, None, 1 / other)
        return _refuse()

    def __bool__(self) -> bool:
        return True

    def __lt__(self, other: int) -> bool:
        _refuse()

    __le__ = __gt__ = __ge__ = __lt__

    def _with(self, other: int, sign: int) -> Sum:
        if isinstance(other, Sum):
            keys = {**self.terms, **other.terms}
            return Sum.of(
                {key: self.terms.get(key, 0) + sign * other.terms.get(key, 0) for key in keys}
            )
        return self if other == 0 else _refuse()


class Quotient(float):
    """One sum over another, or over nothing, times a number."""

    above: Sum
    below: Sum | None
    scale: float

    @classmethod
    def of(cls, above: Sum, below: Sum | None, scale: float = 1.0) -> Quotient:
        """above / below × scale."""
        made = cls(1.0)
        made.above, made.below, made.scale = above, below, scale
        return made

    def __rsub__(self, one: float) -> Quotient:
        if one != 1 or self.scale != 1 or self.below is None:
            _refuse()
        return Quotient.of(self.below - self.above, self.below)

    def __mul__(self, factor: float) -> Quotient:
        if isinstance(factor, Sum | Quotient):
            _refuse()
        return Quotient.of(self.above, self.below, self.scale * factor)

    __rmul__ = __mul__

    def __truediv__(self, factor: float) -> Quotient:
        if isinstance(factor, Sum | Quotient):
            _refuse()
        return self * (1 / factor)

    def __add__(self, other: float) -> float:
        _refuse()

    __radd__ = __sub__ = __lt__ = __le__ = __gt__ = __ge__ = __add__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Parts:
    """The counts of each part, by key, and how the number comes of the totals of the parts.

    `scale` × total of the numerator / total of the denominator (where there is one).  `drawn`:
    the number is picked among the rows (a percentile, an age), not made of totals.
    """

    sums: Mapping[str, Mapping[str, int]]
    scale: float = 1.0
    drawn: bool = False


def parts_of(kpi: Kpi, formula: str) -> Parts:
    """What the KPI adds up under this service-level formula.  Raises NoParts."""
    age = Quotient.of(Sum.of({AGES: 1}), None)
    try:
        made = kpi.value(_Followed({}, {}, age, formula_named(formula)))
    except NoParts as error:
        raise NoParts(
            f"{kpi.key} is made of several numbers, not of contacts: ask for each of them"
        ) from error
    if isinstance(made, Sum):
        return _parts(made, None, 1.0)
    if isinstance(made, Quotient):
        return _parts(made.above, made.below, made.scale)
    raise NoParts(f"{kpi.key} is not counted: no contact is behind it")


def reads_waits(kpi: Kpi) -> bool:
    """May its formula ask for a percentile of the waits?"""
    try:
        parts = parts_of(kpi, DEFAULT)
    except NoParts:
        return True
    return any(WAITS in terms for terms in parts.sums.values())


class _Followed(Reading):
    """A reading that gives sums instead of numbers."""

    def __getitem__(self, key: str) -> int:
        return Sum.of({key: 1})

    def ratio(self, above: int, below: int, per: int = 1) -> float | None:
        return above / (below * per)

    def given(self, told: int, value: float) -> float | None:
        return value

    def percentile_s(self, share: float) -> float | None:
        return Quotient.of(Sum.of({WAITS: 1}), None)


def _parts(above: Sum, below: Sum | None, scale: float) -> Parts:
    """Each part without the factor that all its counts share."""
    times, over = _shared(above), _shared(below)
    sums = {NUMERATOR: _divided(above, times)}
    if below is not None:
        sums[DENOMINATOR] = _divided(below, over)
    drawn = not above.terms.keys().isdisjoint((WAITS, AGES))
    return Parts(sums, scale * times / over, drawn)


def _shared(sum_: Sum | None) -> int:
    return gcd(*sum_.terms.values()) or 1 if sum_ is not None else 1


def _divided(sum_: Sum, by: int) -> Mapping[str, int]:
    return {key: times // by for key, times in sum_.terms.items()}


def _refuse() -> NoReturn:
    raise NoParts("neither a sum of counts nor a ratio of two")
