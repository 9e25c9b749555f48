"""Taking away what is shown: a table as CSV or XLSX, a chart as PNG or SVG.

The buttons act in the browser (``assets/takeaway.js``): it sends the table it shows to
``POST /api/v1/takeaway``, and plotly draws the pictures.  Beside them stands the choice of
columns (``assets/table_columns.js``), where there is one.
"""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app.components.icons import icon
from app.i18n import _


def takeaway(name: str, title: str, *, picture: bool = False, columns: bool = False) -> Component:
    """The buttons for the table or the chart inside the element of id ``name``.

    `columns`: of a table of :mod:`app.components.table` or a grid, whose columns can be chosen.
    """
    files = [("csv", _("CSV"), _("Download as CSV: {title}", title=title)),
             ("xlsx", _("XLSX"), _("Download as XLSX: {title}", title=title))]  # fmt: skip
    pictures = [("png", _("PNG"), _("Save as PNG: {title}", title=title)),
                ("svg", _("SVG"), _("Save as SVG: {title}", title=title))]  # fmt: skip
    buttons = [
        html.Button(
            short, type="button", className="vg-take", title=words,
            **{"data-take": form, "data-of": name, "aria-label": words},
        )
        for form, short, words in [*(pictures if picture else ()), *files]
    ]  # fmt: skip
    wrong = _("That could not be saved: reload the page and try again.")
    choosing = [_chooser(name, title)] if columns else []
    return html.Span(
        [
            *choosing,
            icon("download", size=14),
            *buttons,
            html.Span(role="status", className="vg-take-said"),
        ],
        className="vg-takeaway",
        role="group",
        **{"aria-label": _("Take away"), "data-wrong": wrong},
    )


def _chooser(name: str, title: str) -> Component:
    """Opens the list of columns of what is inside the element of id ``name``."""
    words = _("Choose columns: {title}", title=title)
    return html.Button(
        icon("columns", size=14), type="button", className="vg-take vg-choose-columns",
        title=words, **{"data-columns": name, "aria-label": words},
    )  # fmt: skip
