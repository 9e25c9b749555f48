"""Tallies: all that was counted under a query, however many statements it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress

from ingest.asking import Later, Question
from kpis.columns import Columns, Group
from kpis.together import Placed


class Tallies:
    """What subjects count: columns that are there, and those that are still to be asked for.

    `waits`: whether anybody reads them one by one, which costs as much as all else.
    """

    def __init__(self, *, waits: bool = True) -> None:
        self.waits = waits
        self._there: list[Columns] = []
        self._later: list[Later[Columns]] = []

    def add(self, counted: Later[Columns] | Columns) -> None:
        """Count these too."""
        if isinstance(counted, Columns):
            self._there.append(counted)
        else:
            self._later.append(counted)

    @property
    def questions(self) -> list[Question]:
        """What has to be asked before anything can be read."""
        return [question for later in self._later for question in later.questions]

    @property
    def columns(self) -> list[Columns]:
        """All that was counted.  Raises IngestError before it was asked."""
        self._there += [later.told() for later in self._later]
        self._later.clear()
        return self._there

    def groups(self) -> dict[Group, None]:
        """Those in which anything was counted: a cell of zeros only is no cell."""
        found: dict[Group, None] = {}
        for each in self.columns:
            some = each.told().tolist()
            found |= dict.fromkeys(compress(each.groups, some))
        return found

    def placed(self, lines: Mapping[Group, Sequence[int]]) -> list[Placed]:
        """What was counted, under the lines of its group."""
        return [Placed.of(each, lines) for each in self.columns if each.groups]
