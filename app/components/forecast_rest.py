"""The rest of the day, channel by channel: what is expected, who is needed, what is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app import labels
from app.components.icons import channel_icon, icon
from app.i18n import NOTHING, _, duration, integer, percent
from kpis.intervals import label

if TYPE_CHECKING:
    from kpis.forecasting.staffing import Demand, Staffing

_QUARTER = timedelta(minutes=15)
#: Within five points of its goal a service level is near it, as everywhere.
_NEAR = 0.05
_LEVELS = {"good": "check", "near": "near", "bad": "down"}


@dataclass(frozen=True, slots=True)
class Gap:
    """[start, end) in which up to `missing` agents are too few."""

    start: datetime
    end: datetime
    missing: int


@dataclass(frozen=True, slots=True)
class Rest:
    """A channel until midnight: shares and seconds are means over the contacts expected.

    None where it is not known how many `agents` are there, or nobody is expected.
    """

    demand: Demand
    expected: float
    needed: int
    peak: int
    peak_at: datetime | None
    agents: int | None
    service_level: float | None
    wait_s: float | None
    abandoned_share: float | None
    gaps: tuple[Gap, ...]


def rest(rows: Sequence[Staffing], demand: Demand) -> Rest:
    """Of the quarters of one channel, from the one that runs on; there is one at least."""
    busiest = max(rows, key=lambda row: row.needed)
    return Rest(
        demand,
        expected=sum(row.expected for row in rows),
        needed=rows[0].needed,
        peak=busiest.needed,
        peak_at=busiest.quarter if busiest.needed else None,
        agents=rows[0].agents,
        service_level=_mean(rows, lambda row: row.service_level),
        wait_s=_mean(rows, lambda row: row.wait_s),
        abandoned_share=_mean(rows, lambda row: row.abandoned_share),
        gaps=tuple(_gaps(rows)),
    )


def _mean(rows: Sequence[Staffing], of: Callable[[Staffing], float | None]) -> float | None:
    """Each quarter weighs as many contacts as are expected in it."""
    known = [(row.expected, value) for row in rows if (value := of(row)) is not None]
    total = sum(weight for weight, _value in known)
    return sum(weight * value for weight, value in known) / total if total else None


def _gaps(rows: Sequence[Staffing]) -> list[Gap]:
    """The stretches in which fewer are there than needed."""
    found: list[Gap] = []
    for row in rows:
        missing = row.needed - row.agents if row.agents is not None else 0
        if missing <= 0:
            continue
        end = row.quarter + _QUARTER
        if found and found[-1].end == row.quarter:
            last = found.pop()
            found.append(Gap(last.start, end, max(last.missing, missing)))
        else:
            found.append(Gap(row.quarter, end, missing))
    return found


def rest_table(found: Sequence[Rest], told: Mapping[str, int], zone: ZoneInfo) -> Component:
    """A row a channel; `told`: the agents that the reader supposes, else those there now."""
    if not found:
        return html.P(
            _("No live channel has a known handling time and a target: agents cannot be reckoned. "
              "Sources tell handling times with answered contacts; targets are set by "
              "`vigie targets`."),
            className="vg-empty",
        )  # fmt: skip
    titles = [
        _("Channel"), _("Expected"), _("Agents there"), _("Needed now"), _("Needed at most"),
        _("Service level"), _("Mean wait"), _("Abandonment rate"), _("Too few"),
    ]  # fmt: skip
    head = html.Thead(html.Tr([html.Th(title, scope="col") for title in titles]))
    rows = [_row(one, one.demand.channel in told, titles, zone) for one in found]
    table = html.Table([head, html.Tbody(rows)], className="vg-table vg-stackable vg-rest")
    return html.Div(table, className="vg-table-wrap", tabIndex="0", role="region", **{
        "aria-label": _("Rest of the day")})  # fmt: skip


def _row(one: Rest, supposed: bool, titles: Sequence[str], zone: ZoneInfo) -> Component:
    channel = one.demand.channel
    name = html.Span([channel_icon(channel), labels.channel(channel)], className="vg-rest-name")
    peak = integer(one.peak)
    if one.peak_at is not None:
        peak = _("{count} at {time}", count=peak, time=label(one.peak_at, zone))
    cells = [
        integer(one.expected),
        _asked(one, supposed),
        integer(one.needed),
        peak,
        _judged(one),
        duration(one.wait_s),
        percent(one.abandoned_share),
        _too_few(one, zone),
    ]
    told = [html.Td(cell, **{"data-label": title})
            for title, cell in zip(titles[1:], cells, strict=True)]  # fmt: skip
    return html.Tr([html.Th(name, scope="row"), *told])


def _asked(one: Rest, supposed: bool) -> Component:
    """Where the number is typed in: ``assets/staffing.js`` puts the field there."""
    words = _("Agents on {channel}", channel=labels.channel(one.demand.channel))
    note = _("supposed") if supposed else _("now") if one.agents is not None else _("say how many")
    field = html.Span(className="vg-agents", **{
        "data-agents": one.demand.channel, "data-label": words,
        "data-value": "" if one.agents is None else str(one.agents),
    })  # fmt: skip
    return html.Span([field, html.Span(note, className="vg-quiet vg-small")], className="vg-asked")


def _judged(one: Rest) -> Component | str:
    """«81.3 % ✓ On target»: never the colour alone."""
    if one.service_level is None:
        return NOTHING
    goal, met = one.demand.goal, one.service_level
    level = "good" if met >= goal else "near" if met >= goal - _NEAR else "bad"
    words = {"good": _("On target"), "near": _("Near target"), "bad": _("Below target")}[level]
    verdict = html.Span([icon(_LEVELS[level], size=13), words], className="vg-verdict", **{
        "data-level": level})  # fmt: skip
    value = html.Span(percent(met), className="vg-number vg-strong")
    return html.Span([value, verdict], className="vg-rest-judged")


def _too_few(one: Rest, zone: ZoneInfo) -> Component | str:
    """When, and by how many at most; the first stretches where there are many."""
    if one.agents is None:
        return NOTHING
    if not one.gaps:
        return html.Span([icon("check", size=13), _("never")], className="vg-rest-enough")
    shown = [
        html.Div(
            [
                html.Span(
                    f"{label(gap.start, zone)}–{label(gap.end, zone)} ", className="vg-number"
                ),
                _("{count} missing", count=integer(gap.missing)),
            ]
        )
        for gap in one.gaps[:3]
    ]
    more = len(one.gaps) - len(shown)
    told = _("and {count} more", count=integer(more)) if more else None
    return html.Div([*shown, told], className="vg-rest-gaps")


def assumed(demand: Demand) -> str:
    """«handling 4:12, patience 2:30, 80% within 20 s»."""
    return _(
        "handling {handling}, patience {patience}, target {goal} within {time}",
        handling=duration(demand.handling_s), patience=duration(demand.patience_s),
        goal=percent(demand.goal, 0), time=duration(demand.target_s),
    )  # fmt: skip
