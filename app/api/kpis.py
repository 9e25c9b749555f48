"""``/api/v1/kpis``: the KPIs of a stretch of time, and what each of them means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.guard import Viewer
from app.context import HouseDep
from kpis.catalogue import catalogue, families
from kpis.kpi import Kpi, english
from kpis.question import Question
from kpis.series import compute
from kpis.service_level import DEFAULT, FORMULAS, ServiceLevelFormula
from kpis.snapshot import snapshot
from kpis.windows import DEFAULT_DAYS

router = APIRouter(tags=["kpis"])


@router.get("/kpis", response_class=Response)
def kpis(
    house: HouseDep,
    _user: Viewer,
    from_: Annotated[str, Query(alias="from", description="a date or date-time in the zone")],
    to: Annotated[str, Query(description="the first instant that is not in it")],
    by: Annotated[str, Query(description="dimensions, with commas between")] = "",
    where: Annotated[list[str], Query(description="dimension=value, each")] = [],  # noqa: B006
    grain: Annotated[str, Query(description="15min, hour, day or total")] = "total",
    zone: Annotated[str | None, Query(description="IANA time zone; else the site's")] = None,
    service_level_formula: str = DEFAULT,
    target_seconds: int | None = None,
    repeat_window: Annotated[int, Query(description="1, 2, 7, 14 or 30 days")] = DEFAULT_DAYS,
    same_reason: Annotated[bool, Query(description="a repeat is for the same reason")] = False,
    same_channel: Annotated[bool, Query(description="a repeat is on the same channel")] = False,
) -> Response:
    """One object a group and interval: from, to, the dimensions, then every KPI by its key.

    Rates are fractions, durations seconds; null where there is no denominator.
    """
    question = Question(
        from_=_unspaced(from_),
        to=_unspaced(to),
        by=by,
        where=tuple(where),
        grain=grain,
        zone=house.settings.zone if zone is None else zone,
        service_level_formula=service_level_formula,
        target_seconds=target_seconds,
        repeat_window=repeat_window,
        same_reason=same_reason,
        same_channel=same_channel,
    )
    query = question.query(datetime.now(UTC))
    with snapshot(house.database.engine) as connection:
        rows = compute(connection, query)
    return _json([row.flat() for row in rows])


def _unspaced(moment: str) -> str:
    """A + of an address that nobody wrote as %2B has become a space: 10:00:00 02:00."""
    return moment.replace(" ", "+") if "T" in moment else moment


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
