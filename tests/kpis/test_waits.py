"""The wait histogram: what its buckets can tell."""

from __future__ import annotations

import itertools
from collections import Counter
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Integer, column, select, values

from ingest.database import Database
from kpis.waits import EDGES, LONGEST_MS, bucket, bucket_of, exact, percentile, within

WAITS = st.lists(st.integers(0, 3_000_000), min_size=1, max_size=200)


def test_every_whole_second_up_to_two_minutes_is_an_edge() -> None:
    assert EDGES[:121] == tuple(second * 1000 for second in range(121))
    assert all(exact(second * 1000) for second in range(121))
    assert not exact(1500)
    assert not exact(121_000)


def test_beyond_two_minutes_edges_grow_by_five_percent_and_reach_the_longest() -> None:
    coarse = EDGES[120:]
    assert all(1.04 < after / before < 1.055 for before, after in itertools.pairwise(coarse))
    assert coarse[-1] >= LONGEST_MS


@given(WAITS, st.integers(0, 120))
def test_a_threshold_on_an_edge_is_exact(waits: list[int], seconds: int) -> None:
    told = Counter(map(bucket_of, waits))
    assert within(told, seconds * 1000) == sum(wait <= seconds * 1000 for wait in waits)


@given(WAITS, st.sampled_from([0.5, 0.9]))
def test_a_percentile_is_within_a_second_then_within_2_7_percent(
    waits: list[int], share: float
) -> None:
    true_s = sorted(waits)[ceil(share * len(waits)) - 1] / 1000
    told = percentile(Counter(map(bucket_of, waits)), share)
    assert told is not None
    if true_s <= 120:
        assert true_s <= told < true_s + 1
    else:
        assert told == pytest.approx(true_s, rel=0.027)


def test_nobody_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None


def test_the_database_puts_a_wait_into_the_same_bucket(database: Database) -> None:
    waits = sorted({0, LONGEST_MS, *(edge + by for edge in EDGES[:-1] for by in (0, 1))})
    told = values(column("wait_ms", Integer), name="told").data([(wait,) for wait in waits])
    with database.engine.connect() as connection:
        rows = connection.execute(select(told.c.wait_ms, bucket(told.c))).all()
    assert dict(map(tuple, rows)) == {wait: bucket_of(wait) for wait in waits}
