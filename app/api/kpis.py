"""``/api/v1/kpis``: the KPIs of a stretch of time, and what each of them means."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access import journal
from app.access.guard import Viewer
from app.answers import Schema, answers, described
from app.asked import Asked
from app.context import HouseDep
from app.drill import CONTACTS, contacts_of
from app.present import current_moment
from kpis.beside import beside
from kpis.catalogue import catalogue, families
from kpis.contacts import can_drill
from kpis.few import of_enough
from kpis.kpi import Direction, Kpi, Number, Unit, english
from kpis.series import compute
from kpis.service_level import DEFAULT, FORMULAS, ServiceLevelFormula
from kpis.snapshot import snapshot

router = APIRouter(tags=["kpis"])


#: The same words in each language.
Spoken = dict[str, str]
_MOMENT: Schema = {"type": "string", "format": "date-time"}


def _rows() -> Schema:
    """The schema of the rows: what every one of them has; dimensions and what was asked for
    beside come on top.
    """
    kpis = {
        kpi.key: {"type": ["number", "null"], "description": english(kpi.definition)}
        for kpi in catalogue().values()
    }
    properties = {
        "from": _MOMENT, "to": _MOMENT, **kpis, "contacts": {"type": ["string", "null"]},
    }  # fmt: skip
    row = {"type": "object", "required": list(properties), "properties": properties}
    return {"type": "array", "items": row}


@router.get("/kpis", response_class=Response, responses=described(_rows()))
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


class WorkedExample(msgspec.Struct, frozen=True):
    """Counts by their letters, and what the formula makes of them."""

    counts: dict[str, int]
    value: Number


class Definition(msgspec.Struct, frozen=True):
    """A KPI: what it is called, what it means, and where its contacts are."""

    key: str
    family: str
    labels: Spoken
    unit: Unit
    direction: Direction
    formula: str
    definition: Spoken
    caveats: Spoken | None
    modalities: tuple[str, ...]
    live: bool
    thresholds: list[float] | None
    example: WorkedExample
    contacts: str | None


class Formula(msgspec.Struct, frozen=True):
    """One way to reckon a service level."""

    id: str
    labels: Spoken
    formula: str
    used_by: str
    default: bool


class Definitions(msgspec.Struct, frozen=True):
    """All that is reckoned here."""

    families: dict[str, Spoken]
    kpis: list[Definition]
    service_level_formulas: list[Formula]


@router.get("/kpis/definitions", response_class=Response, responses=answers(Definitions))
def definitions(_user: Viewer) -> Response:
    """Every KPI with labels, formula, unit, definition and worked example; every formula of the
    service level.
    """
    return _json(
        Definitions(
            families={key: dict(family.labels) for key, family in families().items()},
            kpis=[_definition(kpi) for kpi in catalogue().values()],
            service_level_formulas=[_formula(formula) for formula in FORMULAS.values()],
        )
    )


def _definition(kpi: Kpi) -> Definition:
    example = kpi.example
    return Definition(
        key=kpi.key,
        family=kpi.family,
        labels=dict(kpi.labels),
        unit=kpi.unit,
        direction=kpi.direction,
        formula=english(kpi.formula),
        definition=dict(kpi.definition),
        caveats=None if kpi.caveats is None else dict(kpi.caveats),
        modalities=kpi.modalities,
        live=kpi.live,
        thresholds=None if kpi.thresholds is None else list(kpi.thresholds),
        example=WorkedExample(dict(example.counts), example.value),
        contacts=f"{CONTACTS}?kpi={kpi.key}" if can_drill(kpi) else None,
    )


def _formula(formula: ServiceLevelFormula) -> Formula:
    return Formula(
        id=formula.id,
        labels=dict(formula.labels),
        formula=formula.formula,
        used_by=english(formula.used_by),
        default=formula.id == DEFAULT,
    )


def _json(document: object) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
