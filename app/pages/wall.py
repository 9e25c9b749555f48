"""Wall: the room's screen.  Large, no controls, turns from view to view, for days.

``/wall?view=overview,queues&rotate=20&language=fr&theme=dark``: the views in turn (all of them
unless told), seconds for each (0: the first stays).  Logged in as a viewer it stays logged in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from dash import html
from dash.development.base_component import Component

from app.components.browser_words import browser_words
from app.components.wall_views import VIEWS, foot, head, held, stale, view
from app.context import current_house
from app.errors import WrongUse
from app.i18n import N_

PATH = "/wall"
TITLE = N_("Wall")
ORDER = 90
ICON = "screen"
PAST = ""
#: What draws it, in order; ``wall.css`` is its own.
BARE = ("as_of", "format", "live", "notes", "rows", "strips", "standstill", "switches", "wall")

#: Seconds that a view stays.
ROTATE_S, FASTEST_S, SLOWEST_S = 20, 5, 3600


def layout(asked: Mapping[str, str] = MappingProxyType({})) -> Component:
    """The screen as its address asks for it.  Raises WrongUse."""
    views, rotate_s = _views(asked), _rotate_s(asked)
    shown = [view(name, hidden=name != views[0]) for name in views]
    told = {
        "data-words": json.dumps(browser_words()),
        "data-zone": current_house().settings.zone,
        "data-wall": "",
        "data-rotate": str(rotate_s),
    }
    main = html.Main([head(views), *shown, foot()], id="content", className="vg-wall-main")
    return html.Div([stale(), held(), main], id="vigie-shell", className="vg-wall", **told)


def _views(asked: Mapping[str, str]) -> tuple[str, ...]:
    """The views in turn, each once."""
    words = [word.strip() for word in asked.get("view", "").split(",") if word.strip()]
    if unknown := [word for word in words if word not in VIEWS]:
        raise WrongUse(f"no view «{unknown[0][:40]}»: there are {', '.join(VIEWS)}")
    return tuple(dict.fromkeys(words)) or tuple(VIEWS)


def _rotate_s(asked: Mapping[str, str]) -> int:
    word = asked.get("rotate", str(ROTATE_S))
    seconds = int(word) if word.isascii() and word.isdigit() and len(word) < 6 else -1
    if seconds != 0 and not FASTEST_S <= seconds <= SLOWEST_S:
        raise WrongUse(f"rotate={word[:20]}: seconds from {FASTEST_S} to {SLOWEST_S}, or 0 to stay")
    return seconds
