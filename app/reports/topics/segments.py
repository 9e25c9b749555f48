"""Per segment of customers."""

from __future__ import annotations

from app.i18n import _
from app.reports.desk import Desk
from app.reports.model import Section
from app.reports.tables import by_dimension

ORDER = 60


def section(desk: Desk) -> Section:
    """One row a segment."""
    rows = desk.rows("segment")
    table = by_dimension("segments", _("Segments"), ("segment",), rows, desk.total())
    return Section(key="segments", title=_("Segments"), tables=(table,))
