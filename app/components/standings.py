"""How every source stands, a row each; drawn by the browser (``assets/standings.js``)."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app.components.live import listing
from app.components.panel import panel
from app.components.takeaway import takeaway
from app.i18n import _


def standings() -> Component:
    """The panel: its head here, its rows from the feed's ``sources``."""
    columns = [
        _column("name", _("Source")),
        _column("state", _("State")),
        _column("last", _("Last event")),
        _column("pace", _("Pace")),
        _column("ledger", _("Ledger of today (UTC)")),
    ]
    head = html.Div(columns, className="vg-standing vg-standing-head", role="row")
    rows = listing("sources", className="vg-standings")
    rows.id = "standings"
    rows.role = "rowgroup"
    table = html.Div(
        [html.Div(head, role="rowgroup"), rows],
        role="table",
        **{"aria-labelledby": "every-source-title"},
    )
    aside: list[Component | str] = [
        takeaway("every-source", _("Every source")),
        html.A(_("Quarantine"), href="/quarantine"),
    ]
    return panel(_("Every source"), table, name="every-source", aside=aside, className="vg-flush")


def _column(name: str, label: str) -> Component:
    return html.Span(label, role="columnheader", **{"data-column": name})
