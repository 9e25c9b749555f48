"""Journeys: who has to come again, from where to where, and for how many once was enough."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from app import access, labels
from app.callbacks import callback
from app.components.chart import chart_panel
from app.components.filter_bar import Field, Option, declare_filters, filter_bar
from app.components.journey_look import PATH as PATH  # the page's own, for discovery
from app.components.journey_look import WORDS, JourneyLook, fields
from app.components.journey_numbers import SHOWN, by_dimension, cards, once_and_done
from app.components.journey_people import people
from app.components.journey_ways import AFTER, ways
from app.components.panel import page_head, panel
from app.components.table import Table, table
from app.components.takeaway import takeaway
from app.components.vocabulary import Vocabulary
from app.context import current_house
from app.exposure.service import ExposureService
from app.i18n import N_, _
from app.labels import ANY
from app.libraries import CHARTS
from app.palette import Action
from app.present import current_moment
from kpis.journeys import Flow, Journeys, Returner, flows, journeys, returners
from kpis.series import KpiRow, compute
from kpis.snapshot import snapshot

TITLE = N_("Journeys")
ORDER = 40
ICON = "ways"
LIBRARIES = (CHARTS,)
PAST = N_("Who is one customer is told as it is known now.")
ACTIONS = (
    Action(N_("Choose another period"), "#journeys-period"),
    Action(N_("Clear filters"), "#journeys-filters [data-clear]"),
)

NAME = "journeys"
#: Set by the live feed, at most so often (``assets/refresh.js``).
MOVED = "journeys-moved"
CALM_S = "300"
_DIMENSIONS = ("channel", "reason", "segment")


@dataclass(frozen=True, slots=True)
class _Read:
    """All that the page shows, of one moment of the database."""

    journeys: Journeys
    flows: Sequence[Flow]
    returners: Sequence[Returner]
    total: KpiRow
    channels: Sequence[KpiRow]
    reasons: Sequence[KpiRow]
    days: Sequence[KpiRow]


def layout() -> Component:
    """The page; what the address asks for follows at once."""
    purpose = _("Repeat contacts of known customers: from which channel to which, and after what.")
    period, *others = fields()
    bar = [period, *(_field(kind, ()) for kind in _DIMENSIONS), *others]
    return html.Div(
        [
            page_head(_("Journeys"), purpose),
            filter_bar(NAME, bar),
            html.Div(
                id="journeys-shown", className="vg-stack vg-journeys",
                **{"data-refreshed": MOVED, "data-calm": CALM_S},
            ),
            dcc.Store(id=MOVED),
        ]
    )


def _field(kind: str, found: Iterable[str]) -> Field:
    labels_of = {"channel": _("Channel"), "reason": _("Reason"), "segment": _("Segment")}
    return Field(kind, labels_of[kind], _options(kind, found))


def _options(kind: str, found: Iterable[str]) -> list[Option]:
    """The words of the house and those of the data, «all» first."""
    word = {"channel": labels.channel, "reason": labels.reason, "segment": labels.segment}[kind]
    vocabulary = Vocabulary.of(ExposureService(current_house().database).read())
    choices = vocabulary.channels() if kind == "channel" else vocabulary.of_kind(kind)
    known = {choice.value: choice.label for choice in choices}
    known |= {name: word(name) for name in sorted(found) if name not in known}
    every = [{"value": ANY, "label": word(ANY)}]
    return every + [{"value": name, "label": label} for name, label in known.items()]


declare_filters(NAME, ("period", *_DIMENSIONS, *WORDS))


@callback(
    Output("journeys-shown", "children"),
    Output(f"{NAME}-channel", "data"),
    Output(f"{NAME}-reason", "data"),
    Input("vigie-url", "search"),
    Input(MOVED, "data"),
)
async def show(
    search: str | None, _moved: object
) -> tuple[Sequence[Component], list[Option], list[Option]]:
    """What the address asks for, again when more has come in; and the names to choose from."""
    acts = access.require("see").may("see_customers")
    return await asyncio.to_thread(_show, JourneyLook.of(search), acts)


def _show(look: JourneyLook, acts: bool) -> tuple[Sequence[Component], list[Option], list[Option]]:
    now = current_moment()
    read = _read(look, now, acts)
    names = [{str(row.by[kind]) for row in rows if row.by[kind] is not None}
             for kind, rows in (("channel", read.channels), ("reason", read.reasons))]  # fmt: skip
    chosen = [{name} if name else set() for name in (look.filters.channel, look.filters.reason)]
    channels, reasons = (known | asked for known, asked in zip(names, chosen, strict=True))
    return _shown(read, look, acts), _options("channel", channels), _options("reason", reasons)


def _read(look: JourneyLook, now: datetime, acts: bool) -> _Read:
    house = current_house()
    zone = house.settings.tz
    query = look.query(now, zone)
    with snapshot(house.database.engine) as connection:
        [total] = compute(connection, query, SHOWN)
        return _Read(
            journeys(connection, query, after=look.after),
            flows(connection, query, after=look.after),
            returners(connection, query, after=look.after) if acts else (),
            total,
            compute(connection, look.query(now, zone, by=("channel",)), SHOWN),
            compute(connection, look.query(now, zone, by=("reason",)), SHOWN),
            compute(connection, look.query(now, zone, grain="day"), SHOWN),
        )


def _shown(read: _Read, look: JourneyLook, acts: bool) -> list[Component]:
    zone = current_house().settings.tz
    parts = [
        cards(read.total, read.journeys, look),
        chart_panel(ways(read.flows, read.journeys.moves, look), note=_key()),
        _tables(read, look),
        chart_panel(once_and_done(read.days, look)),
    ]
    return [*parts, _panel("people", people(read.returners, zone))] if acts else parts


def _key() -> list[Component]:
    """What the colours say, in words."""
    return [
        html.Span(_(words), className="vg-way-key", style={"--way": colour})
        for words, colour in AFTER.values()
    ]


def _tables(read: _Read, look: JourneyLook) -> Component:
    shown = [("reason", read.reasons), ("channel", read.channels)]
    return html.Div(
        [_panel(f"by-{kind}", by_dimension(rows, kind, look)) for kind, rows in shown],
        className="vg-stack",
    )


def _panel(name: str, shown: Table) -> Component:
    aside = takeaway(name, shown.title, columns=True) if shown.rows else None
    return panel(shown.title, table(shown), name=name, aside=aside, className="vg-flush")
