"""Per channel, against what is promised there and against the periods before."""

from __future__ import annotations

from collections.abc import Iterator

from app.i18n import _
from app.reports.asking import Beside
from app.reports.desk import Desk
from app.reports.model import Cell, Column, Section, Table
from app.reports.tables import by_dimension, dimension, kpi_columns
from kpis.promises import Promise
from kpis.series import KpiRow

ORDER = 30
#: The KPIs told of the periods before.
COMPARED = ("offered", "answer_rate")


def section(desk: Desk) -> Section:
    """Channel by channel; its promise; what it was before."""
    rows = desk.rows("channel")
    chart = _("What became of the contacts of each channel")
    table = by_dimension("channels", _("Channels"), ("channel",), rows, desk.total(), chart=chart)
    return Section(
        key="channels",
        title=_("Channels"),
        tables=(table, _promised(desk, rows), _compared(desk, rows)),
    )


def _promised(desk: Desk, rows: list[KpiRow]) -> Table:
    """What each channel reached of its goal."""
    columns = (
        dimension("channel", rows),
        Column(key="target_s", label=_("Answered within"), kind="seconds"),
        Column(key="goal", label=_("Goal"), kind="fraction"),
        Column(key="reached", label=_("Within target"), kind="fraction"),
        Column(key="verdict", label=_("Verdict"), names=_verdicts()),
    )
    lines = tuple(
        _line(row, desk.promises.of(str(row.by["channel"]), None))
        for row in rows
        if row.kpis["offered"]
    )
    return Table(
        key="goals",
        title=_("Goals per channel"),
        columns=columns,
        rows=lines,
        empty=_("No contact arrived in this period."),
    )


def _line(row: KpiRow, promise: Promise | None) -> tuple[Cell, ...]:
    value = reached(row)
    channel = row.by["channel"]
    if promise is None:
        return channel, None, None, value, None
    verdict = None if value is None else "met" if value >= promise.goal else "missed"
    return channel, promise.target_ms / 1000, promise.goal, value, verdict


def reached(row: KpiRow) -> float | None:
    """The share answered within target by the clock of the channel: live, else written."""
    live = row.kpis["service_level"]
    return live if live is not None else row.kpis["async_service_level"]


def _verdicts() -> dict[str, str]:
    return {"met": _("On target"), "missed": _("Below target")}


def _compared(desk: Desk, rows: list[KpiRow]) -> Table:
    """The same figures of the periods before, channel by channel."""
    besides = desk.asked.period.beside
    before = [_by_name(desk.rows("channel", span=beside.span)) for beside in besides]
    periods = [_by_name(rows), *before]
    names = sorted({name for found in periods for name in found}, key=desk.promises.position)
    everyone = [row for found in periods for row in found.values()]
    return Table(
        key="channels_before",
        title=_("Channels beside the periods before"),
        columns=(dimension("channel", everyone), *_columns(besides)),
        rows=tuple((name, *_cells(periods, name)) for name in names),
        empty=_("No contact arrived in these periods."),
    )


def _by_name(rows: list[KpiRow]) -> dict[str, KpiRow]:
    return {str(row.by["channel"]): row for row in rows}


def _columns(besides: tuple[Beside, ...]) -> Iterator[Column]:
    """Each figure now, then in each period before."""
    reached = Column(key="reached", label=_("Within target"), kind="fraction")
    for column in (*kpi_columns(COMPARED, every=False), reached):
        yield column
        for number, beside in enumerate(besides, start=1):
            label = _("{kpi}, {when}", kpi=column.label, when=_(beside.label))
            key = f"{column.key}_before_{number}"
            yield Column(key=key, label=label, kind=column.kind)


def _cells(periods: list[dict[str, KpiRow]], name: str) -> Iterator[Cell]:
    found = [period.get(name) for period in periods]
    for key in COMPARED:
        yield from (None if row is None else row.kpis[key] for row in found)
    yield from (None if row is None else reached(row) for row in found)
