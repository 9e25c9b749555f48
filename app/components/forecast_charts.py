"""The charts of the forecast: what comes, with its bands, and the agents it needs.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import dates

from app import labels
from app.components.chart import QUIET, SERIES, Chart
from app.components.forecast_look import Look
from app.components.table import Cell, Column, Table
from app.foresight import Seen
from app.i18n import _, integer, language
from kpis.intervals import label

if TYPE_CHECKING:
    from kpis.forecast import DayLine, Line
    from kpis.forecasting.staffing import Staffing

_WIDE, _NARROW = "var(--vg-band-90)", "var(--vg-band-50)"
_TICK_HOURS = {"today": 2, "1d": 4}
_FEW_AGENTS = 8
_BAND = ("low50", "high50", "low90", "high90")
Trace = dict[str, object]


def volumes(seen: Seen, look: Look, zone: ZoneInfo) -> Chart:
    """What is expected of the channel, or of all; by day where it is looked far ahead."""
    title = _("Contacts expected: {channel}", channel=labels.channel(look.channel or labels.ANY))
    if look.by_day:
        return _by_day([day for day in seen.forecast.days if day.channel == look.channel], title)
    line = line_of(seen, look.channel)
    return _by_quarter(seen, line, look, zone, title)


def line_of(seen: Seen, channel: str | None) -> Line | None:
    """The line of a channel, or of all."""
    return next((line for line in seen.forecast.lines if line.channel == channel), None)


def _columns(first: str) -> list[Column]:
    half, most = _("half of all cases"), _("9 in 10 cases")
    return [
        Column(first),
        Column(_("Came"), "integer"),
        Column(_("Expected"), "decimal"),
        Column(_("From ({band})", band=half), "integer"),
        Column(_("To ({band})", band=half), "integer"),
        Column(_("From ({band})", band=most), "integer"),
        Column(_("To ({band})", band=most), "integer"),
    ]


# ── by quarter hour ───────────────────────────────────────────────────────


def _by_quarter(seen: Seen, line: Line | None, look: Look, zone: ZoneInfo, title: str) -> Chart:
    quarters = [*seen.begun, *seen.forecast.quarters]
    names = _names(quarters, zone)
    came = list(seen.came.get(look.channel, [0] * len(seen.begun)))
    expected = line.expected if line else []
    bands = [getattr(line, name) for name in _BAND] if line else [[], [], [], []]
    before, after = [None] * len(came), [None] * len(seen.forecast.quarters)
    columns = [[*came, *after], *([*before, *values] for values in (expected, *bands))]
    rows = list(zip(names, *columns, strict=True)) if line else []
    ahead = names[len(came) :]
    # The first has every name: it gives the axis their order.
    drawn: list[Trace] = [
        {"x": names, "y": columns[0], "name": _("Came"), "format": "integer",
         "type": "scatter", "mode": "lines", "line": {"color": SERIES[0], "width": 2.5}},
        *_band(ahead, bands[2:], _("9 in 10 cases"), _WIDE),
        *_band(ahead, bands[:2], _("half of all cases"), _NARROW),
        {"x": ahead, "y": expected, "name": _("Expected"), "format": "decimal",
         "type": "scatter", "mode": "lines",
         "line": {"color": SERIES[1], "width": 2.5, "dash": "dot"}},
    ]  # fmt: skip
    told = _(
        "{title}: {came} came so far today, {expected} more are expected in what is shown.",
        title=title, came=integer(sum(came)), expected=integer(sum(expected)),
    )  # fmt: skip
    table = Table("forecast", title, _columns(_("Quarter hour")), rows)
    axis = _axis(quarters, names, zone, _TICK_HOURS.get(look.horizon, 2))
    layout = {"xaxis": axis, "yaxis": {"rangemode": "tozero"}}
    return Chart("forecast-volumes", title, told, drawn, table, layout, 300)


def _band(
    names: Sequence[str], bounds: Sequence[Sequence[int]], title: str, colour: str
) -> list[Trace]:
    """The room between two lines that are not drawn themselves."""
    low, high = bounds
    edge = {"type": "scatter", "mode": "lines", "x": names, "line": {"width": 0}}
    words = [f"{integer(a)} – {integer(b)}" for a, b in zip(low, high, strict=True)]
    return [
        {**edge, "y": low, "hoverinfo": "skip", "showlegend": False, "name": ""},
        {**edge, "y": high, "fill": "tonexty", "fillcolor": colour, "name": title,
         "text": words, "hovertemplate": "%{text}"},
    ]  # fmt: skip


def _names(quarters: Sequence[datetime], zone: ZoneInfo) -> list[str]:
    """«14:15»; of several days with the day, and each name once."""
    days = {at.astimezone(zone).date() for at in quarters}
    if len(days) < 2:
        return [label(at, zone) for at in quarters]
    return [f"{day_name(at.astimezone(zone).date())} {label(at, zone)}" for at in quarters]


def _axis(
    quarters: Sequence[datetime], names: Sequence[str], zone: ZoneInfo, hours: int
) -> Mapping[str, object]:
    """Ticks on whole local hours."""
    ticks = []
    for at, name in zip(quarters, names, strict=True):
        local = at.astimezone(zone)
        if not local.minute and not local.hour % hours:
            ticks.append((name, f"{local:%H:%M}"))
    return {
        "type": "category", "range": [-0.5, len(names) - 0.5],
        "tickmode": "array", "tickangle": 0,
        "tickvals": [name for name, _text in ticks], "ticktext": [text for _name, text in ticks],
    }  # fmt: skip


def day_name(day: date) -> str:
    """«Mon, Nov 23» or «lun. 23 nov.»."""
    found: str = dates.format_skeleton("EEEMMMd", day, locale=language())
    return found


# ── by day ────────────────────────────────────────────────────────────────


def _by_day(days: Sequence[DayLine], title: str) -> Chart:
    names = [day_name(day.day) for day in days]
    rows: list[Sequence[Cell]] = [
        (name, day.so_far or None, day.expected, day.low50, day.high50, day.low90, day.high90)
        for name, day in zip(names, days, strict=True)
    ]
    whiskers = {
        "type": "data", "symmetric": False, "color": QUIET, "thickness": 2, "width": 6,
        "array": [day.high90 - day.expected for day in days],
        "arrayminus": [day.expected - day.low90 for day in days],
    }  # fmt: skip
    words = [
        _("{expected}, from {low} to {high} in 9 of 10 cases", expected=integer(day.expected),
          low=integer(day.low90), high=integer(day.high90))
        for day in days
    ]  # fmt: skip
    drawn: list[Trace] = [
        {"x": names, "y": [day.expected for day in days], "type": "bar", "name": _("Expected"),
         "marker": {"color": SERIES[0]}, "error_y": whiskers, "text": words,
         "textposition": "none", "hovertemplate": "%{text}<extra></extra>"},
    ]  # fmt: skip
    told = _("{title}: {expected} contacts in {days} days.", title=title, days=len(days),
             expected=integer(sum(day.expected for day in days)))  # fmt: skip
    table = Table("forecast-days", title, _columns(_("Day")), rows)
    layout = {"yaxis": {"rangemode": "tozero"}, "xaxis": {"type": "category"}}
    return Chart("forecast-volumes", title, told, drawn, table, layout, 300)


# ── agents ────────────────────────────────────────────────────────────────


def agents(seen: Seen, rows: Sequence[Staffing], zone: ZoneInfo) -> Chart:
    """Agents needed for the rest of the day by quarter hour, beside those who are there."""
    channels = list(dict.fromkeys(row.channel for row in rows))
    quarters = list(dict.fromkeys(row.quarter for row in rows))
    names = dict(zip(quarters, _names(quarters, zone), strict=True))
    drawn = [
        trace
        for number, channel in enumerate(channels)
        for trace in _needed([row for row in rows if row.channel == channel], names, number)
    ]
    busy = {(line.channel, at): high for line in seen.forecast.lines
            for at, high in zip(seen.forecast.quarters, line.high90, strict=True)}  # fmt: skip
    table = Table("forecast-agents", _("Agents needed"), _agent_columns(), [
        (names[row.quarter], labels.channel(row.channel), row.expected, row.needed,
         seen.demands[row.channel].needed(max(row.expected, busy[row.channel, row.quarter])),
         row.agents,
         row.service_level, row.wait_s)
        for row in rows
    ])  # fmt: skip
    peak = max(rows, key=lambda row: row.needed, default=None)
    told = "" if peak is None else _(
        "Agents needed by quarter hour until midnight; most at {time}: {count} on {channel}.",
        time=names[peak.quarter], count=integer(peak.needed), channel=labels.channel(peak.channel),
    )  # fmt: skip
    most = max((max(row.needed, row.agents or 0) for row in rows), default=0)
    # Nobody reads half an agent.
    whole = {"dtick": 1} if most < _FEW_AGENTS else {}
    layout = {"xaxis": _axis(quarters, list(names.values()), zone, 2),
              "yaxis": {"rangemode": "tozero", **whole}}  # fmt: skip
    return Chart("forecast-agents", _("Agents needed"), told, drawn, table, layout, 260)


def _agent_columns() -> list[Column]:
    return [
        Column(_("Quarter hour")),
        Column(_("Channel")),
        Column(_("Expected"), "decimal"),
        Column(_("Agents needed"), "integer"),
        Column(_("Needed if it gets busy"), "integer"),
        Column(_("Agents there"), "integer"),
        Column(_("Service level"), "percent"),
        Column(_("Mean wait"), "duration"),
    ]


def _needed(rows: Sequence[Staffing], names: Mapping[datetime, str], number: int) -> list[Trace]:
    """Steps of those needed; a line across for those who are there."""
    colour = SERIES[number % len(SERIES)]
    channel = labels.channel(rows[0].channel)
    x = [names[row.quarter] for row in rows]
    steps = {"type": "scatter", "mode": "lines", "x": x, "format": "integer"}
    drawn: list[Trace] = [
        {**steps, "y": [row.needed for row in rows],
         "name": _("{channel}: needed", channel=channel),
         "line": {"color": colour, "width": 2.5, "shape": "hv"}}
    ]  # fmt: skip
    if rows[0].agents is not None:
        drawn.append(
            {**steps, "y": [row.agents for row in rows],
             "name": _("{channel}: there", channel=channel),
             "line": {"color": colour, "width": 1.5, "dash": "dash"}}
        )  # fmt: skip
    return drawn
