"""The ledger: what became of everything that was received."""

from __future__ import annotations

import msgspec


class Ledger(msgspec.Struct, frozen=True):
    """What became of what was received: received = new + duplicate + superseded + quarantined.

    `contacts` is how many contacts there are more than before (fewer, when a late fact joins two).
    """

    received: int = 0
    new: int = 0
    duplicate: int = 0
    superseded: int = 0
    quarantined: int = 0
    contacts: int = 0

    def __add__(self, other: Ledger) -> Ledger:
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return Ledger(*(mine + theirs for mine, theirs in pairs))
