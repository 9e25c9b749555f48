"""Definitions: what every number means, who is in its denominator, and a worked example."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

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
    return html.Div([head, formulas(_today(), known["service_level"].example.counts), *parts])


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
