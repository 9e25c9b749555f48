"""Trying again: soon at first, within bounds, and not for ever."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from app.outbox.schedule import ATTEMPTS, PAUSES_S, Outcome, follows

NOW = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
BROKEN = Outcome(500, "answered 500")


def pause(outcome: Outcome, attempts: int) -> float:
    then = follows(outcome, attempts, 1, NOW, lambda low, high: 1.0)
    return (then.next_at - NOW).total_seconds()


def test_what_was_taken_is_sent_and_nobody_rests() -> None:
    then = follows(Outcome(204), 3, 3, NOW, random.uniform)
    assert (then.state, then.rest_until) == ("sent", None)


def test_the_pauses_grow_and_then_it_is_given_up() -> None:
    assert [pause(BROKEN, attempts) for attempts in range(1, ATTEMPTS)] == list(PAUSES_S)
    assert sum(PAUSES_S) > 7 * 3600
    assert follows(BROKEN, ATTEMPTS - 1, 1, NOW, random.uniform).state == "waiting"
    assert follows(BROKEN, ATTEMPTS, 1, NOW, random.uniform).state == "dead"


def test_jitter_stays_within_a_fifth() -> None:
    dice = random.Random(5)
    drawn = {follows(BROKEN, 6, 1, NOW, dice.uniform).next_at for _ in range(200)}
    seconds = [(at - NOW).total_seconds() for at in drawn]
    assert len(drawn) > 190
    assert 0.8 * 300 <= min(seconds) <= max(seconds) <= 1.2 * 300


@pytest.mark.parametrize(("asked", "waited"), [(None, 2), (1.0, 2), (90.0, 90), (9e9, 3600)])
def test_a_receiver_may_ask_for_a_longer_pause_within_reason(
    asked: float | None, waited: float
) -> None:
    assert pause(Outcome(429, "answered 429", asked), 1) == waited


def test_who_is_gone_is_not_asked_again() -> None:
    assert follows(Outcome(410, "answered 410"), 1, 1, NOW, random.uniform).state == "dead"


@pytest.mark.parametrize(("failures", "rest"), [(1, 1), (2, 2), (5, 16), (7, 60), (5000, 60)])
def test_a_subscriber_that_fails_rests_a_minute_at_most(failures: int, rest: float) -> None:
    then = follows(BROKEN, 1, failures, NOW, lambda low, high: 1.0)
    assert then.rest_until == NOW + timedelta(seconds=rest)
