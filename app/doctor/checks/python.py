"""The Python that runs, and what is installed beside it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version

from app.doctor import Finding, Patient

ORDER = 10
OLDEST = (3, 11)


def check(patient: Patient) -> Iterator[Finding]:
    """Too old a Python is ill."""
    seen = f"Python {platform.python_version()}, Vigie {version('vigie')}"
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        yield Finding("python", "ill", seen, f"install Python {wanted} or later, then Vigie again")
    else:
        yield Finding("python", "well", seen)
