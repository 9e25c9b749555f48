"""The KPIs: one file a family, found by discovery.

A family file has ``ORDER`` (its place), ``LABELS`` (its name in fr and en) and ``KPIS`` (its
declarations, in order).  Adding a KPI is one entry in one file: commands, API, board,
definitions and their tests loop over :func:`catalogue`.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, replace
from functools import cache

from kpis.errors import KpiError
from kpis.kpi import Kpi, Words
from kpis.subject import Rollup, Subject


@dataclass(frozen=True, slots=True)
class Family:
    """One file of this folder."""

    key: str
    labels: Words
    order: int
    kpis: tuple[Kpi, ...]


@cache
def families() -> dict[str, Family]:
    """Every family by key, in order."""
    found = [_family(module.name) for module in pkgutil.iter_modules(__path__)]
    return {family.key: family for family in sorted(found, key=lambda f: (f.order, f.key))}


@cache
def catalogue() -> dict[str, Kpi]:
    """Every KPI by key, in order.  Raises KpiError where two share a key."""
    found: dict[str, Kpi] = {}
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
