"""Distribution: how long the contacts of a stretch of time waited until they left, and what each
service-level formula makes of the same contacts.

One counting serves both, so the share left of the target's line and the formulas agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ingest.asking import ask
from kpis.columns import Columns
from kpis.contact_counts import CONTACTS, waits_left
from kpis.counting import count
from kpis.open_contacts import add_open
from kpis.query import KpiQuery
from kpis.reading import SYNC, Reading, rounded
from kpis.service_level import FORMULAS, ServiceLevelFormula
from kpis.together import LineReadings
from kpis.waits import OUTCOMES

_COUNTED = (
    "answered", "answered_in_target", "abandoned", "abandoned_in_target", "short_abandoned",
    "flowed_out", "flowed_out_in_target", "past_target",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Level:
    """What one formula says: `good` of `judged` contacts; no value where none is judged."""

    formula: ServiceLevelFormula
    value: float | None
    good: int
    judged: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """`waits`: by outcome, how many by bucket of :mod:`kpis.waits`; the eight `levels` of the
    live contacts, the default first."""

    waits: Mapping[str, Mapping[int, int]]
    levels: Sequence[Level]


def distribution(
    connection: Connection, query: KpiQuery, modalities: Sequence[str] = SYNC
) -> Distribution:
    """Of the query as a whole (its grain and dimensions do not matter): the waits of those
    `modalities`, the levels of the live contacts.
    """
    whole = replace(query, by=(), grain="total")
    tallies = count(connection, whole, [CONTACTS])
    add_open(tallies, whole)
    waits = waits_left(whole, modalities)
    ask(connection, [*tallies.questions, *waits.questions])
    placed = tallies.placed({(1,): (0,)})
    live = LineReadings(1, placed, whole.now, whole.service_level_formula).of(SYNC)
    reading = Reading({key: int(live[key][0]) for key in _COUNTED})
    return Distribution(_by_outcome(waits.told()), [_level(f, reading) for f in FORMULAS.values()])


def _level(formula: ServiceLevelFormula, reading: Reading) -> Level:
    judged = formula.judged(reading) + reading["past_target"]
    return Level(formula, rounded(formula.value(reading)), formula.good(reading), judged)


def _by_outcome(columns: Columns) -> dict[str, dict[int, int]]:
    """Equal buckets of several modalities add up."""
    found: dict[str, Counter[int]] = {outcome: Counter() for outcome in OUTCOMES}
    for bucket, *counts in [] if columns.buckets is None else columns.buckets.tolist():
        for outcome, many in zip(OUTCOMES, counts, strict=True):
            found[outcome][bucket] += many
    return {outcome: dict(+counts) for outcome, counts in found.items()}
