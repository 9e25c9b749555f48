"""Per reason of contact."""

from __future__ import annotations

from app.i18n import _
from app.reports.desk import Desk
from app.reports.model import Section
from app.reports.tables import by_dimension

ORDER = 50


def section(desk: Desk) -> Section:
    """One row a reason."""
    rows = desk.rows("reason")
    table = by_dimension("reasons", _("Reasons"), ("reason",), rows, desk.total())
    return Section(key="reasons", title=_("Reasons"), tables=(table,))
