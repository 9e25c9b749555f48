"""``python -m tests.chaos --kills 2000``: the chaos alone, in a process that starts no threads."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec
import structlog

from ingest.connector import connectors
from tests.chaos.campaign import run
from tests.chaos.mutants import MUTANTS, Mutant
from tests.chaos.outside import Pushed
from tests.chaos.report import Report
from tests.chaos.server import Server
from tests.folders import fast_folder

#: The kills of one run, after which all is drained and checked.
A_RUN = 25


def main() -> int:
    """0 where nothing was lost, duplicated or different; 1 where something was."""
    words = _parser().parse_args()
    # What a process says of its dying database is no news here.
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    connectors()[Pushed.name] = Pushed()
    # Children are forked from here: what is warm and shared should stay so.
    gc.freeze()
    with ExitStack() as stack:
        home = words.home or stack.enter_context(fast_folder()) / "home"
        server = stack.enter_context(Server(home))
        report = campaign(server, words.mutant, words.seed, words.kills, words.run)
    if words.json:
        sys.stdout.buffer.write(msgspec.json.encode(report))
    else:
        print(*report.lines(), sep="\n")
    return 0 if report.is_good else 1


def campaign(server: Server, name: str | None, seed: int, kills: int, a_run: int) -> Report:
    """Runs with one seed after the other; a mutant's end at the first that finds it."""
    mutant = MUTANTS[name] if name else Mutant()
    began, runs = time.monotonic(), []
    for number, done in enumerate(range(0, max(kills, 1), a_run)):
        runs.append(run(server, mutant, seed + number, min(a_run, kills - done)))
        if name and not runs[-1].is_good:
            break
    return Report(runs, time.monotonic() - began, name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=_number, default=300, help="how many (300); 0: none")
    parser.add_argument("--run", type=_positive, default=A_RUN, help=f"kills a seed ({A_RUN})")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="a seeded bug to be found")
    parser.add_argument("--home", type=Path, help="use the embedded server of this home")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def _number(word: str) -> int:
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"«{word}» is no number")
    return int(word)


def _positive(word: str) -> int:
    if _number(word) == 0:
        raise argparse.ArgumentTypeError("above zero, please")
    return int(word)


if __name__ == "__main__":
    sys.exit(main())
