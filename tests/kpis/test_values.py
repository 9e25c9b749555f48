"""Every KPI of many lines at once is what each KPI says of each line by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.catalogue import Catalogue, catalogue
from kpis.columns import Columns, whole
from kpis.kpi import Kpi, Number, rounded
from kpis.measures import MEASURES
from kpis.reading import ALL, BOT, Reading
from kpis.service_level import FORMULAS, formula_named
from kpis.together import LineReadings, Placed, listed
from kpis.values import values

NOW = datetime(2024, 3, 4, 9, tzinfo=UTC)
LINES = 4
KEYS = [*(measure.key for measure in MEASURES), "waiting", "past_target", "backlog", "not_due",
        "identified", "repeated", "firsts", "firsts_ripe", "firsts_repeated", "cost_units",
        "priced", "engaged_ms", "available_ms"]  # fmt: skip


@dataclass(frozen=True)
class Part:
    """What was counted of one modality of one line."""

    line: int
    modality: str
    counts: dict[str, int]
    waits: dict[int, int]
    oldest_s: int | None


#: Some beyond what a float holds exactly.
numbers = st.integers(0, 10**6) | st.sampled_from([0, 1, 3, 2**27 + 1, 2**53 + 1, 10**20])
parts = st.builds(
    Part,
    st.integers(0, LINES - 1),
    st.sampled_from((*ALL, *BOT, "new")),
    st.dictionaries(st.sampled_from(KEYS), numbers, max_size=12),
    st.dictionaries(st.integers(0, 200), st.integers(1, 50), max_size=6),
    st.none() | st.integers(0, 10**5),
)
told = st.lists(parts, max_size=5)


def readings(told: Sequence[Part], formula: str) -> LineReadings:
    """All lines together."""
    names = sorted({name for part in told for name in part.counts})
    buckets = [pair for part in told for pair in part.waits.items()]
    columns = Columns(
        [(part.line,) for part in told],
        [part.modality for part in told],
        {name: whole([part.counts.get(name, 0) for part in told]) for name in names},
        [None if p.oldest_s is None else NOW - timedelta(seconds=p.oldest_s) for p in told],
        np.array(buckets, np.int64).reshape(-1, 2),
        np.array([len(part.waits) for part in told], np.int64),
    )
    lines = {(line,): (line,) for line in range(LINES)}
    return LineReadings(LINES, [Placed.of(columns, lines)], NOW, formula)


def reading(told: Sequence[Part], modalities: Sequence[str], formula: str) -> Reading:
    """What is told of one line by itself, of these modalities."""
    counts, waits = Counter[str](), Counter[int]()
    ages = []
    for part in told:
        if (part.modality if part.modality in (*ALL, *BOT) else "sync") in modalities:
            counts.update(part.counts)
            waits.update(part.waits)
            ages += [] if part.oldest_s is None else [float(part.oldest_s)]
    return Reading(counts, waits, max(ages, default=None), formula_named(formula))


def one_by_one(told: Sequence[Part], kpis: Sequence[Kpi], formula: str) -> list[list[object]]:
    """The values of each KPI, line by line."""
    lines = [[part for part in told if part.line == line] for line in range(LINES)]
    modalities = {kpi.modalities for kpi in kpis}
    known = {each: [reading(line, each, formula) for line in lines] for each in modalities}
    return [[rounded(kpi.value(one)) for one in known[kpi.modalities]] for kpi in kpis]


@settings(max_examples=200, deadline=None)
@given(told, st.sampled_from(list(FORMULAS)))
def test_all_at_once_is_each_by_itself(told: list[Part], formula: str) -> None:
    known = catalogue()
    at_once = values(readings(told, formula))
    assert list(at_once) == list(known)
    expected = one_by_one(told, list(known.values()), formula)
    assert list(at_once.values()) == expected
    assert [list(map(type, each)) for each in at_once.values()] == [
        list(map(type, each)) for each in expected
    ]


def test_live_ones_are_those_of_the_live_state() -> None:
    today = [Part(0, "sync", {"offered": 3, "waiting": 2}, {}, 60)]
    now = [*today, Part(0, "sync", {"waiting": 4}, {}, 600)]
    found = values(readings(today, "answered_only"), readings(now, "answered_only"))
    shown = [found[key][0] for key in ("offered", "longest_wait_s")]
    assert shown == [3, 600.0]


@settings(deadline=None)
@given(st.lists(st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9).map(lambda n: n / 2e6)))
def test_many_are_rounded_to_the_last_digit_as_each_is(numbers: list[float]) -> None:
    [together] = listed({"kpi": np.array(numbers, float)}, len(numbers)).values()
    assert together == [round(number, 6) for number in numbers]


@contextmanager
def only(
    monkeypatch: pytest.MonkeyPatch, formula: Callable[[Reading], Number | None]
) -> Iterator[None]:
    """The catalogue holds one KPI, of that formula."""
    kpi = replace(catalogue()["offered"], key="own", value=formula)
    with monkeypatch.context() as patched:
        patched.setattr("kpis.values.catalogue", lambda: Catalogue(own=kpi))
        yield


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (lambda r: r["answered"] / r["offered"] if r["offered"] else None, [0.25, None, 0.5, None]),
        (lambda r: max(r["answered"], 2), [2, 2, 4, 2]),
        (lambda r: 7, [7, 7, 7, 7]),
        (lambda r: None, [None] * 4),
    ],
)
def test_a_formula_that_asks_what_a_number_is_is_worked_out_line_by_line(
    monkeypatch: pytest.MonkeyPatch,
    formula: Callable[[Reading], Number | None],
    expected: list[Number | None],
) -> None:
    told = [
        Part(0, "sync", {"offered": 4, "answered": 1}, {}, None),
        Part(2, "async", {"offered": 8, "answered": 4}, {}, None),
    ]
    with only(monkeypatch, formula):
        assert values(readings(told, "answered_only")) == {"own": expected}


def test_a_formula_that_divides_by_nothing_is_wrong_also_of_many_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [Part(0, "sync", {"offered": 4, "answered": 1}, {}, None)]
    with (
        only(monkeypatch, lambda r: r["answered"] / r["offered"]),
        pytest.raises(ZeroDivisionError),
    ):
        values(readings(told, "answered_only"))
