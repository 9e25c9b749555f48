"""Figures: each KPI, to what it means."""

from __future__ import annotations

from collections.abc import Iterator

from app.i18n import N_, _, spoken
from app.palette import Asked, Target
from kpis.catalogue import catalogue

ORDER = 60
TITLE = N_("Figures")


def targets(asked: Asked) -> Iterator[Target]:
    """Every KPI of the catalogue."""
    more = _("definition")
    for key, kpi in catalogue().items():
        names = kpi.labels if isinstance(kpi.labels, str) else " ".join(kpi.labels.values())
        words = f"{key} {names} {kpi.formula}"
        yield Target(spoken(kpi.labels), to=f"/definitions#{key}", more=more, words=words)
