"""KpiQuery: one question to the KPIs, checked before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from zoneinfo import ZoneInfo

from kpis.dimensions import Dimension, dimension_named
from kpis.errors import WrongQuery
from kpis.intervals import cut
from kpis.service_level import DEFAULT, formula_named
from kpis.versions import Target
from kpis.waits import LONGEST_MS, exact
from kpis.windows import RepeatWindow

UTC_ZONE = ZoneInfo("UTC")
#: What `only` may bound.
_WORDS = frozenset({"channel", "queue", "reason", "segment", "site", "source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiQuery:
    """KPIs of the contacts that arrived in [from_, to), by dimensions and interval, as of `now`.

    `target_s` replaces every contact's own answer target; `targets` judge each by what they
    say was in force when it arrived; `repeats` says what a repeat is.
    `only`: the values that a dimension may have, whatever `where` says; all else is not seen.
    `agents` allows the dimension agent.  `lasting`: it is asked again and again for the same
    `from_` and `to`, which then stand in its statements.
    Raises WrongQuery (UnknownWord) when made of words that do not exist.
    """

    from_: datetime
    to: datetime
    now: datetime
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grain: str = "total"
    zone: ZoneInfo = UTC_ZONE
    service_level_formula: str = DEFAULT
    target_s: int | None = None
    targets: tuple[Target, ...] | None = None
    repeats: RepeatWindow = field(default_factory=RepeatWindow)
    agents: bool = False
    lasting: bool = False

    def __post_init__(self) -> None:
        if any(at.tzinfo is None for at in (self.from_, self.to, self.now)):
            raise WrongQuery("times of a query need a time zone")
        if self.target_s is not None and not 0 <= self.target_s <= LONGEST_MS // 1000:
            raise WrongQuery(f"a target of {self.target_s} s: write 0 to {LONGEST_MS // 1000}")
        formula_named(self.service_level_formula)
        for key, text in self.where.items():
            dimension_named(key, agents=self.agents).wanted(text)
        self.dimensions()
        self.bounds()
        self._cut()

    @property
    def target_ms(self) -> int | None:
        return None if self.target_s is None else self.target_s * 1000

    def boundaries(self) -> list[datetime]:
        """The starts of the intervals, and the end of the last."""
        return list(self._cut().boundaries)

    def starts(self) -> str:
        """The starts of the intervals, as the text of an array of the database."""
        return self._cut().starts

    def dimensions(self) -> list[Dimension]:
        """Those to group by."""
        return [dimension_named(key, agents=self.agents) for key in dict.fromkeys(self.by)]

    def filters(self) -> list[tuple[Dimension, object]]:
        """Those to filter by, with the wanted value."""
        named = ((dimension_named(key, agents=self.agents), v) for key, v in self.where.items())
        return [(dimension, dimension.wanted(text)) for dimension, text in named]

    def bounds(self) -> list[tuple[Dimension, list[str]]]:
        """Those that may have some values only, with these.  Raises WrongQuery."""
        if numbers := sorted(self.only.keys() - _WORDS):
            raise WrongQuery(f"{numbers[0]} cannot be bounded: bound {', '.join(sorted(_WORDS))}")
        return [(dimension_named(key), list(values)) for key, values in self.only.items()]

    def rolled(self) -> bool:
        """Do the rollups hold the exact answer?  Else the contacts themselves are read."""
        filtered = (dimension for dimension, _ in (*self.filters(), *self.bounds()))
        asked = chain(self.dimensions(), filtered)
        return (
            all(dimension.rolled for dimension in asked)
            and self._cut().on_quarters
            and (self.target_ms is None or exact(self.target_ms))
            and (self.targets is None or self.target_ms is not None)
        )

    def _cut(self) -> _Cut:
        # In UTC: of one zone the two hours that a clock shows twice are equal.
        return _cut(self.from_.astimezone(UTC), self.to.astimezone(UTC), self.grain, self.zone)


@dataclass(frozen=True, slots=True)
class _Cut:
    """The intervals of a query, worked out once: a month has 3,000 quarters."""

    boundaries: tuple[datetime, ...]
    starts: str
    on_quarters: bool


@lru_cache(maxsize=16)
def _cut(start: datetime, end: datetime, grain: str, zone: ZoneInfo) -> _Cut:
    boundaries = tuple(cut(start, end, grain, zone))
    return _Cut(
        boundaries,
        f"{{{','.join(at.isoformat() for at in boundaries[:-1])}}}",
        all(at.timestamp() % 900 == 0 for at in boundaries),
    )
