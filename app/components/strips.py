"""One line of quality a channel, live and written in the same words; drawn by the browser."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app.components.live import listing
from app.components.panel import panel
from app.components.takeaway import takeaway
from app.i18n import _, spoken
from kpis.catalogue import catalogue


def strips() -> Component:
    """The panel: its head here, its rows from the feed's ``channels``."""
    columns = [
        html.Span(_("Channel"), role="columnheader"),
        html.Span(_("Quality of service"), role="columnheader"),
        _column("promise", _("Promise")),
        _column("delay", _("Mean delay"), mean_delay()),
        _column("waits", _("Waiting")),
        _column("oldest", _("Oldest")),
        _column("offered", *_words("offered")),
        _column("answered", *_words("answered")),
    ]
    head = html.Div(columns, className="vg-strip vg-strip-head", role="row")
    rows = listing("channels", className="vg-strip-rows", empty="")
    rows.role = "rowgroup"
    table = html.Div(
        [html.Div(head, role="rowgroup"), rows],
        className="vg-strips",
        role="table",
        **{"aria-labelledby": "channels-title"},
    )
    note = _("one promise for calls and for mail: answered in time")
    title = _("Quality of service by channel")
    aside = [note, takeaway("channels", title)]
    return panel(title, table, name="channels", aside=aside, className="vg-flush")


def mean_delay() -> str:
    """What the delay of a line is: two KPIs, one for each way of waiting."""
    known = catalogue()
    return _(
        "Live channels: {asa}. Written ones: {first}.",
        asa=spoken(known["asa_s"].labels),
        first=spoken(known["first_response_s"].labels),
    )


def _words(key: str) -> tuple[str, str]:
    """A KPI's name and definition."""
    kpi = catalogue()[key]
    return spoken(kpi.labels), spoken(kpi.definition)


def _column(name: str, label: str, definition: str | None = None) -> Component:
    return html.Span(
        label,
        title=definition,
        className=f"vg-strip-cell vg-strip-{name}",
        role="columnheader",
        **{"data-column": name},
    )
