"""The KPIs: one file a family, found by discovery.

A family file has ``ORDER`` (its place), ``LABELS`` (its name in fr and en) and ``KPIS`` (its
declarations, in order).  Adding a KPI is one entry in one file: commands, API, board,
definitions and their tests loop over :func:`catalogue`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain

from kpis.errors import KpiError
from kpis.kpi import Kpi, Number, Words
from kpis.parts import reads_waits
from kpis.reading import Reading
from kpis.subject import Rollup, Subject


@dataclass(frozen=True, slots=True)
class Family:
    """One file of this folder."""

    key: str
    labels: Words
    order: int
    kpis: tuple[Kpi, ...]


#: A KPI's key and formula.
Formula = tuple[str, Callable[[Reading], Number | None]]


class Catalogue(dict[str, Kpi]):
    """Every KPI by key, in order; never changed once made."""

    @cached_property
    def groups(self) -> tuple[tuple[bool, tuple[str, ...], tuple[Formula, ...]], ...]:
        """Those that read the same, together: (of the live state?, modalities, formulas)."""
        found: dict[tuple[bool, tuple[str, ...]], list[Formula]] = {}
        for key, kpi in self.items():
            found.setdefault((kpi.live, kpi.modalities), []).append((key, kpi.value))
        return tuple((*of, tuple(formulas)) for of, formulas in found.items())

    @cached_property
    def waited(self) -> tuple[str, ...]:
        """The modalities of whose contacts a formula reads the waits one by one."""
        found = (kpi.modalities for kpi in self.values() if reads_waits(kpi))
        return tuple(dict.fromkeys(chain.from_iterable(found)))


@cache
def families() -> dict[str, Family]:
    """Every family by key, in order."""
    found = [_family(module.name) for module in pkgutil.iter_modules(__path__)]
    return {family.key: family for family in sorted(found, key=lambda f: (f.order, f.key))}


@cache
def catalogue() -> Catalogue:
    """Every KPI by key, in order.  Raises KpiError where two share a key."""
    found = Catalogue()
    for family in families().values():
        for kpi in family.kpis:
            if kpi.key in found:
                raise KpiError(f"two KPIs are called «{kpi.key}»: rename one of them")
            found[kpi.key] = replace(kpi, family=family.key)
    return found


@cache
def subjects() -> tuple[Subject, ...]:
    """What the KPIs read, each once, in the order of the KPIs."""
    return tuple(dict.fromkeys(kpi.reads for kpi in catalogue().values()))


def rollups() -> tuple[Rollup, ...]:
    """Those of every subject."""
    return tuple(rollup for subject in subjects() for rollup in subject.rollups)


def _family(name: str) -> Family:
    module = importlib.import_module(f"{__name__}.{name}")
    return Family(name, module.LABELS, module.ORDER, tuple(module.KPIS))
