"""Every queue with its live state and today's KPIs, in a grid that the browser feeds."""

from __future__ import annotations

import dash_ag_grid as dag
from dash import html
from dash.development.base_component import Component

from app.components.panel import panel
from app.components.strips import mean_delay
from app.components.takeaway import takeaway
from app.i18n import _, spoken
from kpis.catalogue import catalogue

_COLOURS = {
    "backgroundColor": "var(--vg-panel)",
    "foregroundColor": "var(--vg-ink)",
    "borderColor": "var(--vg-line)",
    "headerBackgroundColor": "var(--vg-panel)",
    "headerTextColor": "var(--vg-quiet)",
    "rowHoverColor": "var(--vg-sunk)",
    "accentColor": "var(--vg-accent)",
    "fontFamily": "inherit",
    "fontSize": "13px",
    "headerFontSize": "12px",
    "headerFontWeight": "500",
    "rowHeight": "34px",
    "headerHeight": "34px",
    "cellHorizontalPadding": "7px",
    "wrapperBorder": "false",
    "wrapperBorderRadius": "0",
    "columnBorder": "false",
    "headerColumnResizeHandleDisplay": "none",
}

_EVERY_COLUMN = {
    "resizable": True,
    "sortable": True,
    "wrapHeaderText": True,
    "autoHeaderHeight": True,
    "suppressHeaderMenuButton": True,
    "minWidth": 70,
    "flex": 1,
    # A number leads to its contacts (``assets/drill.js``).
    "cellRenderer": "VigieDrill",
}


def queues() -> Component:
    """The panel; rows come from the feed's ``queues``, kept by channel and queue."""
    grid = dag.AgGrid(
        id="queues-grid",
        columnDefs=_columns(),
        rowData=[],
        getRowId="params.data.key",
        defaultColDef=_EVERY_COLUMN,
        dashGridOptions={
            "theme": {"function": f"themeQuartz.withParams({_params()})"},
            "domLayout": "autoHeight",
            "animateRows": False,
            "suppressCellFocus": False,
            "tabToNextCell": {"function": "false"},
            "localeText": {"noRowsToShow": _("No queue has seen a contact today.")},
            "suppressScrollOnNewData": True,
        },
        style={"width": "100%", "height": None},
        className="vg-grid",
    )
    aside = takeaway("queues", _("Queues"), columns=True)
    return panel(_("Queues"), html.Div(grid), name="queues", aside=aside, className="vg-flush")


def _params() -> str:
    return "{" + ", ".join(f'{name}: "{value}"' for name, value in _COLOURS.items()) + "}"


def _columns() -> list[dict[str, object]]:
    return [
        _text("channel", _("Channel"), "vigieChannel") | {"minWidth": 94},
        _text("queue", _("Queue"), "vigieQueue") | {"minWidth": 112, "flex": 2},
        _number("waits", _("Waiting"), "vigieInteger") | {"sort": "desc", "minWidth": 88},
        _number("oldest", _("Oldest"), "vigieDuration") | {"minWidth": 72},
        _quality(),
        _promise(),
        _number("delay", _("Mean delay"), "vigieDuration") | {"headerTooltip": mean_delay()},
        _kpi("offered", "vigieInteger") | {"minWidth": 78},
        _kpi("answered", "vigieInteger") | {"minWidth": 78},
        _kpi("abandoned", "vigieInteger") | {"minWidth": 96},
        _kpi("answer_rate", "vigiePercent"),
    ]


def _text(field: str, title: str, form: str) -> dict[str, object]:
    return {
        "field": field,
        "headerName": title,
        "valueFormatter": {"function": f"{form}(params.value)"},
    }


def _number(field: str, title: str, form: str) -> dict[str, object]:
    kind = {"kind": form.removeprefix("vigie").lower()}
    return _text(field, title, form) | {"type": "rightAligned", "context": kind}


def _kpi(key: str, form: str) -> dict[str, object]:
    """The column of a KPI under its own name; its definition is the header's tooltip."""
    kpi = catalogue()[key]
    return _number(key, spoken(kpi.labels), form) | {"headerTooltip": spoken(kpi.definition)}


def _promise() -> dict[str, object]:
    """What the quality is measured against: «80 % within 20 s»."""
    return _text("promise", _("Promise"), "vigiePromise") | {
        "valueFormatter": {"function": "vigiePromise(params.data)"},
        "sortable": False,
        "minWidth": 126,
    }


def _quality() -> dict[str, object]:
    """Against the queue's own goal: a mark, a number and a colour."""
    rules = {
        f"vg-level-{level}": f"vigieLevel(params.value, params.data.goal) == '{level}'"
        for level in ("good", "near", "bad")
    }
    return _number("quality", _("Quality of service"), "vigiePercent") | {
        "valueFormatter": {"function": "vigieJudged(params.value, params.data.goal)"},
        "cellClassRules": rules,
        "minWidth": 92,
    }
