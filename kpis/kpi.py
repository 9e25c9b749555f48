"""Kpi: one number, declared once with all that a screen, an export and a reader need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kpis.contact_counts import CONTACTS
from kpis.reading import ALL, Number, Reading, Readings, rounded
from kpis.subject import Subject

__all__ = ["Direction", "Example", "Kpi", "Number", "Unit", "Words", "english", "rounded"]

#: money: in the currency of the costs; number: neither a count nor a share.
Unit = Literal["count", "fraction", "seconds", "money", "number"]
Direction = Literal["up", "down", "neutral"]
#: The same words in each language: ``{"fr": …, "en": …}``.
Words = Mapping[str, str]


def english(words: Words | str) -> str:
    """The English text; a text alone (symbols, names) is the same in every language."""
    return words if isinstance(words, str) else words["en"]


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example, shown in the definitions and run as a test."""

    counts: Mapping[str, int]
    value: Number
    waits: Mapping[int, int] = field(default_factory=dict)
    oldest_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """`value` is the formula; it sees only contacts of `modalities`.  None: no value."""

    key: str
    labels: Words
    unit: Unit
    #: Which way is better.
    direction: Direction
    #: The formula as people write it; a text alone where it is all symbols.
    formula: Words | str
    #: In words, and who is in the denominator.
    definition: Words
    value: Callable[[Reading], Number | None]
    example: Example
    #: What its formula counts.
    reads: Subject = CONTACTS
    modalities: tuple[str, ...] = ALL
    #: The state now: the board takes all open contacts, not only those that arrived today.
    live: bool = False
    caveats: Words | None = None
    #: (worth a look, bad), in the unit.
    thresholds: tuple[float, float] | None = None
    #: The file of ``kpis/catalogue/`` that declares it; set by the catalogue.
    family: str = ""

    def of(self, readings: Readings) -> Number | None:
        """The value of a group of contacts."""
        return rounded(self.value(readings.of(self.modalities)))

    def example_value(self) -> Number | None:
        """What the formula makes of the worked example."""
        example = self.example
        return rounded(self.value(Reading(example.counts, example.waits, example.oldest_s)))
