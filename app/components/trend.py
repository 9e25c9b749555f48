"""Offered contacts per quarter hour, today against the same day last week."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from app.components.panel import panel
from app.i18n import _

#: Transparent and without colours of its own: ``assets/trend.js`` takes them from the page.
_EMPTY = {
    "data": [],
    "layout": {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 34, "r": 6, "t": 6, "b": 24},
        "showlegend": False,
        "hovermode": "x unified",
        "height": 196,
        "xaxis": {"visible": True, "showgrid": False, "zeroline": False, "showticklabels": False},
        "yaxis": {"visible": True, "showgrid": False, "zeroline": False, "showticklabels": False},
    },
}


def trend() -> Component:
    """The panel with an empty figure; the browser fills it from ``trend.*``."""
    figure = dcc.Graph(
        id="trend-figure",
        figure=_EMPTY,
        config={"displayModeBar": False, "responsive": True},
        className="vg-trend-figure",
    )
    body = html.Div(figure, className="vg-trend", role="img", **{
        "aria-label": _("Offered contacts per quarter hour: today and last week")})  # fmt: skip
    legend = [
        html.Span(_("Today"), className="vg-key-today"),
        html.Span(_("Last week"), className="vg-key-last"),
    ]
    title = _("Offered per quarter hour")
    return panel(title, body, name="trend", aside=html.Span(legend, className="vg-keys"))
