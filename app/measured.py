"""Reads, measured: the median of many, and what of it this process worked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING

from app.printing import Format, print_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

#: Reads before any is measured: statements are prepared (after five), planned for all values
#: (after five more), and pages are in memory then.
WARM = 12

Read = Callable[["Connection"], object]


@dataclass(slots=True)
class Timing:
    """Milliseconds of each read, and of each the processor time of this process."""

    taken: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)

    @property
    def ms(self) -> float:
        """The median."""
        return round(median(self.taken), 3)

    @property
    def p95_ms(self) -> float:
        """Nineteen in twenty took no longer."""
        return round(quantiles(self.taken, n=20)[-1] if len(self.taken) > 1 else self.ms, 3)

    @property
    def python_ms(self) -> float:
        """The median of what this process worked; on a quiet machine the rest is the database."""
        return round(median(self.own), 3)


def timed_reads(engine: Engine, read: Read, times: int) -> Timing:
    """So many reads, each in a snapshot of its own, as the product does."""
    from kpis.snapshot import snapshot

    timing = Timing()
    for number in range(-WARM, times):
        started, worked = time.perf_counter(), time.process_time()
        with snapshot(engine) as connection:
            read(connection)
        taken, own = time.perf_counter() - started, time.process_time() - worked
        if number >= 0:
            timing.taken.append(taken * 1000)
            timing.own.append(own * 1000)
    return timing


def print_figures(figures: Mapping[str, object], format: Format) -> None:
    """One object in JSON, else one row."""
    if format is Format.json:
        print(json.dumps(figures))
    else:
        print_rows([figures], format)
