"""`vigie` itself: whatever goes wrong below it is one line and an exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import Vigie

HUGE = str(10**23)
DEFINED = [sys.executable, "-m", "app.cli", "--help"]


@pytest.mark.parametrize(
    "words",
    [
        ("quarantine", "show", HUGE),
        ("exposure", "revert", HUGE),
        ("exposure", "history", "--switch", HUGE),
        ("kpis", "--from", "2024-03-04", "--to", "2024-03-05", "--where", f"hour={HUGE}"),
    ],
)
def test_a_number_that_no_column_holds_is_wrong_use(vigie: Vigie, words: tuple[str, ...]) -> None:
    answer = vigie(*words)
    assert (answer.code, answer.out) == (2, "")
    assert "a number out of range" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(("format", "said"), [("csv", ""), ("json", "[]\n")])
def test_no_rows_are_no_record(vigie: Vigie, format: str, said: str) -> None:
    assert vigie("user", "list", "--format", format) == (0, said, "")


def test_a_full_disk_behind_stdout_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(DEFINED, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == ("vigie: what it prints cannot be written: No space left on device\n")


def test_nobody_has_to_read_what_it_prints() -> None:
    closed = f"exec {sys.executable} -m app.cli --help >&-"
    ended = subprocess.run(["sh", "-c", closed], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    piped = f"{sys.executable} -m app.cli --help | head -1"
    ended = subprocess.run(["sh", "-c", piped], capture_output=True, text=True, check=False)
    assert ended.stderr == ""
