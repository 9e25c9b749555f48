"""Surfaces: where contact modes are offered, as the site calls it."""

from __future__ import annotations

from app.i18n import N_
from app.site.word_part import word_part

PART = word_part(
    "surfaces", N_("Surfaces"), N_("Where contact modes are offered: names, order."), 35
)
