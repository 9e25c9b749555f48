"""The pure core of alerts: it neither flaps nor believes a silent feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.alerts.bands import Band, departure, on_side
from app.alerts.deciding import AlertState, Note, Reading, Turn, decide
from app.alerts.model import Alert, Side
from app.alerts.trial import try_on
from tests.kpis.telling import MONDAY

WAIT = Alert(name="wait", kpi="longest_wait_s", enter=300, exit=200, held_s=60)
LEVEL = Alert(
    name="level", kpi="service_level", side=Side.BELOW, enter=0.7, exit=0.8, held_s=0,
    min_volume=10,
)  # fmt: skip
Looked = tuple[float, float | None]


def at(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def read(seconds: float, value: float | None, volume: float | None = None) -> Reading:
    return Reading(at=at(seconds), fed_at=at(seconds), value=value, volume=volume)


def turns(
    alert: Alert, looks: Sequence[Looked], volume: float | None = None
) -> list[tuple[float, Turn]]:
    """When it turns, in seconds, over values that are read at those seconds."""
    state, found = AlertState(), []
    for seconds, value in looks:
        state, turn = decide(alert, state, read(seconds, value, volume), at(seconds))
        if turn:
            found.append((seconds, turn))
    return found


def test_it_fires_once_held_and_ends_once_back_for_as_long() -> None:
    looks = [(0, 310), (30, 320), (60, 330), (90, 250), (120, 190), (150, 150), (180, 100)]
    assert turns(WAIT, looks) == [(60, Turn.FIRED), (180, Turn.OVER)]


def test_between_the_thresholds_nothing_moves() -> None:
    assert turns(WAIT, [(0, 299), (60, 201), (120, 250)]) == []
    assert turns(WAIT, [(0, 300), (60, 300), (120, 201), (240, 299)]) == [(60, Turn.FIRED)]


def test_a_dip_begins_the_holding_anew() -> None:
    assert turns(WAIT, [(0, 310), (50, 299), (100, 310), (159, 310)]) == []


def test_what_falls_fires_below_and_ends_above() -> None:
    looks = [(0, 0.75), (10, 0.7), (20, 0.75), (30, 0.8)]
    assert turns(LEVEL, looks, volume=50) == [(10, Turn.FIRED), (30, Turn.OVER)]


def test_too_few_contacts_begin_nothing_and_end_what_fires() -> None:
    assert turns(LEVEL, [(0, 0.1)], volume=9) == []
    state, _ = decide(LEVEL, AlertState(), read(0, 0.1, 10), at(0))
    assert state.firing
    state, turn = decide(LEVEL, state, read(10, None, 0), at(10))
    assert (turn, state.note) == (Turn.OVER, Note.MISSING)


@pytest.mark.parametrize(("firing", "value"), [(True, 0.0), (False, 900.0)])
def test_a_silent_feed_holds_what_stands_however_long(firing: bool, value: float) -> None:
    state = AlertState(firing=firing, seen_at=at(0))
    for seconds in range(600, 900, 30):
        old = Reading(at=at(seconds), fed_at=at(0), value=value)
        state, turn = decide(WAIT, state, old, at(seconds))
        assert (state.firing, state.note, turn) == (firing, Note.STALE, None)


def test_a_place_that_nothing_feeds_is_not_judged() -> None:
    never = Reading(at=at(600), fed_at=None, value=900)
    assert decide(WAIT, AlertState(), never, at(600))[0].note is Note.STALE


def test_over_a_gap_between_two_looks_nothing_was_held() -> None:
    assert turns(WAIT, [(0, 310), (301, 310), (330, 310)]) == []


@given(st.lists(st.tuples(st.integers(1, 400), st.floats(0, 600)), max_size=60))
def test_it_fires_and_ends_in_turn_never_sooner_than_held(
    steps: list[tuple[int, float]],
) -> None:
    seconds, looks = 0, []
    for step, value in steps:
        seconds += step
        looks.append((float(seconds), value))
    found = turns(WAIT, looks)
    assert [turn for _, turn in found] == [Turn.FIRED, Turn.OVER] * (len(found) // 2) + (
        [Turn.FIRED] if len(found) % 2 else []
    )
    moments = [at_ for at_, _ in found]
    assert all(later - sooner >= WAIT.held_s for sooner, later in pairwise(moments))


BAND = Band(MONDAY, 20.0, 12, 29)


@pytest.mark.parametrize(
    ("count", "outside"), [(11, True), (12, False), (20, False), (29, False), (30, True)]
)
def test_a_count_departs_with_the_first_that_lies_outside_of_the_band(
    count: int, outside: bool
) -> None:
    assert (abs(departure(count, BAND)) >= 1) is outside


def test_a_departure_counts_on_the_side_that_is_watched() -> None:
    assert on_side(departure(40, BAND), Side.ABOVE) > 1
    assert on_side(departure(40, BAND), Side.BELOW) < 0
    assert on_side(departure(2, BAND), Side.EITHER) > 1


def test_a_trial_counts_what_would_have_fired_and_for_how_long() -> None:
    quarters = [310.0, 100.0, 100.0, 400.0, 250.0, 100.0]
    readings = [read(900 * number, value) for number, value in enumerate(quarters)]
    trial = try_on(WAIT, readings, at(0), at(900 * 6))
    fired = [(spell.from_, spell.to) for spell in trial.spells]
    assert fired == [(at(60), at(960)), (at(2760), at(4560))]
    assert (trial.fired, trial.firing_s) == (2, 900 + 1800)
