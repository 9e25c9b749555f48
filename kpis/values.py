"""Values: every KPI of many lines at once; what reads the same is added up once."""

from __future__ import annotations

from kpis.catalogue import catalogue
from kpis.kpi import Number
from kpis.together import LineReadings, Made, listed, strict


def values(
    readings: LineReadings, live: LineReadings | None = None
) -> dict[str, list[Number | None]]:
    """Every KPI by key, in the order of the catalogue, line by line; those of the live state
    from `live`.
    """
    known = catalogue()
    made: dict[str, Made] = dict.fromkeys(known)
    with strict():
        for of_now, modalities, formulas in known.groups:
            reading = (live if of_now and live is not None else readings).of(modalities)
            made |= {key: reading.made(formula) for key, formula in formulas}
    return listed(made, readings.size)
