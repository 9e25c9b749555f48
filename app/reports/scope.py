"""The scope of a report: of which sites and channels it tells.  Of any other it holds nothing."""

from __future__ import annotations

import re
import unicodedata

import msgspec
from sqlalchemy import ColumnElement

from app import labels
from app.access.scopes import Scope
from app.errors import Forbidden
from app.i18n import _
from kpis.measures import ContactColumns

_SLUG_CHARS = 40


def key(scope: Scope) -> str:
    """The same text for the same scope."""
    return msgspec.json.encode(scope).decode()


def slug(scope: Scope) -> str:
    """What of it may stand in the name of a file: letters, digits and hyphens."""
    told = unicodedata.normalize("NFKD", " ".join((*(scope.sites or ()), *(scope.channels or ()))))
    plain = "".join(letter for letter in told.lower() if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_SLUG_CHARS].strip("-")


def told_of(scope: Scope, c: ContactColumns) -> list[ColumnElement[bool]]:
    """Which rows of contacts it holds."""
    named = ((c["site"], scope.sites), (c["channel"], scope.channels))
    return [column.in_(values) for column, values in named if values is not None]


def words(scope: Scope) -> str:
    """«Paris · Phone, Chat»; all of it: «everything»."""
    parts = (scope.sites or (), [labels.channel(one) for one in scope.channels or ()])
    return " · ".join(", ".join(names) for names in parts if names) or _("everything")


def bounded(wanted: Scope, own: Scope) -> Scope:
    """What is wanted, of which sites and channels somebody sees: what they did not name is all
    of theirs.  Raises Forbidden: they named another's.
    """
    found = Scope(
        own.sites if wanted.sites is None else wanted.sites,
        own.channels if wanted.channels is None else wanted.channels,
    )
    if not within(found, own):
        raise Forbidden(f"a report of {wanted.words()} is not yours: you see {own.words()}")
    return found


def within(inner: Scope, outer: Scope) -> bool:
    """Is all of it seen by whoever sees the other?"""
    pairs = ((inner.sites, outer.sites), (inner.channels, outer.channels))
    return all(
        seen is None or (names is not None and set(names) <= set(seen)) for names, seen in pairs
    )
