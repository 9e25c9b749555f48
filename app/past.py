"""Looking back: the house as it was at a moment, for whatever reads a house.

``?as_of=2026-11-20T14:00`` on a page, or the header that its browser sends along, says which
moment (:mod:`app.travel`).  What hides the tables of then is found by name: a module ending in
``shadows.py``, the floors in their order.
"""

from __future__ import annotations

import importlib
from datetime import datetime
from functools import cache
from pathlib import Path

from app.bootstrap import FLOORS, House, store_of
from ingest.shadow import Moment, Shadow, as_it_was
from kpis.intervals import day_of

#: So many moments are kept ready; whoever looks at another one waits a moment longer.
_KEPT = 8


@cache
def shadows() -> tuple[Shadow, ...]:
    """What hides every table, in the order of the floors."""
    root = Path(__file__).parent.parent
    found: list[Shadow] = []
    for floor in FLOORS:
        for path in sorted((root / floor).rglob("*shadows.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            found += importlib.import_module(name).SHADOWS
    return tuple(found)


def house_at(house: House, then: datetime) -> House:
    """The house at that moment: nothing can be changed in it.  Dispose of its engine."""
    settings = house.settings
    moment = Moment(then, day_of(then, settings.tz)[1])
    database = as_it_was(house.database, moment, shadows())
    return House(settings, database, store_of(database, settings))
