"""``vigie doctor``: is this installation well, and what is there to do where it is not?

One file a check in ``checks/``, found by discovery: ``ORDER`` and ``check(patient)``, which
tells what it found as any number of :class:`Finding`.  Nothing is changed, nothing migrated.  A
check that needs the database is not asked (``NEEDS_DATABASE``) where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from app.settings import Settings
    from ingest.database import Database

#: well: nothing to do · look: works, but somebody should know · ill: mend it.
State = Literal["well", "look", "ill"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, what was seen, what to do about it."""

    check: str
    state: State
    seen: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined; `database` is None where it cannot be used, `migrated` False where
    tables may be missing.
    """

    settings: Settings
    now: datetime
    database: Database | None = None
    migrated: bool = False


def examined(patient: Patient) -> Iterator[Finding]:
    """Every check in order, on a database as far as it is there."""
    from app.modules import modules

    for module in sorted(modules("app.doctor.checks"), key=lambda one: one.ORDER):
        if patient.migrated or not getattr(module, "NEEDS_DATABASE", False):
            yield from module.check(patient)
