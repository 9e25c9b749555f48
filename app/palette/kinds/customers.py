"""Customers: one, by exactly one identity of theirs."""

from __future__ import annotations

from collections.abc import Iterator

from app.i18n import N_, _
from app.palette import Asked, Target

ORDER = 80
TITLE = N_("Customers")


def targets(asked: Asked) -> Iterator[Target]:
    """One line, which the browser offers for whatever reads as an identity."""
    if asked.user.may("see_customers"):
        yield Target(_("Find the customer: {words}", words="{words}"), act="customer:")
