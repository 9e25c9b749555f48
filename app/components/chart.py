"""A chart: a Plotly figure in the colours of the page, its numbers as a table, its downloads.

Pure: data in, component out.  The figure is plain traces and layout as Plotly knows them.
Colours are written as ``var(--vg-series-1)`` and follow the theme; a trace says with
``"format"`` how its values are read (``percent``, ``duration``, ``integer``), an axis too; a
point's ``customdata`` is the row of the table whose link it leads to, else its own number.
Drawn by ``assets/chart.js``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from dash import html
from dash.development.base_component import Component

from app import libraries
from app.components.panel import Children, panel
from app.components.table import Table, folded
from app.components.takeaway import takeaway
from app.i18n import _

#: Told apart by people who see fewer colours, in both themes (``assets/chart.css``).
SERIES = tuple(f"var(--vg-series-{number})" for number in range(1, 7))
QUIET = "var(--vg-line-strong)"


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure and what stands for it: `told` in one sentence, `table` number by number."""

    name: str
    title: str
    told: str
    traces: Sequence[Mapping[str, object]]
    table: Table
    layout: Mapping[str, object] = field(default_factory=dict)
    height: int = 280

    @property
    def empty(self) -> bool:
        """Is there nothing to draw?"""
        return not self.table.rows


def chart(shown: Chart) -> Component:
    """The figure and its table; what to do where there is nothing to draw."""
    if shown.empty:
        return nothing()
    figure = msgspec.json.encode({"data": shown.traces, "layout": shown.layout}).decode()
    plot = html.Div(
        className="vg-plot",
        role="img",
        style={"height": f"{shown.height}px"},
        **{"aria-label": shown.told, "data-figure": figure, **charts_follow()},
    )
    return html.Div([plot, folded(shown.table)], className="vg-chart")


def chart_panel(shown: Chart, *, note: Children = None) -> Component:
    """A panel of the chart's name with its downloads in the head; `note` says how to read it."""
    lead = html.P(note, className="vg-quiet vg-small vg-chart-note") if note else None
    body = [part for part in (lead, chart(shown)) if part is not None]
    aside = None if shown.empty else takeaway(shown.name, shown.title, picture=True)
    return panel(shown.title, body, name=shown.name, aside=aside)


def charts_follow() -> dict[str, str]:
    """Attributes of the place where charts will come: the browser gets Plotly meanwhile."""
    return {"data-plotly": libraries.address(libraries.CHARTS)}


def nothing() -> Component:
    """Said where no contact fits: what to do, never an empty figure."""
    words = _("No contact fits this choice: choose a longer period or fewer filters.")
    return html.P(words, className="vg-empty vg-chart-empty")
