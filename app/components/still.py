"""Still: what no callback ever touches goes to the browser as markup, not as components.

Dash builds each component of a page with everything that it takes to change it later; of a page
of a thousand elements most never change, or are filled by ``assets/live.js``, and the first
picture waits for all of them.  So whatever of a layout consists of plain HTML alone is sent as
the HTML it stands for, and stands at once (``assets/still.js``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

from dash.development.base_component import Component

from app.components.markup import Content, element_name, markup

_HTML = "dash_html_components"


class Still(Component):  # type: ignore[misc]  # Dash is not typed
    """An element with its attributes as React knows them, and the HTML within."""

    _namespace, _type = "vigie", "Still"
    _prop_names = ("tag", "attributes", "html")
    _valid_wildcard_attributes: tuple[str, ...] = ()
    _children_props: tuple[str, ...] = ()
    _base_nodes: tuple[str, ...] = ()

    def __init__(self, tag: str, attributes: Mapping[str, object], html: str) -> None:
        # What Dash checks of a component that somebody writes down is right here by itself.
        self.tag, self.attributes, self.html = tag, attributes, html


def settled(drawn: Component, moving: Collection[str]) -> Component:
    """The same picture with what keeps still as markup; `moving`: ids that callbacks know."""
    return cast("Component", _Settling(moving).part(drawn))


class _Settling:
    def __init__(self, moving: Collection[str]) -> None:
        self._moving = moving

    def part(self, drawn: object) -> object:
        """A component, a text or several of them, settled."""
        if isinstance(drawn, list | tuple):
            return [self.part(each) for each in drawn]
        if not isinstance(drawn, Component) or isinstance(drawn, Still):
            return drawn
        if self._is_still(drawn):
            return _still(drawn) if _has_parts(drawn) else drawn
        for name in ("children", *drawn._children_props):
            if isinstance(inside := getattr(drawn, name, None), Component | list | tuple):
                setattr(drawn, name, self.part(inside))
        return drawn

    def _is_still(self, drawn: object) -> bool:
        if isinstance(drawn, list | tuple):
            return all(map(self._is_still, drawn))
        if not isinstance(drawn, Component):
            return True
        name = getattr(drawn, "id", "")
        known = isinstance(name, str) and name not in self._moving
        return (known and drawn._namespace == _HTML and not hasattr(drawn, "n_clicks")
                and self._is_still(getattr(drawn, "children", None)))  # fmt: skip


def _has_parts(drawn: Component) -> bool:
    """Is there anything to gain?"""
    inside = getattr(drawn, "children", None)
    return isinstance(inside, Component) or (isinstance(inside, list | tuple) and len(inside) > 0)


def _still(drawn: Component) -> Still:
    told = dict(drawn.to_plotly_json()["props"])
    inside = cast("Content", told.pop("children", None))
    # Looks are set by property (``assets/still.js``): the policy lets no attribute of that name in.
    # In a text there are no quotes any more.
    looks = markup(inside).replace(' style="', ' data-look="')
    return Still(element_name(drawn), told, looks)
