"""Large scripts that only some pages need: where they are, and that they come in time.

A page says in ``LIBRARIES`` which of them its first picture needs; the browser then fetches them
beside the frame.  Whatever page needs one later brings it itself (``assets/chart.js``,
``assets/grid.js``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import dash_ag_grid
from dash.fingerprint import build_fingerprint

from app import bundles

CHARTS, GRIDS = "charts", "grids"
#: Plotly with the few kinds of charts that are drawn here (``docs/decisions/charts.md``).
_PLOTLY = "vendor/plotly.min.js"


@cache
def addresses(library: str) -> tuple[str, ...]:
    """Its files; the first one brings the others."""
    if library == CHARTS:
        return (bundles.address(_PLOTLY),)
    return tuple(_of_grids(path) for path in ("dash_ag_grid.min.js", "async-community.js"))


def address(library: str) -> str:
    """Where it begins."""
    return addresses(library)[0]


def fetched(wanted: Iterable[str]) -> str:
    """Tags by which a browser fetches them beside the frame.

    Charts run as soon as the frame does, while their numbers are still being counted; grids once
    one is drawn.
    """
    tags = {
        CHARTS: '<script src="{}" defer></script>',
        GRIDS: '<link rel="preload" as="script" href="{}">',
    }
    return "".join(tags[name].format(file) for name in wanted for file in addresses(name))


def _of_grids(path: str) -> str:
    """The address by which the library finds its own other files."""
    changed = int((Path(dash_ag_grid.__file__).parent / path).stat().st_mtime)
    named = build_fingerprint(path, dash_ag_grid.__version__, changed)
    return f"/_dash-component-suites/dash_ag_grid/{named}"
