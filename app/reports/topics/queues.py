"""Per queue of each channel."""

from __future__ import annotations

from app.i18n import _
from app.reports.desk import Desk
from app.reports.model import Section
from app.reports.tables import by_dimension

ORDER = 40


def section(desk: Desk) -> Section:
    """One row a queue."""
    rows = desk.rows("channel", "queue")
    table = by_dimension("queues", _("Queues"), ("channel", "queue"), rows, desk.total())
    return Section(key="queues", title=_("Queues"), tables=(table,))
