"""The closing identity: whatever was offered is somewhere, to the unit."""

from __future__ import annotations

from app.i18n import _
from app.reports.desk import Desk
from app.reports.model import Column, Section, Table
from app.reports.tables import OUTCOMES, dimension, kpi_columns, values
from kpis.kpi import Number

ORDER = 110


def section(desk: Desk) -> Section:
    """offered = answered + abandoned + flowed out + deflected + still open, channel by channel."""
    rows = desk.rows("channel")
    total = desk.total()
    kpis = kpi_columns(("offered", *OUTCOMES), every=False)
    difference = Column(key="difference", label=_("Difference"), kind="count")
    table = Table(
        key="identity",
        title=_("Closing identity"),
        columns=(dimension("channel", rows), *kpis, difference),
        rows=tuple((row.by["channel"], *values(row.kpis, kpis), gap(row.kpis)) for row in rows),
        total=(None, *values(total, kpis), gap(total)),
        empty=_("No contact arrived in this period."),
    )
    return Section(
        key="identity", title=_("Closing identity"), note=_words(gap(total)), tables=(table,)
    )


def gap(kpis: dict[str, Number | None]) -> int:
    """Contacts of which nobody knows what became of them: 0, or something is wrong."""
    parts = sum(int(kpis.get(key) or 0) for key in OUTCOMES)
    return int(kpis.get("offered") or 0) - parts


def _words(difference: int) -> str:
    rule = _("Offered = answered + abandoned + flowed out + deflected + still open.")
    verdict = _("It does not hold: tell your administrator.") if difference else _("It holds.")
    return f"{rule} {verdict}"
