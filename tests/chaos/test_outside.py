"""The chaos' own parts: a world that tells everything, a checker that misses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.connector import Source
from ingest.errors import Fatal
from ingest.events import Event
from ingest.failpoint import Trap
from tests.chaos.checking import Row, compared
from tests.chaos.outside import JsonLines, Overlapping, written
from tests.chaos.report import Report, Run
from tests.chaos.story import Story, is_late, story

REPOSITORY = Path(__file__).parent.parent.parent
SOURCE = Source("line", "overlapping")


def spoilt(seed: int = 1) -> Story:
    return story(seed, "line", 60, spoilt=True)


def test_a_seed_tells_the_same_story_and_another_seed_another_one() -> None:
    assert spoilt(1) == spoilt(1)
    assert spoilt(1) != spoilt(2)


def test_the_pulled_source_overlaps_and_reorders_and_in_the_end_has_told_everything() -> None:
    told, world = spoilt(), Overlapping(1, [spoilt()])
    cursor, heard, reordered, more = None, [], 0, True
    while more:
        page = world.pull(SOURCE, cursor)
        assert page == world.pull(SOURCE, cursor)
        positions = [told.records.index(one) for one in page.parsed]
        reordered += positions != sorted(positions)
        heard += page.parsed
        cursor, more = page.cursor, page.more
    assert cursor == world.end("line")
    assert all(one in heard for one in told.records)
    assert len(heard) > len(told.records)
    assert reordered > 3


def test_another_content_under_a_known_id_is_never_told_first() -> None:
    told = spoilt()
    late = [one for one in told.records if is_late(one)]
    assert late
    for one in late:
        assert isinstance(one, Event)
        first = told.truth()[one.contact_id, one.event_id]
        assert told.records.index(first) < told.records.index(one)


def test_the_files_overlap_and_together_tell_everything(tmp_path: Path) -> None:
    told = story(1, "files", 60, revised=True)
    paths = written(told, tmp_path, 1)
    heard = [one for path in paths for one in JsonLines().read(path, SOURCE)]
    assert len(paths) > 2
    assert len(heard) > len(told.records)
    assert all(one in heard for one in told.records)


def test_the_checker_tells_lost_duplicated_and_differing_apart() -> None:
    stored = [("same", 1), ("twice", 2), ("twice", 2), ("other", 3), ("too many", 4)]
    expected: dict[Row, Row] = {
        ("same",): (1,),
        ("twice",): (2,),
        ("other",): (5,),
        ("gone",): (6,),
    }
    findings = list(compared("t", ["cell"], stored, expected))
    assert sorted(str(each) for each in findings) == [
        "differing: t other cell: 3 instead of 5",
        "duplicated: t too many: is there, and should not be",
        "duplicated: t twice: is there, and should not be",
        "lost: t gone: should be there, and is not",
    ]


def test_a_report_says_what_was_killed_and_what_was_found() -> None:
    (finding,) = compared("events", ["cell"], [], {("e1",): (1,)})
    found = Run(
        seed=7, victims={"worker": 4, "postgres": 1}, causes={"booked": 5}, inside=3,
        events=1200, received=2000, seconds=2.0, findings=[finding], crashes=["loader: boom"],
    )  # fmt: skip
    report = Report([found], seconds=2.0)
    assert not report.is_good
    assert "\n".join(report.lines()) == (
        "5 kills in 2 s (2.5 a second), 3 inside a transaction, seeds 7 to 7\n"
        "  killed: worker 4, postgres 1\n"
        "  when: booked 5\n"
        "  1,200 events, told 2,000 times\n"
        "  lost / duplicated / differing: 1 / 0 / 0; crashes: 1\n"
        "  seed 7: 1 findings after 5 kills\n"
        "    lost: events e1: should be there, and is not\n"
        "  1 × loader: boom"
    )


def test_a_fail_point_of_the_environment_ends_the_process_the_n_th_time() -> None:
    script = (
        "from ingest.failpoint import reach\n"
        "for time in (1, 2, 3): reach('staged'), reach('locked'), print(time, flush=True)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True,
        env=os.environ | {"VIGIE_FAILPOINT": "locked:2"}, check=False,
    )  # fmt: skip
    assert (ended.stdout, ended.returncode) == ("1\n", -signal.SIGKILL)


@pytest.mark.parametrize("words", ["nowhere", "staged:0", "staged:two", ":1"])
def test_a_trap_that_could_never_snap_is_refused(words: str) -> None:
    with pytest.raises(Fatal, match="write one of pulled"):
        Trap(words)


@pytest.mark.parametrize(
    "words", [("--kills", "-1"), ("--kills", "many"), ("--run", "0"), ("--mutant", "none")]
)
def test_wrong_words_are_refused_before_anything_is_started(words: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "tests.chaos", *words]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert words[0] in done.stderr.splitlines()[-1]
