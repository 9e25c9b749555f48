"""A titled panel and the head of a page: the same anatomy everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from dash import html
from dash.development.base_component import Component

Part: TypeAlias = "Component | str"
Children: TypeAlias = "Part | Sequence[Part] | None"


def panel(
    title: str, body: Children, *, name: str, aside: Children = None, className: str = ""
) -> Component:
    """A section with an h2; ``name`` is its id and what its heading is known by."""
    heading = html.H2(title, id=f"{name}-title", className="vg-panel-title")
    head = html.Div(
        [heading, html.Div(aside, className="vg-panel-aside")] if aside else [heading],
        className="vg-panel-head",
    )
    return html.Section(
        [head, html.Div(body, className="vg-panel-body")],
        id=name,
        className=f"vg-panel {className}".strip(),
        **{"aria-labelledby": f"{name}-title"},
    )


def page_head(title: str, note: Children = None, aside: Children = None) -> Component:
    """The page's only h1, a line that says what it is for, and what acts on all of it."""
    return html.Header(
        [
            html.Div([html.H1(title), html.P(note, className="vg-quiet") if note else None]),
            html.Div(aside, className="vg-page-aside") if aside else None,
        ],
        className="vg-page-head",
    )
