"""The pure core: thresholds apart, held, dwelling, capped; blind, it holds."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.exposure.errors import InvalidChange, UnknownWord
from app.exposure.modes import DEFAULT_MODES
from app.exposure.rules.deciding import (
    Move,
    Note,
    Reading,
    RuleState,
    carried,
    decide,
    refused,
)
from app.exposure.rules.model import Condition, Measure, Rule, tidy_rule
from app.exposure.rules.moves import Stays, next_move
from app.exposure.rules.trial import Trial, try_on

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENTER_S = 300.0
RULE = Rule(
    name="phone-overload",
    channel="phone",
    conditions=(Condition(measure=Measure.LONGEST_WAIT, enter=ENTER_S, exit=200.0),),
)
EIGHT_HOURS = 8 * 60


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def waits(values: Iterable[float | None], step: float = 1.0) -> list[Reading]:
    """A reading each `step` minutes from noon; None: the feed has been silent since."""
    readings, fed = list[Reading](), NOON
    for number, value in enumerate(values):
        at = after(number * step)
        fed = fed if value is None else at
        readings.append(Reading(at=at, fed_at=fed, longest_wait=value or 0.0))
    return readings


def tried(rule: Rule, readings: list[Reading]) -> Trial:
    return try_on(rule, readings, readings[0].at, readings[-1].at)


def naive_flips(values: Iterable[float]) -> int:
    """A rule without hysteresis: above acts, below lets go."""
    above = [value >= ENTER_S for value in values]
    return sum(one is not other for one, other in pairwise(above))


@settings(max_examples=150, deadline=None)
@given(
    period=st.integers(2, 18),
    swing=st.floats(0.15, 0.9),
    drift=st.floats(-0.02, 0.02),
    seed=st.integers(0, 2**32),
)
def test_a_wait_that_oscillates_around_the_threshold_for_eight_hours_flips_at_most_four_times(
    period: int, swing: float, drift: float, seed: int
) -> None:
    chance = random.Random(seed)
    waves = (math.cos(2 * math.pi * minute / period) for minute in range(EIGHT_HOURS))
    values = [ENTER_S * (1 + drift + swing * wave + chance.uniform(-0.04, 0.04)) for wave in waves]
    assert naive_flips(values) > 40
    assert tried(RULE, waits(values)).flips <= 4


def test_even_without_a_cap_an_oscillation_of_a_quarter_flips_once() -> None:
    """Seeded bug: with exit = enter and nothing held the same wait flips for ever."""
    values = [ENTER_S * (1 + 0.25 * (-1) ** (minute // 5)) for minute in range(EIGHT_HOURS)]
    assert naive_flips(values) > 40
    assert tried(replace(RULE, cap=20), waits(values)).flips == 1
    (condition,) = RULE.conditions
    naive = replace(
        RULE, conditions=(replace(condition, exit=ENTER_S),), held_s=0, dwell_s=0, cooldown_s=0,
        cap=1000,
    )  # fmt: skip
    assert tried(naive, waits(values)).flips > 40


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(st.none() | st.floats(0, 2000), min_size=1, max_size=EIGHT_HOURS),
    cap=st.integers(2, 6),
    held=st.integers(0, 600),
)
def test_whatever_is_read_flips_stay_within_the_cap_and_apart_and_none_happens_blind(
    values: list[float | None], cap: int, held: int
) -> None:
    rule = replace(RULE, cap=cap, held_s=held, stale_s=60)
    state, flips = RuleState(), list[datetime]()
    for reading in waits(values):
        state, action = decide(rule, state, reading, reading.at)
        if action is None:
            continue
        assert reading.fed_at is not None
        assert reading.at - reading.fed_at <= timedelta(seconds=rule.stale_s)
        if action.move is not Move.RELEASE:
            end = reading.at + timedelta(seconds=rule.lasts_s)
            state = carried(state, rule.change(action.share, "why", end), 1)
        if action.move in (Move.ACT, Move.RELEASE):
            flips.append(reading.at)
    assert len(flips) <= cap
    apart = [later - one for one, later in pairwise(flips)]
    assert all(gap >= timedelta(seconds=rule.dwell_s) for gap in apart)


def test_it_acts_once_the_wait_has_been_held_and_says_when_that_will_be() -> None:
    state = RuleState()
    for minute in (0, 1, 2):
        reading = Reading(at=after(minute), fed_at=after(minute), longest_wait=400)
        state, action = decide(RULE, state, reading, reading.at)
        assert action is None
    move = next_move(RULE, state, reading, after(2))
    assert (move.move, move.in_s, move.at) == (Move.ACT, 60.0, after(3))
    assert move.stays == (Stays("longest_wait", "above", 300.0),)
    reading = Reading(at=after(3), fed_at=after(3), longest_wait=400)
    state, action = decide(RULE, state, reading, after(3))
    assert action is not None
    assert (action.move, action.share) == (Move.ACT, 10)


def test_one_reading_below_begins_the_holding_anew() -> None:
    assert tried(RULE, waits([400, 400, 400, 299, 400, 400, 400])).acted == 0
    assert tried(RULE, waits([400, 400, 400, 400])).acted == 1


def test_it_ramps_while_the_wait_is_high_and_waits_between_the_thresholds() -> None:
    high = tried(RULE, waits([400] * 20)).timeline
    assert [spell.share for spell in high] == [100]
    between = tried(RULE, waits([400] * 4 + [250] * 30)).timeline
    assert [spell.share for spell in between] == [10]


def test_after_its_last_flip_it_freezes_and_a_person_must_look() -> None:
    rule = replace(RULE, dwell_s=60, cooldown_s=0, held_s=60)
    values = ([400.0] * 10 + [10.0] * 10) * 5
    trial = tried(rule, waits(values))
    assert (trial.acted, trial.flips) == (2, 4)
    assert trial.frozen_at is not None


def test_a_stale_feed_holds_the_last_state_and_is_told() -> None:
    rule = replace(RULE, stale_s=120)
    begun = waits([400] * 4 + [None] * 30)
    state = RuleState()
    for reading in begun[:4]:
        state, action = decide(rule, state, reading, reading.at)
    assert state.acting
    for reading in begun[4:]:
        state, action = decide(rule, state, reading, reading.at)
        assert action is None
        assert state.acting
    assert state.note is Note.STALE
    assert next_move(rule, state, begun[-1], begun[-1].at).blocked is Note.STALE
    assert tried(rule, begun).blind_s == 28 * 60


def test_what_it_set_is_over_by_itself_when_nobody_reads_any_more() -> None:
    rule = replace(RULE, lasts_s=600, stale_s=60)
    trial = tried(rule, waits([400] * 4 + [None] * 60))
    (spell,) = trial.timeline
    assert spell.to == after(3 + 10)


def test_an_evaluator_that_was_away_does_not_believe_that_the_wait_was_held() -> None:
    one = Reading(at=NOON, fed_at=NOON, longest_wait=400)
    state, _none = decide(RULE, RuleState(), one, NOON)
    later = Reading(at=after(60), fed_at=after(60), longest_wait=400)
    state, action = decide(RULE, state, later, after(60))
    assert action is None
    assert state.since == after(60)


def test_a_refusal_leaves_everything_as_it_was_and_cools_down() -> None:
    was = RuleState(since=NOON, seen_at=NOON)
    state = refused(RULE, was, Move.ACT, Note.REFUSED, after(3))
    assert not state.acting
    assert (state.flips, state.note) == ((), Note.REFUSED)
    for minute in range(4, 33):
        reading = Reading(at=after(minute), fed_at=after(minute), longest_wait=900)
        state, action = decide(RULE, state, reading, reading.at)
        assert action is None
    _state, action = decide(RULE, state, replace(reading, at=after(33)), after(33))
    assert action is not None


def test_a_level_that_falls_acts_below_and_lets_go_above() -> None:
    level = Condition(measure=Measure.SERVICE_LEVEL, enter=0.5, exit=0.8)
    rule = replace(RULE, conditions=(level,), held_s=0, dwell_s=60)
    values = [0.9, 0.49, 0.6, 0.79, 0.81]
    readings = [
        Reading(at=after(at * 5), fed_at=after(at * 5), service_level=value)
        for at, value in enumerate(values)
    ]
    (spell,) = tried(rule, readings).timeline
    assert (spell.from_, spell.to) == (after(5), after(20))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"conditions": ()}, "needs a condition"),
        (
            {"conditions": (Condition(measure=Measure.LONGEST_WAIT, enter=300, exit=211),)},
            "at most 210",
        ),
        (
            {"conditions": (Condition(measure=Measure.SERVICE_LEVEL, enter=0.7, exit=0.8),)},
            "at least 1",
        ),
        ({"ramp": (50, 10)}, "must rise"),
        ({"held_s": -1}, "held_s"),
        ({"name": "No Good"}, "no rule name"),
    ],
)
def test_a_rule_that_would_flap_is_refused_with_what_would_be_allowed(
    wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(InvalidChange, match=said):
        tidy_rule(replace(RULE, **wrong), DEFAULT_MODES, (), NOON)


def test_a_rule_for_an_unknown_channel_names_those_that_exist() -> None:
    with pytest.raises(UnknownWord, match="phone"):
        tidy_rule(replace(RULE, channel="telex"), DEFAULT_MODES, (), NOON)
