"""Per site."""

from __future__ import annotations

from app.i18n import _
from app.reports.desk import Desk
from app.reports.model import Section
from app.reports.tables import by_dimension

ORDER = 70


def section(desk: Desk) -> Section:
    """One row a site."""
    rows = desk.rows("site")
    table = by_dimension("sites", _("Sites"), ("site",), rows, desk.total())
    return Section(key="sites", title=_("Sites"), tables=(table,))
