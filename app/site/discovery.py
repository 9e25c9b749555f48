"""Finding the parts: one file of ``app/setting_parts/`` each, no list to edit."""

from __future__ import annotations

from functools import cache

from app.errors import NotFound
from app.modules import modules
from app.site.part import Part


@cache
def parts() -> tuple[Part, ...]:
    """Every part, in the order of the page.  Raises ValueError where two have one key."""
    found = sorted((m.PART for m in modules("app.setting_parts")), key=lambda one: one.order)
    keys = [one.key for one in found]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"two setting parts are called {', '.join(sorted(twice))}")
    return tuple(found)


def part_named(key: str | None) -> Part:
    """The part.  Raises NotFound, naming those that there are."""
    for part in parts():
        if part.key == key:
            return part
    known = ", ".join(part.key for part in parts())
    raise NotFound(f"no setting «{(key or '')[:40]}»; there are: {known}")
