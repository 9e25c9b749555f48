"""Pages: each by its name."""

from __future__ import annotations

from collections.abc import Iterator

from app.discovery import pages
from app.i18n import N_, _
from app.palette import Asked, Target

ORDER = 10
TITLE = N_("Pages")


def targets(asked: Asked) -> Iterator[Target]:
    """Every page of their navigation; one without our frame opens beside this one."""
    for page in pages():
        if not asked.user.may(page.right):
            continue
        act = f"open:{page.path}" if page.bare else ""
        yield Target(_(page.title), to="" if act else page.path, act=act, words=page.name)
