"""Channels: a channel, queue, reason or site over time, and why its figures are what they are."""

from __future__ import annotations

import asyncio
from datetime import datetime

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from app import access
from app.callbacks import callback
from app.channel_look import Look, figures
from app.channel_reading import Channels, read_channels
from app.components.channel_heat import heat_chart
from app.components.channel_levels import levels_panel
from app.components.channel_parts import parts_panel
from app.components.channel_totals import totals
from app.components.channel_trend import trend_chart
from app.components.channel_waits import waits_chart
from app.components.channel_words import days, where
from app.components.chart import chart_panel, charts_follow
from app.components.filter_bar import (
    Field,
    Option,
    compare_field,
    declare_filters,
    filter_bar,
    grain_field,
    period_field,
)
from app.components.panel import page_head
from app.components.vocabulary import Vocabulary, with_any
from app.context import current_house
from app.exposure.service import ExposureService
from app.filters import DIMENSIONS, Filters
from app.house_words import formula
from app.i18n import N_, _, clock, duration, percent, spoken
from app.labels import ANY
from app.libraries import CHARTS
from app.palette import Action
from app.places import Told, queue_options, told
from app.present import current_moment
from kpis.promises import read_promises
from kpis.reading import SYNC
from kpis.snapshot import snapshot
from kpis.versions import formula_in_force

PATH = "/channels"
TITLE = N_("Channels")
ORDER = 20
ICON = "chart"
LIBRARIES = (CHARTS,)
PAST = N_("Who is one customer is told as it is known now.")
ACTIONS = (
    Action(N_("Choose another figure"), "#channels-kpi"),
    Action(N_("Choose another period"), "#channels-period"),
    Action(N_("Clear filters"), "#channels-filters [data-clear]"),
)

#: Set by the live feed, at most so often (``assets/refresh.js``).
MOVED = "channels-moved"
CALM_S = "60"
_NAMES = ("kpi", "period", "grain", "compare", *DIMENSIONS)


def layout() -> Component:
    """The bar of filters; what they choose follows at once."""
    house = current_house()
    vocabulary = Vocabulary.of(ExposureService(house.database).read())
    with house.database.engine.connect() as connection:
        now = current_moment()
        asked = queue_options(connection, now), told(connection, now)
    purpose = _("A channel, queue, reason or site over time. Every number leads to its contacts.")
    return html.Div(
        [
            page_head(_("Channels"), purpose),
            filter_bar("channels", _fields(vocabulary, *asked)),
            html.Div(
                id="channels-found", className="vg-found", **charts_follow(),
                **{"data-refreshed": MOVED, "data-calm": CALM_S},
            ),
            dcc.Store(id=MOVED),
        ]
    )


def _fields(vocabulary: Vocabulary, in_queues: list[Option], seen: Told) -> list[Field]:
    kpis = [{"value": kpi.key, "label": spoken(kpi.labels)} for kpi in figures()]
    usual = {"value": ANY, "label": _("Quality of service")}
    channels = with_any("channel", vocabulary.channels())
    reasons = with_any("reason", vocabulary.met("reason", seen.reasons))
    segments = with_any("segment", vocabulary.met("segment", seen.segments))
    at_sites = [{"value": name, "label": name} for name in seen.sites]
    return [
        Field("kpi", _("Figure"), [usual, *kpis]),
        period_field(),
        grain_field(),
        compare_field(),
        Field("channel", _("Channel"), channels),
        Field("queue", _("Queue"), [{"value": ANY, "label": _("All queues")}, *in_queues]),
        Field("reason", _("Reason"), reasons),
        Field("segment", _("Segment"), segments),
        Field("site", _("Site"), [{"value": ANY, "label": _("All sites")}, *at_sites]),
    ]


declare_filters("channels", _NAMES)


@callback(Output("channels-found", "children"), Input("vigie-url", "search"), Input(MOVED, "data"))
async def show(search: str | None, moved: object) -> Component:
    """What the address asks for, again when more has come in (``assets/refresh.js``)."""
    access.require("see")
    return await asyncio.to_thread(_shown, Filters.of(search), current_moment())


def _shown(filters: Filters, now: datetime) -> Component:
    house = current_house()
    vocabulary = Vocabulary.of(ExposureService(house.database).read())
    with snapshot(house.database.engine) as connection:
        promises = read_promises(connection, now)
        rule = formula_in_force(connection)
        look = Look.of(filters, now, house.settings.tz, rule, promises.modality)
        found = read_channels(connection, look, promises)
    return html.Div(_panels(found, vocabulary), className="vg-stack")


def _panels(found: Channels, vocabulary: Vocabulary) -> list[Component]:
    waits = waits_chart(found)
    beside = "vg-pair" if found.look.modalities == SYNC else "vg-stack"
    waited = chart_panel(waits, note=None if waits.empty else waits.told)
    return [
        html.Div([_heading(found, vocabulary), totals(found)]),
        chart_panel(trend_chart(found)),
        html.Div([waited, levels_panel(found)], className=beside),
        chart_panel(heat_chart(found), note=_heat_note(found.look)),
        parts_panel(found, vocabulary),
    ]


def _heading(found: Channels, vocabulary: Vocabulary) -> Component:
    """What is looked at, what it is judged by, and as of when."""
    look, promise = found.look, found.promise
    told = [days(look.shown, look.zone)]
    if promise is not None:
        target = duration(promise.target_ms / 1000)
        told.append(_("target {goal} within {time}", goal=percent(promise.goal, 0), time=target))
    if look.modalities == SYNC:
        told.append(_("formula: {name}", name=formula(look.formula)))
    told.append(_("as of {time}", time=clock(look.now, look.zone)))
    return html.P(
        [html.Strong(where(look, vocabulary)), " · ", " · ".join(told)],
        className="vg-chosen-words",
    )


def _heat_note(look: Look) -> str | None:
    return _("Mean of the days of the period.") if look.kpi.unit == "count" else None
