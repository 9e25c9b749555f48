"""How far the searching suites go: a part of the way each time, all of it with ``--long``."""

from __future__ import annotations

import os
from typing import Any

import pytest

#: Set by ``--long`` for this process and those it starts.
_LONG = "VIGIE_TESTS_LONG"


def go_far() -> None:
    """From here on every suite goes all the way."""
    os.environ[_LONG] = "1"


def extent(ordinary: int, long: int) -> int:
    """How many trials: `long` where ``--long`` was asked for."""
    return long if os.environ.get(_LONG) else ordinary


def first_of(*cases: Any) -> list[Any]:
    """The cases of a parameter: the first each time, the others with ``--long``."""
    first, *others = cases
    return [first, *(pytest.param(case, marks=pytest.mark.long) for case in others)]
