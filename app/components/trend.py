"""Offered contacts per quarter hour, today against the same weekday of the last four weeks."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app.components.chart import charts_follow
from app.components.panel import panel
from app.components.takeaway import takeaway
from app.i18n import _


def trend() -> Component:
    """The panel with an empty figure; the browser fills it from ``trend.*``."""
    figure = html.Div(id="trend-figure", className="vg-trend-figure", **charts_follow())
    told = _("Offered contacts per quarter hour: today, last week, and the same weekday of the "
             "last four weeks from the least to the most")  # fmt: skip
    drawn = html.Div(figure, className="vg-trend", role="img", **{"aria-label": told})
    legend = [
        html.Span(_("Today"), className="vg-key-today"),
        html.Span(_("Last week"), className="vg-key-last"),
        html.Span(_("Same weekday, last 4"), className="vg-key-four"),
    ]
    title = _("Offered per quarter hour")
    aside = [html.Span(legend, className="vg-keys"), takeaway("trend", title, picture=True)]
    return panel(title, [drawn, _as_a_table(title)], name="trend", aside=aside)


def _as_a_table(title: str) -> Component:
    """The same numbers, which the browser writes while it is open."""
    names = [_("Quarter hour"), _("Today"), _("Last week"), _("Least of 4"), _("Most of 4")]
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in names]))
    rows = html.Tbody(**{"data-trend-rows": ""})
    place = html.Div(
        html.Table([head, rows], className="vg-table", **{"aria-label": title}),
        className="vg-trend-table", tabIndex="0", role="region", **{"aria-label": title},
    )  # fmt: skip
    return html.Details([html.Summary(_("Show as a table")), place], className="vg-alternative")
