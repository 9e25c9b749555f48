"""Tables of KPIs: the dimensions, the KPIs people read, then every other of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app import labels
from app.i18n import N_, _, spoken
from app.reports.model import Cell, Chart, Column, Table
from kpis.catalogue import catalogue
from kpis.kpi import Number
from kpis.series import KpiRow

#: What people look at first, in that order.
MAIN = (
    "offered", "answered", "abandoned", "answer_rate", "service_level", "async_service_level",
    "asa_s", "wait_p90_s", "aht_s",
)  # fmt: skip
#: What becomes of the offered, whole: the parts of the bars.
OUTCOMES = ("answered", "abandoned", "flowed_out", "deflected", "still_open")


def kpi_columns(main: Sequence[str] = MAIN, *, every: bool = True) -> tuple[Column, ...]:
    """The main KPIs, then the others of the catalogue (`every`) for files."""
    others = [key for key in catalogue() if key not in main] if every else []
    return tuple(_kpi(key, main=key in main) for key in (*main, *others))


def by_dimension(
    key: str,
    title: str,
    dimensions: Sequence[str],
    rows: Sequence[KpiRow],
    total: dict[str, Number | None],
    *,
    main: Sequence[str] = MAIN,
    every: bool = True,
    chart: str = "",
    note: str = "",
) -> Table:
    """One row a group, the total below; no row where no source tells them apart.

    `chart`: what a drawing of it shows; without, nothing is drawn.
    """
    told = rows if any(row.by[dimensions[-1]] is not None for row in rows) else []
    named = tuple(dimension(one, rows) for one in dimensions)
    kpis = kpi_columns(main, every=every)
    blank: tuple[Cell, ...] = tuple(None for _dimension in dimensions)
    return Table(
        key=key,
        title=title,
        columns=(*named, *kpis),
        rows=tuple((*row.by.values(), *values(row.kpis, kpis)) for row in told),
        total=(*blank, *values(total, kpis)) if total else None,
        note=note,
        empty=_("No source tells it.") if rows else _("No contact arrived in this period."),
        chart=Chart(x=dimensions[-1], stacked=OUTCOMES, words=chart) if chart else None,
    )


def values(kpis: dict[str, Number | None], columns: Iterable[Column]) -> tuple[Cell, ...]:
    """The values under these columns of KPIs."""
    return tuple(kpis.get(column.key) for column in columns)


def dimension(key: str, rows: Iterable[KpiRow]) -> Column:
    """A dimension's column, with the reader's words for the names that came."""
    found = {str(row.by[key]) for row in rows if row.by.get(key) is not None}
    words = _WORDS.get(key)
    return Column(
        key=key,
        label=_(_TITLES[key]),
        names={} if words is None else {name: words(name) for name in sorted(found)},
        nothing=_("not told"),
    )


def _kpi(key: str, *, main: bool) -> Column:
    kpi = catalogue()[key]
    return Column(key=key, label=spoken(kpi.labels), kind=kpi.unit, main=main)


_WORDS = {"channel": labels.channel, "reason": labels.reason, "segment": labels.segment}
_TITLES = {
    "channel": N_("Channel"),
    "queue": N_("Queue"),
    "reason": N_("Reason"),
    "segment": N_("Segment"),
    "site": N_("Site"),
    "source": N_("Source"),
}
