"""2, 4 and 8 operators at once, some killed between commit and answer: one chain, nothing lost."""

from __future__ import annotations

import os
import random
import signal
from datetime import UTC, datetime, timedelta

import pytest

from app.exposure import moves
from app.exposure.errors import Stale
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from ingest.database import Database, database_at

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CROWDS = (2, 4, 8)
WON, LATE = b"w", b"l"


def change(round: int, operator: int) -> Change:
    """A change that differs from every other of its round."""
    share = 1 + (round * 8 + operator) % 99
    return Change(
        channel="phone", reason="billing", state=State.TUCKED, share=share,
        why=f"round {round}", expires_at=NOW + timedelta(hours=5),
    )  # fmt: skip


def pressed(service: ExposureService, round: int, operator: int, seen: int) -> bytes:
    """What the operator is answered; the same key asks the same thing again."""
    actor = Actor("user", f"operator {operator}", ("operator",))
    key = f"{round}-{operator}"
    try:
        service.set(change(round, operator), actor, NOW, expected_version=seen, key=key)
    except Stale:
        return LATE
    return WON


def press_apart(database: Database, round: int, operator: int, seen: int, dies: bool) -> int:
    """Press in a process of its own, which may die before it answers; the end to read from."""
    read, write = os.pipe()
    if os.fork() == 0:
        code = 1
        try:
            own = database_at(database.conninfo)
            answer = pressed(ExposureService(own), round, operator, seen)
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)
            os.write(write, answer)
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    return read


def heard(end: int) -> bytes:
    with os.fdopen(end, "rb") as pipe:
        return pipe.read()


def contend(database: Database, rounds: int) -> int:
    """So many rounds of operators at once; how many were killed before they answered."""
    service, dice, seen, killed = ExposureService(database), random.Random(5), 0, 0
    for round in range(rounds):
        crowd = range(CROWDS[round % 3])
        ends = [
            press_apart(database, round, operator, seen, dice.random() < 0.3) for operator in crowd
        ]
        answers = [heard(end) for end in ends]
        ended = {os.waitstatus_to_exitcode(os.wait()[1]) for _operator in crowd}
        assert ended <= {0, -signal.SIGKILL}
        killed += answers.count(b"")
        told = [
            answer or pressed(service, round, operator, seen)
            for operator, answer in enumerate(answers)
        ]
        assert told.count(WON) == 1, f"round {round}: {told}"
        (switch,) = service.read().switches
        assert switch.version == seen + 1
        assert switch.share == change(round, told.index(WON)).share
        seen = switch.version
    found = service.verify()
    assert (found.entries, found.problems) == (rounds, ())
    return killed


@pytest.mark.timeout(300)
def test_of_operators_at_once_one_wins_also_when_killed_before_the_answer(
    database: Database,
) -> None:
    assert contend(database, 40) > 12


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_thousand_rounds_lose_nothing_and_do_nothing_twice(database: Database) -> None:
    assert contend(database, 1000) > 400


@pytest.mark.timeout(300)
def test_a_naive_read_modify_write_is_caught(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "require_version", lambda *_told: None)
    with pytest.raises(AssertionError, match="round"):
        contend(database, 6)
