"""Beside the forecast: where callbacks fit, and what all of it supposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app import labels
from app.callback_desk.capacity import Slot
from app.components.forecast_charts import day_name, line_of
from app.components.forecast_look import Look
from app.components.forecast_rest import assumed
from app.foresight import Seen
from app.i18n import N_, _, date_time, integer, spoken
from kpis.intervals import label

_LOADS = {"light": N_("Light"), "normal": N_("Normal"), "busy": N_("Busy")}
#: As many bars of the little gauge are full.
_BARS = {"light": 1, "normal": 2, "busy": 3}
_SHOWN_DAYS = 2


def slot_list(
    slots: Sequence[Slot], booked: Mapping[datetime, int], zone: ZoneInfo
) -> list[Component]:
    """The next days' slots in order of time: how busy agents will be, and what room is left."""
    if not slots:
        words = _("No slot is open: callbacks need opening hours and agents who are free. "
                  "`vigie callbacks terms` says under which terms they are offered.")  # fmt: skip
        return [html.P(words, className="vg-empty")]
    by_day = groupby(slots, key=lambda slot: slot.start.astimezone(zone).date())
    days = [(day, list(of_day)) for day, of_day in by_day][:_SHOWN_DAYS]
    best = _best([slot for _day, of_day in days for slot in of_day], booked)
    shown: list[Component] = []
    for day, of_day in days:
        rows = [_slot(slot, booked.get(slot.start, 0), slot == best, zone) for slot in of_day]
        shown += [html.H3(day_name(day), className="vg-slot-day"),
                  html.Ul(rows, className="vg-slots")]  # fmt: skip
    return shown


def _best(slots: Sequence[Slot], booked: Mapping[datetime, int]) -> Slot | None:
    """The one that is advised: the lightest with room, then the soonest."""
    free = [slot for slot in slots if booked.get(slot.start, 0) < slot.capacity]
    return min(free, key=lambda slot: slot.place, default=None)


def _slot(slot: Slot, taken: int, best: bool, zone: ZoneInfo) -> Component:
    left = max(0, slot.capacity - taken)
    room = _("{count} left", count=integer(left)) if left else _("full")
    if not slot.capacity:
        room = _("no room")
    gauge = html.Span(
        [html.I(**{"data-full": ""}) if bar < _BARS[slot.load] else html.I() for bar in range(3)],
        className="vg-load",
        **{"aria-hidden": "true"},
    )
    advised = [html.Span(_("advised"), className="vg-tag")] if best else []
    return html.Li(
        [
            html.Span(f"{label(slot.start, zone)}–{label(slot.end, zone)}", className="vg-number"),
            html.Span([gauge, _(_LOADS[slot.load])], className="vg-slot-load"),
            html.Span([room, *advised], className="vg-slot-room"),
        ],
        className="vg-slot" if left else "vg-slot vg-slot-full",
    )


def assumptions(seen: Seen, look: Look, zone: ZoneInfo) -> Component:
    """What the numbers stand on, in words."""
    forecast = seen.forecast
    line = line_of(seen, look.channel)
    country = forecast.country or _("none kept")
    at = date_time(forecast.as_of, zone)
    facts: dict[str, Component | str] = {
        _("Worked out"): _("{time}, again every quarter hour", time=at),
        _("History"): spoken(line.basis.words) if line else _("nothing yet"),
        _("Bands"): _("The dark one holds half of all cases, the light one nine in ten."),
        _("Public holidays"): country,
        _("Agents needed"): _("The fewest with which the channel keeps its target, each quarter "
                              "hour taken as steady (Erlang C)."),
        _("Service level expected"): _("With the agents there, the same number until midnight; "
                                       "customers hang up (Erlang A)."),
    }  # fmt: skip
    for channel, demand in seen.demands.items():
        facts[labels.channel(channel)] = assumed(demand)
    if forecast.silent:
        names = ", ".join(labels.channel(channel) for channel in forecast.silent)
        facts[_("Silent now")] = _(
            "{channels}: what is missed is not taken for quiet.", channels=names
        )
    pairs = [part for name, fact in facts.items() for part in (html.Dt(name), html.Dd(fact))]
    return html.Dl(pairs, className="vg-facts vg-assumed")
