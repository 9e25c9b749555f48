"""The period broken down by channel, queue, reason…: each row leads to the page of its own."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app.channel_look import BREAKDOWNS, FIGURES, Look
from app.channel_reading import Channels
from app.components.channel_trend import KINDS
from app.components.channel_words import dimension, part
from app.components.panel import panel
from app.components.table import Cell, Column, Table, table
from app.components.takeaway import takeaway
from app.components.vocabulary import Vocabulary
from app.filters import DIMENSIONS
from app.i18n import _, spoken
from kpis.catalogue import catalogue


def parts_panel(found: Channels, vocabulary: Vocabulary) -> Component:
    """The table, the busiest first, and by what else it could be broken down."""
    shown = parts_table(found, vocabulary)
    files = [takeaway("parts", shown.title, columns=True)] if shown.rows else []
    aside = html.Div([_choices(found.look), *files], className="vg-aside")
    return panel(shown.title, table(shown), name="parts", aside=aside, className="vg-flush")


def parts_table(found: Channels, vocabulary: Vocabulary) -> Table:
    """Every group that held a contact."""
    look = found.look
    kpis = [catalogue()[key] for key in dict.fromkeys([*FIGURES[:1], look.kpi.key, *FIGURES])]
    kpis = [kpi for kpi in kpis if any(row.kpis[kpi.key] is not None for row in found.parts)]
    told = [row for row in found.parts if any(row.kpis[kpi.key] for kpi in kpis)]
    rows = sorted(told, key=lambda row: -(row.kpis["offered"] or 0))
    cells: list[list[Cell]] = [
        [part(look.by, row.by[look.by], vocabulary), *(row.kpis[kpi.key] for kpi in kpis)]
        for row in rows
    ]
    title = _("By {dimension}", dimension=dimension(look.by).lower())
    columns = [Column(dimension(look.by)), *(
        Column(spoken(kpi.labels), KINDS[kpi.unit], bar=kpi.key == look.kpi.key == "service_level")
        for kpi in kpis
    )]  # fmt: skip
    return Table(f"vigie-by-{look.by}", title, columns, cells,
                 [_leads(look, row.by[look.by]) for row in rows])  # fmt: skip


def _leads(look: Look, value: object) -> str | None:
    """To the same page of that part; what cannot be filtered leads to its contacts."""
    if look.by in DIMENSIONS and value not in (None, ""):
        return look.href(**{look.by: str(value)})
    return look.contacts(cells={look.by: "" if value is None else value})


def _choices(look: Look) -> Component:
    """By what: links, for each is a view of its own."""
    links = [
        html.A(
            dimension(name), href=look.href(by=name), className="vg-by",
            **{"data-inside": "", **({"aria-current": "true"} if name == look.by else {})},
        )
        for name in BREAKDOWNS
    ]  # fmt: skip
    return html.Nav(links, className="vg-bys", **{"aria-label": _("Break down by")})
