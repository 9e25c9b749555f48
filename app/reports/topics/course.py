"""The course of the period: interval by interval, over all channels and by channel."""

from __future__ import annotations

from collections.abc import Sequence

from app.i18n import _
from app.reports.desk import Desk
from app.reports.model import Chart, Column, Kind, Section, Table
from app.reports.tables import MAIN, OUTCOMES, dimension, kpi_columns, values

ORDER = 20


def section(desk: Desk) -> Section:
    """On paper by the hour (or day), in files also by the quarter (or hour) and by channel."""
    period = desk.asked.period
    return Section(
        key="course",
        title=_("Course"),
        note=_clocks(desk),
        tables=(
            _table(desk, period.coarse, printed=True),
            _table(desk, period.fine, printed=False),
            _by_channel(desk, period.coarse),
        ),
    )


def _table(desk: Desk, grain: str, *, printed: bool) -> Table:
    rows = desk.rows(grain=grain)
    kpis = kpi_columns(MAIN)
    words = _("Contacts by arrival and what became of them; the line is the service level")
    return Table(
        key=f"by_{grain}",
        title=_title(grain),
        columns=(*_times(desk, grain), *kpis),
        rows=tuple((row.start, row.end, *values(row.kpis, kpis)) for row in rows),
        total=(None, None, *values(desk.total(), kpis)),
        empty=_("Nothing of this period has begun yet."),
        chart=Chart(x="from", stacked=OUTCOMES, line="service_level", words=words),
        printed=printed,
    )


def _by_channel(desk: Desk, grain: str) -> Table:
    """Only where a contact came: a channel that opened at noon begins at noon."""
    rows = desk.rows("channel", grain=grain)
    kpis = kpi_columns(MAIN)
    return Table(
        key=f"channels_by_{grain}",
        title=_("{table} by channel", table=_title(grain)),
        columns=(*_times(desk, grain), dimension("channel", rows), *kpis),
        rows=tuple(
            (row.start, row.end, row.by["channel"], *values(row.kpis, kpis)) for row in rows
        ),
        empty=_("No contact arrived in this period."),
        printed=False,
    )


def _times(desk: Desk, grain: str) -> Sequence[Column]:
    inside: Kind = "clock" if desk.asked.period.days == 1 else "moment"
    kind: Kind = "day" if grain == "day" else inside
    return (
        Column(key="from", label=_("From"), kind=kind),
        Column(key="to", label=_("To"), kind=kind, main=False),
    )


def _title(grain: str) -> str:
    return {"15min": _("Quarter hours"), "hour": _("Hours")}.get(grain, _("Days"))


def _clocks(desk: Desk) -> str:
    """What readers of a day with 23 or 25 hours should know."""
    period = desk.asked.period
    hours = (period.span.end - period.span.start).total_seconds() / 3600
    extra = hours - 24 * period.days
    if not extra:
        return ""
    if extra < 0:
        return _("The clocks went forward: this period is {hours} h shorter.", hours=f"{-extra:g}")
    return _("The clocks went back: this period is {hours} h longer.", hours=f"{extra:g}")
