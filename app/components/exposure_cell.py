"""The small editor that opens at a cell of the matrix: a reason, a duration, then the state.

One press opens it (``assets/switching.js``), the second is the state itself: it applies at once.
"""

from __future__ import annotations

from uuid import uuid4

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app import labels
from app.components.exposure_form import emergency
from app.components.exposure_words import STATE_ICONS
from app.components.icons import icon
from app.i18n import _

NAME = "cell"
#: Minutes; «0» is until somebody changes it.
_DURATIONS = ("15", "30", "60", "120", "240")


def cell_editor() -> Component:
    """Hidden until a cell is pressed; what it is about is in the store ``cell-at``."""
    title = html.Div(
        [
            html.Strong(id="cell-title"),
            html.Button(icon("cross", size=14), type="button", className="vg-close",
                        **{"data-close": "cell", "aria-label": _("Close this")}),
        ],
        className="vg-cell-head",
    )  # fmt: skip
    body = [
        title,
        html.Div(id="cell-now", className="vg-quiet vg-small"),
        _why(),
        _duration(),
        _states(),
        emergency(NAME),
        html.Div(id=f"{NAME}-answer", className="vg-said", role="status"),
    ]
    return html.Div(
        [
            html.Div(body, className="vg-form"),
            dcc.Store(id="cell-at"),
            dcc.Store(id="cell-key", data=uuid4().hex),
        ],
        id="cell-editor",
        className="vg-popover",
        role="dialog",
        hidden=True,
        **{"aria-labelledby": "cell-title", "data-may-act": NAME},
    )


def _why() -> Component:
    return dmc.TextInput(
        id=f"{NAME}-why",
        label=_("Why"),
        placeholder=_("Phone overloaded, wait above 6 min"),
        withAsterisk=True,
        value="",
        inputProps={"maxLength": 500, "autoComplete": "off"},
    )


def _duration() -> Component:
    label = html.Div(_("For"), id="cell-minutes-label", className="vg-radio-label")
    control = dmc.SegmentedControl(
        id=f"{NAME}-minutes",
        data=[{"value": minutes, "label": _short(int(minutes))} for minutes in _DURATIONS],
        value="60",
        fullWidth=True,
        size="xs",
        **{"aria-labelledby": "cell-minutes-label"},
    )
    return html.Div([label, control])


def _short(minutes: int) -> str:
    if minutes < 60:
        return _("{count} min", count=minutes)
    return _("{count} h", count=minutes // 60)


def _states() -> Component:
    label = html.Div(_("Set to"), id="cell-states-label", className="vg-radio-label")
    buttons = [
        html.Button(
            [icon(STATE_ICONS[state], size=14), labels.state(state)],
            id=f"{NAME}-{state}",
            type="button",
            className="vg-set",
            **{"data-state": state},
        )
        for state in labels.states()
    ]
    row = html.Div(buttons, className="vg-sets", role="group",
                   **{"aria-labelledby": "cell-states-label"})  # fmt: skip
    return html.Div([label, row])
