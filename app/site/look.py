"""What the page of settings looks at, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass

from app.filters import pairs
from app.site.discovery import parts
from app.site.part import Part

#: What the address says instead of a row's place.
NEW = "new"


@dataclass(frozen=True, slots=True)
class Look:
    """A part; the place of the row to change, or a `new` one to set."""

    part: Part
    row: int | None = None
    new: bool = False

    @property
    def changes(self) -> bool:
        """Is there a form to fill?"""
        return self.new or self.row is not None

    @classmethod
    def of(cls, search: str | None) -> Look:
        """The first part where the address names none that there is."""
        told = dict(pairs(search))
        known = {part.key: part for part in parts()}
        row = told.get("row", "")
        number = int(row) if row.isascii() and row.isdigit() and len(row) < 6 else None
        return cls(known.get(told.get("part", ""), parts()[0]), number, row == NEW)
