"""The chosen figure by hour and weekday, as a heat map; each cell leads to its contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from app.channel_look import Look
from app.channel_reading import Channels
from app.components.channel_trend import KINDS
from app.components.channel_words import days, weekdays
from app.components.chart import Chart
from app.components.table import Column, Kind, Table
from app.i18n import _, spoken
from kpis.kpi import Number

_HOUR = timedelta(hours=1)
_COLOURS = [[0, "var(--vg-heat-low)"], [0.5, "var(--vg-heat-mid)"], [1, "var(--vg-heat-high)"]]
#: (weekday 1 Monday to 7, hour 0 to 23)
Place = tuple[int, int]
Values = Mapping[Place, Number | None]


def heat_chart(found: Channels) -> Chart:
    """Counts are the mean of such hours, for a period has not as many of each."""
    often, look = _occurrences(found.look), found.look
    values = {
        _place(row.by): _mean(row.kpis[look.kpi.key], often[_place(row.by)], look)
        for row in found.heat
    }
    known = sorted(at for at, number in values.items() if number is not None)
    kind: Kind = "decimal" if look.kpi.unit == "count" else KINDS[look.kpi.unit]
    shown = _table(found, values, known, kind)
    return Chart(
        name="by-hour",
        title=shown.title,
        told=_told(found, values),
        traces=[_trace(values, known, kind)],
        table=shown,
        layout={
            "hovermode": "closest", "xaxis": {"nticks": 12},
            "yaxis": {"autorange": "reversed", "showgrid": False, "dtick": 1},
        },
        height=250,
    )  # fmt: skip


def _trace(values: Values, known: Sequence[Place], kind: Kind) -> Mapping[str, object]:
    """Each cell that is known leads where its row of the table leads."""
    numbers = {at: number for number, at in enumerate(known)}
    lines = [[(day, hour) for hour in range(24)] for day in range(1, 8)]
    return {
        "type": "heatmap", "x": [f"{hour} h" for hour in range(24)], "y": weekdays(),
        "z": [[values.get(at) for at in line] for line in lines],
        "customdata": [[numbers.get(at) for at in line] for line in lines],
        "format": kind, "colorscale": _COLOURS, "xgap": 2, "ygap": 2, "showscale": False,
        "hovertemplate": "%{y} %{x}<br><b>%{hovertext}</b><extra></extra>", "hoverongaps": False,
        "labelled": True,
    }  # fmt: skip


def _table(found: Channels, values: Values, known: Sequence[Place], kind: Kind) -> Table:
    look, names = found.look, weekdays()
    figure = spoken(look.kpi.labels)
    offered = {_place(row.by): row.kpis["offered"] for row in found.heat}
    return Table(
        name=f"vigie-{look.kpi.key}-hours",
        title=_("{figure} by weekday and hour", figure=figure),
        columns=[Column(_("Weekday and hour")), Column(figure, kind),
                 Column(_("Offered"), "integer")],
        rows=[[f"{names[day - 1]} {hour} h", values[day, hour], offered[day, hour]]
              for day, hour in known],
        links=[look.contacts(cells={"weekday": day, "hour": hour}) for day, hour in known],
    )  # fmt: skip


def _place(by: Mapping[str, object]) -> Place:
    return int(str(by["weekday"])), int(str(by["hour"]))


def _occurrences(look: Look) -> Counter[Place]:
    """How often each hour of the week has begun in the period; an hour that the clock shows
    twice is two."""
    at, end = look.shown.start, min(look.shown.end, look.now)
    found: Counter[Place] = Counter()
    while at < end:
        local = at.astimezone(look.zone)
        found[local.isoweekday(), local.hour] += 1
        at += _HOUR
    return found


def _mean(number: Number | None, often: int, look: Look) -> Number | None:
    if number is None or look.kpi.unit != "count":
        return number
    return number / max(1, often)


def _told(found: Channels, values: Values) -> str:
    """The hour that stands out, in words."""
    known = {at: number for at, number in values.items() if number is not None}
    if not known:
        return spoken(found.look.kpi.labels)
    day, hour = max(known, key=lambda at: known[at])
    return _(
        "{figure}, {days}: highest on {weekday} at {hour} h. The table below has each value.",
        figure=spoken(found.look.kpi.labels),
        days=days(found.look.shown, found.look.zone),
        weekday=weekdays()[day - 1],
        hour=hour,
    )
