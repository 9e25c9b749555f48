"""Room on the disk where VIGIE_HOME is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.doctor import Finding, Patient

ORDER = 30
GIB = 1 << 30
#: Below this the database soon stops; below that it is time to look.
LEAST, LITTLE = 1 * GIB, 5 * GIB


def check(patient: Patient) -> Iterator[Finding]:
    """Free bytes, and whether we may write there."""
    home = patient.settings.home
    place = _there(home)
    free = shutil.disk_usage(place).free
    seen = f"{free / GIB:.1f} GiB free in {home}"
    if not os.access(place, os.W_OK):
        todo = f"let this user write in {place}, or set VIGIE_HOME to another folder"
        yield Finding("disk", "ill", f"{place} cannot be written to", todo)
    elif free < LEAST:
        yield Finding("disk", "ill", seen, "make room, or move VIGIE_HOME to a larger disk")
    elif free < LITTLE:
        yield Finding("disk", "look", seen, "make room before it is full")
    else:
        yield Finding("disk", "well", seen)


def _there(home: Path) -> Path:
    """The folder, or the first one above it that exists."""
    return next(path for path in (home, *home.absolute().parents) if path.exists())
