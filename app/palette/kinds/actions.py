"""Actions: what can be done on a page, as the page declares it."""

from __future__ import annotations

from collections.abc import Iterator

from app.discovery import pages
from app.i18n import N_, _
from app.palette import Asked, Target

ORDER = 20
TITLE = N_("On this page")


def targets(asked: Asked) -> Iterator[Target]:
    """Every action of every page; the browser offers those whose place is on the screen."""
    for page in pages():
        for action in page.actions:
            yield Target(_(action.title), act=f"press:{action.press}", more=_(page.title))
