"""Our mark: a lookout's beam over the horizon."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

#: SVG with two colours to fill in: the mast and its light.
MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<path d="M16 3 5 24h6l5-10 5 10h6z" fill="{ink}"/>'
    '<circle cx="16" cy="25.5" r="3.5" fill="{light}"/></svg>'
)


def logo() -> Component:
    """Mark and name, linking home; the drawing is a mask of ``assets/frame.css``."""
    return html.A(
        [html.Span(className="vg-mark", **{"aria-hidden": "true"}), html.Span("Vigie")],
        href="/",
        className="vg-logo",
    )
