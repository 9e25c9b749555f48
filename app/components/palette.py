"""The command palette and the help: two dialogs of the frame (``assets/palette.js``, ``help.js``).

What the palette offers comes from ``GET /api/v1/palette`` (:mod:`app.palette`).
"""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from app.components.icons import icon
from app.components.standstill import KEYS as HOLD_KEYS
from app.i18n import N_, _

LIST, HINT = "vigie-palette-list", "vigie-palette-hint"
#: What is pressed, and what it does.
SHORTCUTS: tuple[tuple[tuple[str, ...], str], ...] = (
    ((N_("Ctrl"), "K"), N_("Go anywhere, do anything: the command palette (⌘ K on a Mac)")),
    (("?",), N_("This help")),
    HOLD_KEYS,
    ((N_("Tab"),), N_("To the next link, button or field; the first one skips to the content")),
    (("↑", "↓"), N_("Up and down in a list, a table or the palette")),
    ((N_("Enter"),), N_("Open or do what has the focus")),
    ((N_("Esc"),), N_("Close what is open; the focus goes back to where it was")),
)


def palette_button() -> Component:
    """Opens the palette; says which keys do."""
    return html.Button(
        [
            icon("search"),
            html.Span(_("Go to…"), className="vg-palette-word"),
            html.Kbd(_("Ctrl K"), className="vg-palette-keys", **{"data-mac": "⌘ K"}),
        ],
        id="vigie-palette-open",
        type="button",
        className="vg-palette-open",
        **{
            "aria-label": _("Command palette: go to a page, a channel, a customer…"),
            "aria-haspopup": "dialog",
            "aria-keyshortcuts": "Control+K Meta+K",
        },
    )


def help_button() -> Component:
    """Opens the help."""
    return html.Button(
        icon("help"), id="vigie-help", type="button", className="vg-help-open",
        title=_("Help"), **{"aria-label": _("Help"), "aria-haspopup": "dialog"},
    )  # fmt: skip


def palette_dialog() -> Component:
    """One field and the list under it; the rows are the browser's."""
    field = html.Div(
        [icon("search"), _field()],
        className="vg-palette-field",
    )
    found = html.Div(
        id=LIST, className="vg-palette-list", role="listbox", **{"aria-label": _("What is found")}
    )
    said = html.Div(id="vigie-palette-said", className="vg-palette-said", role="status")
    hint = html.P(
        _("↑ ↓ to choose, Enter to go, Esc to close"), id=HINT, className="vg-palette-hint"
    )
    return html.Dialog(
        [field, found, said, hint],
        id="vigie-palette",
        className="vg-palette",
        **{"aria-label": _("Command palette")},
    )


def _field() -> Component:
    """A place for the field: the browser makes it, so that React leaves its value alone."""
    return html.Span(
        id="vigie-palette-field",
        **{
            "data-controls": LIST,
            "data-hint": HINT,
            "data-label": _("Go to a page, a channel, a queue, a figure, a customer…"),
        },
    )


def help_dialog() -> Component:
    """Keys, the tour, where things are explained."""
    rows = [_shortcut(keys, words) for keys, words in SHORTCUTS]
    links = [
        html.A(_("What every number means"), href="/definitions", **{"data-inside": ""}),
        html.A(_("The API"), href="/docs", target="_blank"),
    ]
    tour = html.Button(
        [icon("eye", size=15), _("Take the tour")], type="button", className="vg-act",
        id="vigie-tour-again",
    )  # fmt: skip
    single = html.Label(
        [html.Span(id="vigie-single-keys"), _("“?” alone opens this help")], className="vg-single"
    )
    return html.Dialog(
        [
            _head(_("Help")),
            html.Dl(rows, className="vg-shortcuts"),
            single,
            html.Div([tour, *links], className="vg-help-more"),
        ],
        id="vigie-help-dialog",
        className="vg-dialog",
        **{"aria-labelledby": "vigie-help-title"},
    )


def _head(title: str) -> Component:
    close = html.Button(
        icon("cross"), type="button", className="vg-close",
        **{"data-close-dialog": "", "aria-label": _("Close this")},
    )  # fmt: skip
    return html.Div([html.H2(title, id="vigie-help-title"), close], className="vg-dialog-head")


def _shortcut(keys: Sequence[str], words: str) -> Component:
    return html.Div([html.Dt([html.Kbd(_(key)) for key in keys]), html.Dd(_(words))])
