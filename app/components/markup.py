"""Markup: components of ``dash.html`` as the HTML they stand for, where no Dash runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TypeAlias

from dash.development.base_component import Component

Content: TypeAlias = "Component | str | int | float | Sequence[Content] | None"

_NAMES = {"className": "class", "htmlFor": "for"}
_TAGS = {"MapEl": "map", "ObjectEl": "object"}
#: They have no end.
_VOID = frozenset({"br", "hr", "img", "input"})
_UPPER = re.compile(r"[A-Z]")


def markup(content: Content) -> str:
    """The HTML of components, or of text, which goes in as text.

    Raises TypeError for a component that is more than HTML (Mantine, a grid, a figure).
    """
    if content is None:
        return ""
    if isinstance(content, Component):
        return _element(content)
    if isinstance(content, str | int | float):
        return escape(str(content))
    return "".join(map(markup, content))


def element_name(component: Component) -> str:
    """«div» of ``html.Div``; what Python has other words for is the element all the same."""
    name = str(component._type)
    return _TAGS.get(name, name.lower())


def _element(component: Component) -> str:
    told = component.to_plotly_json()
    if told["namespace"] != "dash_html_components":
        raise TypeError(f"{told['namespace']}.{told['type']} needs Dash: a bare page has none")
    tag = element_name(component)
    properties = dict(told["props"])
    inside = markup(properties.pop("children", None))
    attributes = "".join(_attribute(name, value) for name, value in properties.items())
    return f"<{tag}{attributes}>" + ("" if tag in _VOID else f"{inside}</{tag}>")


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    known = _NAMES.get(name, name.lower())
    if value is True:
        return f" {known}"
    text = _style(value) if isinstance(value, Mapping) else str(value)
    return f' {known}="{escape(text)}"'


def _style(rules: Mapping[str, object]) -> str:
    """{"inlineSize": "4px"} → «inline-size:4px»."""
    hyphened = (_UPPER.sub(lambda upper: f"-{upper[0].lower()}", name) for name in rules)
    return ";".join(f"{name}:{value}" for name, value in zip(hyphened, rules.values(), strict=True))
