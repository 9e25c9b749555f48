"""The look: one ink blue, calm greys, three signal colours that always come with a word.

Mantine gets the palette here; everything else reads the variables of ``assets/base.css``.
"""

from __future__ import annotations

import dash_mantine_components as dmc
from dash.development.base_component import Component

_INK = [
    "#eef4fb", "#dae6f3", "#b3cce8", "#8ab0db", "#6a9ad1",
    "#568ccb", "#3f78bb", "#2f67a8", "#235892", "#17477a",
]  # fmt: skip
_DARK = [
    "#d8dde5", "#b9c1cc", "#97a1b0", "#667284", "#3a4453",
    "#2d3644", "#1f2630", "#161b23", "#11151c", "#0c1015",
]  # fmt: skip
_FONT = (
    "Inter, 'Segoe UI', system-ui, -apple-system, 'Helvetica Neue', Arial, "
    "'Liberation Sans', sans-serif"
)

_THEME: dict[str, object] = {
    "primaryColor": "ink",
    "primaryShade": {"light": 8, "dark": 6},
    "autoContrast": True,
    "luminanceThreshold": 0.3,
    "colors": {"ink": _INK, "dark": _DARK},
    "fontFamily": _FONT,
    "headings": {"fontFamily": _FONT, "fontWeight": "650"},
    "defaultRadius": "md",
    "fontSizes": {"xs": "12px", "sm": "13px", "md": "14px", "lg": "16px", "xl": "20px"},
    "components": {
        "Tooltip": {"defaultProps": {"withArrow": True, "openDelay": 200, "events": {
            "hover": True, "focus": True, "touch": True}}},
        "Select": {"defaultProps": {"size": "sm", "allowDeselect": False}},
        "Button": {"defaultProps": {"size": "sm"}},
    },
}  # fmt: skip


def themed(children: Component | list[Component]) -> Component:
    """The children inside the provider of our theme; the browser's own scheme until chosen."""
    return dmc.MantineProvider(children, theme=_THEME, defaultColorScheme="auto")
