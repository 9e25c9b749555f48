"""Forecast: what will come, who is needed for it, and what the rest of the day will be like."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from app import access, labels
from app.callback_desk.planning import taken
from app.callbacks import callback
from app.components.chart import chart_panel
from app.components.filter_bar import Field, declare_filters, filter_bar
from app.components.forecast_charts import agents, volumes
from app.components.forecast_look import HORIZONS, Look
from app.components.forecast_rest import rest, rest_table
from app.components.forecast_side import assumptions, slot_list
from app.components.panel import page_head, panel
from app.components.takeaway import takeaway
from app.context import current_house
from app.foresight import Seen, foresight, quarter_of
from app.i18n import N_, _
from app.libraries import CHARTS
from app.palette import Action
from app.present import current_moment

if TYPE_CHECKING:
    from kpis.forecasting.staffing import Staffing

PATH = "/forecast"
TITLE = N_("Forecast")
ORDER = 50
ICON = "rise"
LIBRARIES = (CHARTS,)
PAST = ""
ACTIONS = (
    Action(N_("Look further ahead"), "#forecast-horizon"),
    Action(N_("Clear filters"), "#forecast-filters [data-clear]"),
)

#: Set by ``assets/staffing.js`` when another quarter hour begins.
MOVED = "forecast-moved"
#: The rest of the day, the charts, the assumptions.
Shown = tuple[Component, list[Component], Component]
_HORIZONS = {
    "today": N_("Rest of today"),
    "1d": N_("Until tomorrow evening"),
    "7d": N_("7 days"),
    "14d": N_("14 days"),
}


def layout() -> Component:
    """The page; its address says what is looked at."""
    purpose = _("What will come, who is needed for it, and what the rest of the day will be like.")
    options = [{"value": name, "label": _(_HORIZONS[name])} for name in HORIZONS]
    channels = [{"value": labels.ANY, "label": labels.channel(labels.ANY)}, *_channels()]
    bar = filter_bar("forecast", [
        Field("channel", _("Channel"), channels),
        Field("horizon", _("How far"), options, HORIZONS[0]),
    ])  # fmt: skip
    slots = html.Div(
        id="forecast-slots", className="vg-slot-place", tabIndex="0", role="region",
        **{"aria-label": _("Where callbacks fit")},
    )  # fmt: skip
    told = _("in order of time; the lightest with room is advised")
    side = [
        panel(_("Where callbacks fit"), slots, name="slots", aside=told),
        panel(_("What this supposes"), html.Div(id="forecast-supposed"), name="supposed"),
    ]
    main = html.Div(id="forecast-main", className="vg-stack vg-forecast-main")
    columns = [main, html.Div(side, className="vg-stack vg-side")]
    return html.Div(
        [
            page_head(_("Forecast"), purpose),
            bar,
            html.Div(id="forecast-rest"),
            html.Div(columns, className="vg-columns"),
            dcc.Store(id=MOVED),
        ]
    )


def _channels() -> list[dict[str, str]]:
    """Those of which something is expected."""
    known = foresight(current_house()).seen(current_house(), HORIZONS[0], current_moment())
    found = dict.fromkeys(line.channel for line in known.forecast.lines if line.channel)
    return [{"value": channel, "label": labels.channel(channel)} for channel in found]


declare_filters("forecast", ["channel", "horizon"])


@callback(
    Output("forecast-rest", "children"),
    Output("forecast-main", "children"),
    Output("forecast-supposed", "children"),
    Input("vigie-url", "search"),
    Input(MOVED, "data"),
)
async def show(search: str | None, moved: object) -> Shown:
    """The rest of the day, the charts and what they suppose; again with every quarter hour."""
    access.require("see")
    return await asyncio.to_thread(_shown, Look.of(search), current_moment())


def _shown(look: Look, now: datetime) -> Shown:
    house = current_house()
    known, zone = foresight(house), house.settings.tz
    today = known.seen(house, HORIZONS[0], now)
    ahead = known.seen(house, look.horizon, now)
    mark = html.Div(hidden=True, **{"data-quarter": quarter_of(today.forecast.as_of).isoformat()})
    if not today.forecast.lines:
        words = _("There is nothing to go by yet: the forecast learns from the contacts of past "
                  "days. Connect a source, or load a file with `vigie load`.")  # fmt: skip
        return html.P(words, className="vg-empty"), [mark], html.P(_("nothing yet"))
    staffing = _staffing(today, look)
    found = [
        rest([row for row in staffing if row.channel == channel], today.demands[channel])
        for channel in dict.fromkeys(row.channel for row in staffing)
    ]
    told = panel(
        _("Rest of the day"), rest_table(found, look.agents, zone), name="rest",
        aside=[_("live channels, until midnight"), takeaway("rest", _("Rest of the day"))],
        className="vg-flush",
    )  # fmt: skip
    parts = [
        chart_panel(volumes(ahead, look, zone)),
        *([chart_panel(agents(today, staffing, zone))] if staffing else []),
        mark,
    ]  # fmt: skip
    return told, parts, assumptions(ahead, look, zone)


def _staffing(today: Seen, look: Look) -> list[Staffing]:
    """The quarters of the channel, or of all live ones, with the agents told or there now."""
    from kpis.forecasting.staffing import staffed

    rows = staffed(today.forecast, today.demands, {**today.staff, **look.agents})
    return [row for row in rows if look.channel in (None, row.channel)]


@callback(
    Output("forecast-slots", "children"), Input("vigie-url", "pathname"), Input(MOVED, "data")
)
async def show_slots(pathname: str | None, moved: object) -> list[Component]:
    """Where callbacks fit, with what is booked at this moment."""
    access.require("see")
    return await asyncio.to_thread(_slots_now, current_moment())


def _slots_now(now: datetime) -> list[Component]:
    house = current_house()
    slots = foresight(house).slots(house, now)
    booked: dict[datetime, int] = {}
    if slots:
        with house.database.engine.connect() as connection:
            booked = taken(connection, slots)
    return slot_list(slots, booked, house.settings.tz)
