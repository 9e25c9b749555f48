"""Definitions: what every number means, who is in its denominator, and a worked example."""

from __future__ import annotations

import asyncio

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from app import access
from app.callbacks import callback
from app.components.definition import definition, formulas
from app.components.panel import page_head
from app.context import current_house
from app.i18n import N_, _, spoken
from app.present import current_moment
from kpis.catalogue import catalogue, families
from kpis.intervals import day_of
from kpis.query import KpiQuery
from kpis.series import compute
from kpis.service_level import FORMULAS

PATH = "/definitions"
TITLE = N_("Definitions")
ORDER = 90
ICON = "book"
PAST = ""

#: Set by the live feed, at most so often (``assets/refresh.js``).
MOVED = "definitions-moved"
CALM_S = "60"


def layout() -> Component:
    """Every KPI of the catalogue by family, after the service-level formulas."""
    known = catalogue()
    parts: list[Component] = []
    for family in families().values():
        cards = [definition(known[kpi.key]) for kpi in family.kpis]
        parts.append(html.H2(spoken(family.labels), className="vg-family"))
        parts.append(html.Div(cards, className="vg-kpis"))
    head = page_head(
        _("Definitions"),
        _("One definition for screen, export and API. No denominator: no value, shown “–”."),
    )
    levels = html.Div(
        _levels(), id="definitions-levels", **{"data-refreshed": MOVED, "data-calm": CALM_S}
    )
    return html.Div([head, levels, *parts, dcc.Store(id=MOVED)])


@callback(
    Output("definitions-levels", "children"),
    Input("vigie-url", "search"),
    Input(MOVED, "data"),
    prevent_initial_call=True,
)
async def show(_search: str | None, _moved: object) -> Component:
    """Today's service levels again, when more has come in and when the day turns."""
    access.require("see")
    return await asyncio.to_thread(_levels)


def _levels() -> Component:
    return formulas(_today(), catalogue()["service_level"].example.counts)


def _today() -> dict[str, float | None]:
    """Today's service level over all channels, by formula."""
    house = current_house()
    zone, now = house.settings.tz, current_moment()
    start, end = day_of(now, zone)
    levels: dict[str, float | None] = {}
    with house.database.engine.connect() as connection:
        for formula in FORMULAS:
            query = KpiQuery(from_=start, to=end, now=now, zone=zone, service_level_formula=formula)
            rows = compute(connection, query)
            levels[formula] = rows[0].kpis["service_level"] if rows else None
    return levels
