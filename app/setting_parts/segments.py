"""Segments: which customers there are, as the site calls them."""

from __future__ import annotations

from app.i18n import N_
from app.site.word_part import word_part

PART = word_part(
    "segments", N_("Segments"), N_("Kinds of customers: names, order, what is retired."), 30
)
