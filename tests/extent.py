"""How far the searching suites go: a part of the way each time, all of it with ``--long``."""

from __future__ import annotations

import os

#: Set by ``--long`` for this process and those it starts.
_LONG = "VIGIE_TESTS_LONG"


def go_far() -> None:
    """From here on every suite goes all the way."""
    os.environ[_LONG] = "1"


def extent(ordinary: int, long: int) -> int:
    """How many trials: `long` where ``--long`` was asked for."""
    return long if os.environ.get(_LONG) else ordinary
