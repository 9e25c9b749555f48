"""The chosen figure over time, with the earlier period laid under it and the target across."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.channel_look import Look
from app.channel_reading import Channels
from app.components.channel_words import days, value
from app.components.chart import QUIET, SERIES, Chart
from app.components.table import Cell, Column, Kind, Table
from app.i18n import _, percent, spoken
from kpis.kpi import Kpi, Number
from kpis.series import KpiRow

#: How a unit is read by the browser.
KINDS: dict[str, Kind] = {
    "count": "integer", "fraction": "percent", "seconds": "duration", "money": "decimal",
    "number": "decimal",
}  # fmt: skip
#: With fewer points each is marked.
_FEW = 120
#: Days by their day, hours by the clock; never the month first.
_STOPS = [
    {"dtickrange": [None, 43_200_000], "value": "%H:%M"},
    {"dtickrange": [43_200_000, None], "value": "%-d %b"},
]
Trace = dict[str, object]


def trend_chart(found: Channels) -> Chart:
    """The line; intervals to come are not drawn, the running one is dotted."""
    look, kind = found.look, KINDS[found.look.kpi.unit]
    title = spoken(look.kpi.labels)
    return Chart(
        name="over-time",
        title=_("{figure} over time", figure=title),
        told=_told(found),
        traces=_traces(found),
        table=_table(found, kind),
        layout={
            "yaxis": _scale(look.kpi, kind),
            "xaxis": {"type": "date", "hoverformat": _hover(look), "tickformatstops": _STOPS},
            "shapes": _target_line(found), "annotations": _target_words(found),
        },
        height=300,
    )  # fmt: skip


def _traces(found: Channels) -> list[Trace]:
    look = found.look
    done, running = _split([(row, _number(row, look)) for row in found.shown.line], look.now)
    x = [_local(row.start, look.zone) for row in found.shown.line]
    drawn: Trace = {"type": "scatter", "format": KINDS[look.kpi.unit], "x": x}
    traces: list[Trace] = []
    if found.earlier is not None:
        traces.append(_before(found, drawn))
    mode = "lines+markers" if len(x) <= _FEW else "lines"
    now: Trace = {
        **drawn, "y": done, "name": days(look.shown, look.zone), "mode": mode,
        "line": {"color": SERIES[0], "width": 2.5}, "marker": {"size": 5},
    }  # fmt: skip
    if look.kpi.unit == "count":
        now |= {"fill": "tozeroy", "fillcolor": "var(--vg-series-1-soft)"}
    traces.append(now)
    if any(number is not None for number in running):
        dotted = {"color": SERIES[0], "width": 2, "dash": "dot"}
        traces.append({**drawn, "y": running, "name": _("still running"), "mode": mode,
                       "line": dotted, "marker": {"size": 5, "symbol": "circle-open"}})  # fmt: skip
    return traces


def _before(found: Channels, drawn: Trace) -> Trace:
    """The earlier period, under the same days."""
    assert found.look.earlier is not None
    before = _earlier(found)
    return {
        **drawn,
        "x": list(before),
        "y": list(before.values()),
        "name": days(found.look.earlier, found.look.zone),
        "mode": "lines",
        "line": {"color": SERIES[1], "width": 1.5, "dash": "dash"},
    }


def _number(row: KpiRow, look: Look) -> Number | None:
    """Nothing is known of an interval that has not begun."""
    return row.kpis[look.kpi.key] if row.start <= look.now else None


def _split(
    points: Sequence[tuple[KpiRow, Number | None]], now: datetime
) -> tuple[list[Number | None], list[Number | None]]:
    """What is over, and the last of it with what still runs: so the dotted part is joined."""
    over = [number if row.end <= now else None for row, number in points]
    last = max((at for at, (row, _number) in enumerate(points) if row.end <= now), default=-1)
    if not any(row.start <= now < row.end for row, _number in points):
        return over, [None] * len(points)
    return over, [number if at >= last else None for at, (_row, number) in enumerate(points)]


def _local(at: datetime, zone: ZoneInfo, later: timedelta = timedelta()) -> str:
    """As the site's clock shows it: the axis knows no zones."""
    return (at.astimezone(zone).replace(tzinfo=None) + later).strftime("%Y-%m-%dT%H:%M")


def _hover(look: Look) -> str:
    return "%a %-d %b" if look.grain == "day" else "%a %-d %b %H:%M"


def _scale(kpi: Kpi, kind: str) -> dict[str, object]:
    scale: dict[str, object] = {"rangemode": "tozero", "format": kind}
    if kpi.unit == "fraction":
        scale["tickformat"] = ".0%"
    return scale


def _goal(found: Channels) -> float | None:
    kpi = found.look.kpi
    if kpi.key in ("service_level", "async_service_level") and found.promise is not None:
        return found.promise.goal
    return None


def _target_line(found: Channels) -> list[dict[str, object]]:
    if (goal := _goal(found)) is None:
        return []
    line = {"color": QUIET, "width": 1.5, "dash": "dashdot"}
    return [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": goal, "y1": goal,
             "line": line}]  # fmt: skip


def _target_words(found: Channels) -> list[dict[str, object]]:
    if (goal := _goal(found)) is None:
        return []
    words = _("target {share}", share=percent(goal, 0))
    return [{"text": words, "xref": "paper", "x": 1, "xanchor": "right", "y": goal,
             "yanchor": "bottom", "showarrow": False, "bgcolor": "var(--vg-panel)"}]  # fmt: skip


def _told(found: Channels) -> str:
    """What a reader who cannot see the line is told."""
    kpi = found.look.kpi
    known = [number for row in found.shown.line if (number := _number(row, found.look)) is not None]
    if not known:
        return spoken(kpi.labels)
    return _(
        "{figure}, {days}: {low} to {high}, {total} in all. The table below has each value.",
        figure=spoken(kpi.labels),
        days=days(found.look.shown, found.look.zone),
        low=value(kpi, min(known)),
        high=value(kpi, max(known)),
        total=value(kpi, found.shown.total.kpis[kpi.key]),
    )  # fmt: skip


def _table(found: Channels, kind: Kind) -> Table:
    """Each interval that has begun; its link is to its contacts.  Empty where nothing is known."""
    look, figure = found.look, spoken(found.look.kpi.labels)
    rows = [row for row in found.shown.line if row.start <= look.now] if _any(found) else []
    columns = [Column(_("Begins"), "moment"), Column(figure, kind)]
    cells: list[list[Cell]] = [[_moment(row, look), _number(row, look)] for row in rows]
    if found.earlier is not None:
        columns.append(Column(_("{figure}, before", figure=figure), kind))
        before = _earlier(found)
        for row, line in zip(rows, cells, strict=True):
            line.append(before.get(_local(row.start, look.zone)))
    if look.kpi.key != "offered":
        columns.append(Column(_("Offered"), "integer"))
        for row, line in zip(rows, cells, strict=True):
            line.append(row.kpis["offered"])
    return Table(
        name=f"vigie-{look.kpi.key}",
        title=_("{figure} over time", figure=figure),
        columns=columns,
        rows=cells,
        links=[look.contacts(grain=look.grain, interval=row.start) for row in rows],
    )


def _earlier(found: Channels) -> dict[str, Number | None]:
    """The earlier period by the wall clock of the shown one, first day on first day: so a change
    of the clocks between them moves nothing."""
    look = found.look
    if found.earlier is None or look.earlier is None:
        return {}
    first, then = (at.start.astimezone(look.zone).replace(tzinfo=None)
                   for at in (look.shown, look.earlier))  # fmt: skip
    later = first - then
    line = found.earlier.line
    return {_local(row.start, look.zone, later): _number(row, look) for row in line}


def _any(found: Channels) -> bool:
    """Is there a single value to draw?"""
    lines = [found.shown.line, *([found.earlier.line] if found.earlier else [])]
    key = found.look.kpi.key
    return any(row.kpis["offered"] or row.kpis[key] for line in lines for row in line)


def _moment(row: KpiRow, look: Look) -> str:
    return row.start.astimezone(look.zone).isoformat()[: 10 if look.grain == "day" else None]
