"""I1, I2, I3, I5 after kill -9 of everything; and the suite finds the bugs that it is there for.

The chaos runs in a process of its own, which forks from a warm and single-threaded state; all
of it shares one server, which nobody else uses.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from ingest.failpoint import POINTS
from tests.chaos.mutants import MUTANTS
from tests.chaos.report import Report
from tests.chaos.server import Server
from tests.extent import extent
from tests.folders import fast_folder

REPOSITORY = Path(__file__).parent.parent.parent
#: Kills of a mutant before it is looked at, and how often at most: the first find ends it.
FEW, A_FEW_TIMES = 8, 25
#: Its first pusher dies with a delivery acknowledged: a window that other seeds hit late.
SEED_OF_MUTANTS = 1038

Rage = Callable[..., Report]
Publish = Callable[[str], None]


@pytest.fixture(scope="module")
def rage() -> Iterator[Rage]:
    """Runs ``python -m tests.chaos`` with these words; the report it gives."""
    with fast_folder() as folder, Server(folder / "home"):

        def run(*words: object) -> Report:
            command = [sys.executable, "-W", "error", "-m", "tests.chaos", "--json"]
            done = subprocess.run(
                [*command, "--home", folder / "home", *map(str, words)],
                cwd=REPOSITORY, capture_output=True, check=False,
            )  # fmt: skip
            assert done.returncode in (0, 1), done.stderr.decode()
            assert done.stderr == b"", done.stderr.decode()
            return msgspec.json.decode(done.stdout, type=Report)

        yield run


@pytest.mark.timeout(0)
def test_kill_9_of_anything_at_any_moment_loses_nothing_and_counts_nothing_twice(
    rage: Rage, publish: Publish, pytestconfig: pytest.Config
) -> None:
    kills = pytestconfig.getoption("--kills") or extent(25, 300)
    report = rage("--kills", kills)
    told = "\n".join(report.lines())
    publish(told)
    assert report.is_good, told
    assert report.kills >= kills
    assert report.inside >= kills / 10, told
    if kills >= 300:
        assert set(report.victims) == {"worker", "loader", "pusher", "postgres", "backend"}
        assert set(report.causes) == {"at random", *POINTS}


@pytest.fixture(scope="module")
def truth(rage: Rage) -> Callable[[int], Report]:
    """The true store under one seed and the kills under which a mutant was found."""
    return cache(lambda seed: rage("--seed", seed, "--run", FEW, "--kills", FEW))


@pytest.mark.parametrize("name", MUTANTS)
def test_each_seeded_bug_is_found_and_the_true_store_passes_under_the_same_kills(
    rage: Rage, truth: Callable[[int], Report], name: str, publish: Publish
) -> None:
    seeds = ("--seed", SEED_OF_MUTANTS, "--run", FEW)
    report = rage(*seeds, "--kills", FEW * A_FEW_TIMES, "--mutant", name)
    told = "\n".join(report.lines(shown=2))
    publish(told)
    assert MUTANTS[name].shows_as <= {finding.kind for finding in report.findings}, told
    assert report.crashes == [], told
    true = truth(report.runs[-1].seed)
    assert true.is_good, "\n".join(true.lines())


@pytest.mark.parametrize("name", [name for name, mutant in MUTANTS.items() if mutant.sleeps])
def test_what_only_a_kill_reveals_is_not_found_without_one(rage: Rage, name: str) -> None:
    report = rage("--seed", SEED_OF_MUTANTS, "--kills", 0, "--mutant", name)
    assert report.is_good, "\n".join(report.lines())
