"""What the waiting user sees on stderr: a bar at a terminal, a line a step elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar


class Progress:
    """Steps with a name and, where it is known, how far they are."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._terminal = console.is_terminal
        self._bar = Bar(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
            console=console, transient=True, disable=not self._terminal,
        )  # fmt: skip
        self._step = self._bar.add_task("", total=None)

    def says(self, step: str) -> None:
        """A step begins; how long it takes is not known yet."""
        self._bar.update(self._step, description=step, total=None)
        if not self._terminal:
            print(f"vigie: {step}", file=sys.stderr, flush=True)

    def share(self, done: float) -> None:
        """So much of the step is done, 0 to 1."""
        self._bar.update(self._step, completed=done, total=1.0)

    def close(self) -> None:
        """Leave the terminal as it was; harmless when repeated."""
        self._bar.stop()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
