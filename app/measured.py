"""Reads, measured: the median of many, and what of it the database took."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from app.printing import Format, print_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

#: Reads before any is measured: statements are prepared, pages are in memory then.
WARM = 7

Read = Callable[["Connection"], object]


@dataclass(slots=True)
class Timing:
    """Milliseconds of each read; of each, how many statements and what they took."""

    taken: list[float] = field(default_factory=list)
    statements: list[list[float]] = field(default_factory=list)

    @property
    def ms(self) -> float:
        """The median."""
        return round(median(self.taken), 3)

    @property
    def p95_ms(self) -> float:
        """Nineteen in twenty took no longer."""
        return round(quantiles(self.taken, n=20)[-1] if len(self.taken) > 1 else self.ms, 3)

    @property
    def sql_ms(self) -> float:
        """The median of what the statements of a read took together."""
        return round(median(map(sum, self.statements)), 3)

    @property
    def many(self) -> int:
        """Statements a read."""
        return int(median(map(len, self.statements)))


def timed_reads(engine: Engine, read: Read, times: int) -> Timing:
    """So many reads, each in a snapshot of its own, as the product does."""
    from kpis.snapshot import snapshot

    timing = Timing()
    with _listening(engine) as statements:
        for number in range(-WARM, times):
            statements.clear()
            started = time.perf_counter()
            with snapshot(engine) as connection:
                read(connection)
            taken = (time.perf_counter() - started) * 1000
            if number >= 0:
                timing.taken.append(taken)
                timing.statements.append(list(statements))
    return timing


@contextmanager
def _listening(engine: Engine) -> Iterator[list[float]]:
    """Gives the milliseconds of each statement until it is cleared."""
    from sqlalchemy import event

    statements: list[float] = []
    begun: list[float] = []

    def before(*_: Any) -> None:
        begun.append(time.perf_counter())

    def after(*_: Any) -> None:
        statements.append((time.perf_counter() - begun.pop()) * 1000)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def print_figures(figures: Mapping[str, object], format: Format) -> None:
    """One object in JSON, else one row."""
    if format is Format.json:
        print(json.dumps(figures))
    else:
        print_rows([figures], format)
