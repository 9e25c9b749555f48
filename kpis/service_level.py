"""Service level: every variant that peers use, one of them the default, all by name.

A = answered, B = abandoned, F = flowed out; index T = within the target, s = within the
short-abandon limit.  W = still waiting although the target has expired: the live rule lets
such a contact into every denominator at once, else the level looks best when the queue is
worst; W is 0 once all have left (DOMAIN §2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from kpis.errors import UnknownWord


class Counts(Protocol):
    """Counts by measure; one that is missing is 0."""

    def __getitem__(self, key: str, /) -> int: ...

    def ratio(self, above: int, below: int, /) -> float | None: ...


@dataclass(frozen=True, slots=True)
class ServiceLevelFormula:
    """One way to divide: `good` contacts over `all` that are judged."""

    id: str
    labels: Mapping[str, str]
    formula: str
    #: A text alone where it is all names.
    used_by: Mapping[str, str] | str
    good: Callable[[Counts], int]
    judged: Callable[[Counts], int]

    def value(self, counts: Counts) -> float | None:
        """The fraction; None where nothing is judged yet."""
        return counts.ratio(self.good(counts), self.judged(counts) + counts["past_target"])


def _a(c: Counts) -> int:
    return c["answered"]


def _a_t(c: Counts) -> int:
    return c["answered_in_target"]


def _ab(c: Counts) -> int:
    return c["answered"] + c["abandoned"]


def _abf(c: Counts) -> int:
    return c["answered"] + c["abandoned"] + c["flowed_out"]


DEFAULT = "abandons_count_against"

_ALL = (
    ServiceLevelFormula(
        DEFAULT,
        {"fr": "les abandons comptent contre", "en": "abandons count against"},
        "A_T / (A + B)",
        {"fr": "Genesys (de base), Cisco « negative »", "en": "Genesys (base), Cisco “negative”"},
        _a_t,
        _ab,
    ),
    ServiceLevelFormula(
        "abandons_within_target_ignored",
        {"fr": "abandons dans le seuil ignorés", "en": "abandons within target ignored"},
        "A_T / (A + B − B_T)",
        {"fr": "Cisco « ignored », Bright Pattern", "en": "Cisco “ignored”, Bright Pattern"},
        _a_t,
        lambda c: _ab(c) - c["abandoned_in_target"],
    ),
    ServiceLevelFormula(
        "abandons_within_target_positive",
        {"fr": "abandons dans le seuil positifs", "en": "abandons within target positive"},
        "(A_T + B_T) / (A + B)",
        {"fr": "Cisco « positive », Asterisk SL2", "en": "Cisco “positive”, Asterisk SL2"},
        lambda c: _a_t(c) + c["abandoned_in_target"],
        _ab,
    ),
    ServiceLevelFormula(
        "answered_only",
        {"fr": "sur les seuls répondus", "en": "answered only"},
        "A_T / A",
        "Asterisk SL, Wazo, VICIdial",
        _a_t,
        _a,
    ),
    ServiceLevelFormula(
        "short_abandons_excluded",
        {"fr": "abandons courts exclus", "en": "short abandons excluded"},
        "A_T / (A + B − B_s)",
        "Talkdesk, Sinch, Genesys (option)",
        _a_t,
        lambda c: _ab(c) - c["short_abandoned"],
    ),
    ServiceLevelFormula(
        "short_abandons_positive",
        {"fr": "abandons courts positifs", "en": "short abandons positive"},
        "(A_T + B_s) / (A + B)",
        {"fr": "ICMI n° 5", "en": "ICMI no. 5"},
        lambda c: _a_t(c) + c["short_abandoned"],
        _ab,
    ),
    ServiceLevelFormula(
        "flow_outs_count_against",
        {"fr": "les sorties de file comptent contre", "en": "flow-outs count against"},
        "A_T / (A + B + F)",
        "Genesys (option)",
        _a_t,
        _abf,
    ),
    ServiceLevelFormula(
        "removed_within_target",
        {"fr": "sortis de la file dans le seuil", "en": "removed within target"},
        "(A_T + B_T + F_T) / (A + B + F)",
        "Amazon Connect",
        lambda c: _a_t(c) + c["abandoned_in_target"] + c["flowed_out_in_target"],
        _abf,
    ),
)

#: By id, the default first.
FORMULAS: dict[str, ServiceLevelFormula] = {formula.id: formula for formula in _ALL}


def formula_named(id: str) -> ServiceLevelFormula:
    """The formula of that id.  Raises UnknownWord, naming those that exist."""
    try:
        return FORMULAS[id]
    except KeyError as error:
        raise UnknownWord("service-level formula", id, list(FORMULAS)) from error
