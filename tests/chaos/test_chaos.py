"""I1, I2, I3, I5 after kill -9 of everything; and the suite finds the bugs that it is there for.

The chaos runs in a process of its own, which forks from a warm and single-threaded state; all
of it shares one server, which nobody else uses.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from ingest.failpoint import POINTS
from tests.chaos.mutants import MUTANTS
from tests.chaos.report import Report
from tests.chaos.server import Server
from tests.folders import fast_folder

REPOSITORY = Path(__file__).parent.parent.parent
#: Of a mutant, and of the true store beside it: small runs, so that the first find ends it.
FEW, A_FEW_TIMES = 5, 8
SEED_OF_MUTANTS = 1001

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
    kills = pytestconfig.getoption("--kills")
    report = rage("--kills", kills)
    told = "\n".join(report.lines())
    publish(told)
    assert report.is_good, told
    assert report.kills >= kills
    assert set(report.victims) == {"worker", "loader", "pusher", "postgres"}
    assert report.inside > kills / 10, told
    assert set(report.causes) == {"at random", *POINTS}


@pytest.fixture(scope="module")
def true(rage: Rage) -> Report:
    """The true store under the very seeds and kills under which the mutants are found."""
    return rage("--seed", SEED_OF_MUTANTS, "--run", FEW, "--kills", FEW * A_FEW_TIMES)


def test_the_true_store_passes_where_the_mutants_fail(true: Report) -> None:
    assert true.is_good, "\n".join(true.lines())
    assert true.kills >= FEW * A_FEW_TIMES


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_seeded_bug_is_found(
    rage: Rage, true: Report, mutant: str, publish: Publish
) -> None:
    words = ("--seed", SEED_OF_MUTANTS, "--run", FEW, "--kills", FEW * A_FEW_TIMES)
    report = rage(*words, "--mutant", mutant)
    told = "\n".join(report.lines())
    publish(told)
    assert report.findings, told
    assert report.crashes == []
    kinds = {finding.kind for finding in report.findings}
    assert MUTANTS[mutant].shows_as <= kinds, told
    assert {run.seed for run in report.runs} <= {run.seed for run in true.runs}
