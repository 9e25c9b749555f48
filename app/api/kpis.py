"""``/api/v1/kpis``: the KPIs of a stretch of time, and what each of them means."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access import journal
from app.access.guard import Viewer
from app.asked import Asked
from app.context import HouseDep
from app.drill import CONTACTS, contacts_of
from app.present import current_moment
from kpis.beside import beside
from kpis.catalogue import catalogue, families
from kpis.contacts import can_drill
from kpis.few import of_enough
from kpis.kpi import Kpi, english
from kpis.series import compute
from kpis.service_level import DEFAULT, FORMULAS, ServiceLevelFormula
from kpis.snapshot import snapshot

router = APIRouter(tags=["kpis"])


@router.get("/kpis", response_class=Response)
def kpis(
    house: HouseDep,
    user: Viewer,
    question: Asked,
    compare: Annotated[
        str | None, Query(description="a version of targets and formula: its number, or previous")
    ] = None,
    business_hours: Annotated[
        bool, Query(description="also response and resolution in business hours")
    ] = False,
) -> Response:
    """One object a group and interval: from, to, the dimensions, then every KPI by its key.

    Rates are fractions, durations seconds; null where there is no denominator.  `contacts` is
    the address of the contacts behind the row: add `&kpi=KEY`.  With `compare` the service
    levels under that version stand beside those that count now, each with its version.
    By agent it takes the right for it, names groups of five or more alone, and is logged.
    """
    asked = msgspec.structs.replace(question, agents=user.may("see_agents"))
    query = asked.query(current_moment())
    with snapshot(house.database.engine) as connection:
        rows = compute(connection, query)
        if query.agents:
            rows = of_enough(rows)
            journal.noted("figures by agent read", user=user.name, rows=len(rows))
        more = beside(connection, query, rows, compare=compare, business_hours=business_hours)
    # The contacts of one agent are not given out, so no address leads there.
    contacts = (lambda _row: None) if query.agents else contacts_of(question)
    pairs = zip(rows, more, strict=True)
    return _json([{**row.flat(), **told, "contacts": contacts(row)} for row, told in pairs])


@router.get("/kpis/definitions", response_class=Response)
def definitions(_user: Viewer) -> Response:
    """Every KPI with labels, formula, unit, definition and worked example; every formula of the
    service level.
    """
    return _json(
        {
            "families": {key: family.labels for key, family in families().items()},
            "kpis": [_definition(kpi) for kpi in catalogue().values()],
            "service_level_formulas": [_formula(formula) for formula in FORMULAS.values()],
        }
    )


def _definition(kpi: Kpi) -> dict[str, object]:
    example = kpi.example
    return {
        "key": kpi.key,
        "family": kpi.family,
        "labels": kpi.labels,
        "unit": kpi.unit,
        "direction": kpi.direction,
        "formula": english(kpi.formula),
        "definition": kpi.definition,
        "caveats": kpi.caveats,
        "modalities": kpi.modalities,
        "live": kpi.live,
        "thresholds": kpi.thresholds,
        "example": {"counts": example.counts, "value": example.value},
        "contacts": f"{CONTACTS}?kpi={kpi.key}" if can_drill(kpi) else None,
    }


def _formula(formula: ServiceLevelFormula) -> dict[str, object]:
    return {
        "id": formula.id,
        "labels": formula.labels,
        "formula": formula.formula,
        "used_by": english(formula.used_by),
        "default": formula.id == DEFAULT,
    }


def _json(document: object) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
