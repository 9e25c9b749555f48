"""Queueing: the reference values, and what must hold for any load."""

from __future__ import annotations

import math
import random
from heapq import heapreplace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.queueing import (
    Load,
    agents_needed,
    answered_in_time,
    answered_within,
    erlang_a,
    erlang_c,
)

#: 100 calls in 30 minutes, 3 minutes each.
HALF_HOUR = Load(100 / 1800, 180)
#: 200 calls an hour, 3 minutes each; callers hang up after 2 minutes on average.
HOUR, PATIENCE_S = Load(200 / 3600, 180), 120.0

loads = st.builds(Load, st.floats(0.0001, 5, allow_nan=False), st.floats(5, 1200, allow_nan=False))


@pytest.mark.parametrize(
    ("agents", "waiting", "level", "wait_s", "occupancy"),
    [(14, 0.174, 0.888, 7.84, 0.714), (15, 0.102, 0.941, None, 0.667)],
)
def test_erlang_c_gives_the_reference_values(
    agents: int, waiting: float, level: float, wait_s: float | None, occupancy: float
) -> None:
    found = erlang_c(HALF_HOUR, agents)
    assert found.waiting_share == pytest.approx(waiting, abs=0.0005)
    assert found.occupancy == pytest.approx(occupancy, abs=0.0005)
    assert answered_within(HALF_HOUR, agents, 20) == pytest.approx(level, abs=0.0005)
    if wait_s is not None:
        assert found.wait_s == pytest.approx(wait_s, abs=0.005)


@pytest.mark.parametrize(
    ("agents", "waiting", "abandoned", "wait_s"),
    [(11, 0.3828, 0.0942, 11.30), (12, 0.2798, 0.0616, 7.39), (13, 0.1937, 0.0384, 4.61)],
)
def test_erlang_a_gives_the_reference_values(
    agents: int, waiting: float, abandoned: float, wait_s: float
) -> None:
    found = erlang_a(HOUR, agents, PATIENCE_S)
    assert found.waiting_share == pytest.approx(waiting, abs=0.00005)
    assert found.abandoned_share == pytest.approx(abandoned, abs=0.00005)
    assert found.wait_s == pytest.approx(wait_s, abs=0.005)


@given(loads, st.integers(1, 300), st.floats(1, 3600))
def test_whoever_comes_is_served_or_gives_up(load: Load, agents: int, patience_s: float) -> None:
    found = erlang_a(load, agents, patience_s)
    served_per_s = found.occupancy * agents / load.handling_s
    lost_per_s = found.abandoned_share * load.arrivals_per_s
    assert served_per_s + lost_per_s == pytest.approx(load.arrivals_per_s, rel=1e-6)


@given(loads, st.integers(1, 200), st.floats(1, 3600))
def test_one_more_agent_never_makes_anyone_wait_longer(
    load: Load, agents: int, patience_s: float
) -> None:
    few, more = erlang_a(load, agents, patience_s), erlang_a(load, agents + 1, patience_s)
    assert few.wait_s is not None
    assert more.wait_s is not None
    assert more.wait_s <= few.wait_s + 1e-9


@given(loads, st.floats(0.05, 0.95))
def test_endless_patience_is_erlang_c(load: Load, occupancy: float) -> None:
    agents = math.ceil(load.erlangs / occupancy)
    patient, endless = erlang_a(load, agents, 1e9), erlang_c(load, agents)
    assert patient.wait_s == pytest.approx(endless.wait_s, rel=1e-3, abs=1e-6)


@given(loads, st.floats(0, 120), st.floats(0, 0.99))
def test_the_agents_needed_are_enough_and_one_fewer_is_not(
    load: Load, target_s: float, share: float
) -> None:
    needed = agents_needed(load, target_s, share)
    assert answered_within(load, needed, target_s) >= share
    assert needed == 1 or answered_within(load, needed - 1, target_s) < share


def test_above_its_capacity_a_patient_queue_has_no_wait_to_tell() -> None:
    full = erlang_c(Load(1.0, 60), 60)
    assert (full.wait_s, full.occupancy, full.waiting_share) == (None, 1.0, 1.0)


@pytest.mark.parametrize("agents", [0, -1])
def test_a_queue_without_agents_is_refused(agents: int) -> None:
    with pytest.raises(ValueError, match="agent"):
        erlang_a(HOUR, agents, PATIENCE_S)


@given(loads, st.integers(1, 60), st.floats(10, 2000))
def test_in_the_end_all_are_answered_in_time_who_do_not_hang_up(
    load: Load, agents: int, patience_s: float
) -> None:
    for_ever = answered_in_time(load, agents, patience_s, 1e9)
    assert for_ever == pytest.approx(
        1 - erlang_a(load, agents, patience_s).abandoned_share, abs=1e-6
    )


def test_with_endless_patience_the_service_level_is_that_of_erlang_c() -> None:
    level = answered_in_time(HALF_HOUR, 14, 1e7, 20)
    assert level == pytest.approx(answered_within(HALF_HOUR, 14, 20), abs=1e-4)


@pytest.mark.parametrize(("agents", "target_s"), [(9, 20), (9, 60), (11, 20)])
def test_the_service_level_with_abandons_is_that_of_a_queue_played_out(
    agents: int, target_s: float
) -> None:
    """100,000 calls, one by one: the share is known within half a point."""
    stream, now, free, in_time = random.Random(1), 0.0, [0.0] * agents, 0
    for _ in range(100_000):
        now += stream.expovariate(HOUR.arrivals_per_s)
        wait = max(0.0, free[0] - now)
        if wait < stream.expovariate(1 / PATIENCE_S):
            heapreplace(free, now + wait + stream.expovariate(1 / HOUR.handling_s))
            in_time += wait <= target_s
    expected = answered_in_time(HOUR, agents, PATIENCE_S, target_s)
    assert in_time / 100_000 == pytest.approx(expected, abs=0.008)
