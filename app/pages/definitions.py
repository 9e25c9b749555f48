"""Definitions: what every number means, who is in its denominator, and a worked example."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app.components.definition import definition, formulas
from app.components.panel import page_head
from app.i18n import N_, _, spoken
from kpis.catalogue import catalogue, families

PATH = "/definitions"
TITLE = N_("Definitions")
ORDER = 90


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
        _("One definition for screen, export and API. No denominator: no value, shown «–»."),
    )
    return html.Div([head, formulas({}, known["service_level"].example.counts), *parts])
