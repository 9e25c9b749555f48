"""Reasons: what customers come for, as the site calls it."""

from __future__ import annotations

from app.i18n import N_
from app.site.word_part import word_part

PART = word_part(
    "reasons", N_("Reasons"), N_("Why customers contact: names, order, what is retired."), 20
)
