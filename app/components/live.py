"""Places the browser fills by itself, from the live feed (``assets/live.js``)."""

from __future__ import annotations

from typing import Literal

from dash import html
from dash.development.base_component import Component

from app.i18n import NOTHING

Format = Literal["integer", "percent", "duration", "decimal", "clock", "formula", "text"]


def live(path: str, form: Format, *, className: str = "") -> Component:
    """The value of one live cell, shown as ``form``; «–» until it is known."""
    return html.Span(
        NOTHING,
        className=f"vg-live {className}".strip(),
        **{"data-live": path, "data-format": form},
    )


def verdict(path: str, thresholds: tuple[float, float]) -> Component:
    """An icon and a word: how the cell stands against (worth a look, bad).  Never colour alone."""
    look, bad = thresholds
    return html.Span(
        className="vg-verdict",
        **{"data-verdict": path, "data-look": str(look), "data-bad": str(bad)},
    )


def listing(name: str, *, className: str = "", empty: str = "") -> Component:
    """A list the browser draws from the feed's list ``name`` (``assets/rows.js``)."""
    return html.Div(empty, className=className, **{"data-list": name})
