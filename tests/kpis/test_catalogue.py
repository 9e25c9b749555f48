"""The catalogue: every KPI explains itself, and its example is true."""

from __future__ import annotations

import pytest

from kpis.catalogue import catalogue, families
from kpis.kpi import Kpi
from kpis.reading import Reading
from kpis.service_level import DEFAULT, FORMULAS, formula_named

KEYS = [
    "offered",
    "answered",
    "abandoned",
    "short_abandoned",
    "flowed_out",
    "deflected",
    "still_open",
    "answer_rate",
    "abandonment_rate",
    "service_level",
    "asa_s",
    "wait_p50_s",
    "wait_p90_s",
    "longest_wait_s",
    "aht_s",
    "first_response_s",
    "resolution_s",
    "async_service_level",
    "backlog",
    "oldest_s",
]

#: ICMI: A 1000, B 60, T 20 s, A_T 860, B_T 20, s 5 s, B_s 10.
ICMI = Reading(
    {
        "offered": 1060,
        "answered": 1000,
        "abandoned": 60,
        "answered_in_target": 860,
        "abandoned_in_target": 20,
        "short_abandoned": 10,
    }
)


def test_the_keys_are_those_of_the_public_interface_in_their_order() -> None:
    known = list(catalogue())
    assert [key for key in known if key in KEYS] == KEYS


@pytest.mark.parametrize("kpi", catalogue().values(), ids=lambda kpi: kpi.key)
def test_a_worked_example_is_what_the_formula_makes_of_it(kpi: Kpi) -> None:
    assert kpi.example_value() == kpi.example.value


@pytest.mark.parametrize("kpi", catalogue().values(), ids=lambda kpi: kpi.key)
def test_a_kpi_explains_itself_in_both_languages(kpi: Kpi) -> None:
    for words in (kpi.labels, kpi.definition, kpi.caveats or kpi.labels):
        assert set(words) == {"fr", "en"}
        assert all(text.strip() for text in words.values())
    assert kpi.formula
    assert kpi.family in families()


@pytest.mark.parametrize("kpi", catalogue().values(), ids=lambda kpi: kpi.key)
def test_without_any_contact_only_counts_have_a_value(kpi: Kpi) -> None:
    value = kpi.value(Reading({}))
    assert value == (0 if kpi.unit == "count" else None)


@pytest.mark.parametrize(
    ("formula", "percent"),
    [
        ("abandons_count_against", 81.13),
        ("abandons_within_target_ignored", 82.69),
        ("abandons_within_target_positive", 83.02),
        ("answered_only", 86.00),
        ("short_abandons_excluded", 81.90),
        ("short_abandons_positive", 82.08),
        ("flow_outs_count_against", 81.13),
        ("removed_within_target", 83.02),
    ],
)
def test_each_service_level_formula_gives_the_figure_of_the_fixture(
    formula: str, percent: float
) -> None:
    value = formula_named(formula).value(ICMI)
    assert value is not None
    assert round(100 * value, 2) == percent


def test_the_default_is_one_of_the_eight_and_each_says_who_uses_it() -> None:
    assert len(FORMULAS) == 8
    assert next(iter(FORMULAS)) == DEFAULT
    assert all(
        formula.used_by and set(formula.labels) == {"fr", "en"} for formula in FORMULAS.values()
    )


@pytest.mark.parametrize("formula", FORMULAS)
def test_one_who_waits_beyond_the_target_lowers_every_service_level(formula: str) -> None:
    served = {"answered": 3, "answered_in_target": 3}
    assert formula_named(formula).value(Reading(served)) == 1.0
    assert formula_named(formula).value(Reading({**served, "past_target": 1})) == 0.75
