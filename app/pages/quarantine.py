"""Quarantine: what could not be used, why, and how it gets in after all."""

from __future__ import annotations

import asyncio

import structlog
from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from app import access
from app.callbacks import callback
from app.components.panel import page_head, panel
from app.components.quarantine_acts import MOVED, forgetting, replaying
from app.components.quarantine_views import (
    PAGE,
    Look,
    chosen,
    entry_table,
    pile_table,
    record,
    warning,
)
from app.components.takeaway import takeaway
from app.context import current_house
from app.i18n import N_, _
from ingest.quarantine import KEPT, NotInQuarantine, entries, entry, piles
from kpis.snapshot import snapshot

PATH = "/quarantine"
TITLE = N_("Quarantine")
ORDER = 82
ICON = "quarantine"
_log = structlog.get_logger("vigie.security")


def layout() -> Component:
    """The page as the visitor may see it: viewers get reasons and counts."""
    user = access.current()
    acts = user is not None and user.may("replay_quarantine")
    parts = [_why_panel(), _side(acts), _records_panel()]
    purpose = _(
        "What came in and could not be used. It is kept {days} days, byte for byte, and its "
        "neighbours went through.",
        days=KEPT.days,
    )
    return html.Div(
        [
            page_head(_("Quarantine"), purpose),
            html.Div(parts, className="vg-columns"),
            dcc.Store(id="quarantine-seen"),
            dcc.Store(id=MOVED),
        ],
        id="quarantine",
    )


def _why_panel() -> Component:
    body = html.Div(id="quarantine-piles", className="vg-matrix-place")
    title = _("Why, and of which source")
    return panel(title, body, name="why", aside=takeaway("why", title), className="vg-flush")


def _records_panel() -> Component:
    body = html.Div(id="quarantine-records", className="vg-matrix-place")
    aside: list[Component | str] = [
        html.Span(id="quarantine-chosen"),
        takeaway("records", _("Records")),
    ]
    return panel(_("Records"), body, name="records", aside=aside, className="vg-flush")


def _side(acts: bool) -> Component:
    place = html.Div(id="quarantine-record")
    if not acts:
        words = _("You can look at reasons and counts; records need the role “operator”.")
        told = [html.P(words, className="vg-quiet vg-small"), place]
        return html.Div(panel(_("One record"), told, name="one"), className="vg-stack vg-side")
    return html.Div(
        [
            panel(_("One record"), place, name="one"),
            panel(_("Replay"), replaying(), name="replay"),
            panel(_("Forget"), forgetting(), name="forget"),
        ],
        className="vg-stack vg-side",
    )


@callback(
    Output("quarantine-piles", "children"),
    Output("quarantine-chosen", "children"),
    Output("quarantine-records", "children"),
    Input("vigie-url", "search"),
    Input("quarantine-seen", "data"),
    Input(MOVED, "data"),
)
async def show(
    search: str | None, seen: object, moved: object
) -> tuple[Component, Component | None, Component]:
    """Counts and records, again whenever more is refused or some of it is replayed."""
    user = access.require("see")
    return await asyncio.to_thread(_shown, Look.of(search), user.may("see_raw"))


def _shown(look: Look, whole: bool) -> tuple[Component, Component | None, Component]:
    house = current_house()
    with snapshot(house.database.engine) as connection:
        counted = piles(connection)
        found = entries(
            connection, source=look.source, reason=look.reason, limit=PAGE, before=look.before
        )
    table = entry_table(found, look, house.settings.tz, whole=whole)
    return pile_table(counted, look), chosen(look), table


@callback(
    Output("quarantine-record", "children"),
    Input("vigie-url", "search"),
    Input(MOVED, "data"),
)
async def show_one(search: str | None, moved: object) -> Component | None:
    """The bytes of the record that the address names; for operators."""
    user = access.require("see")
    if not user.may("see_raw"):
        return None
    return await asyncio.to_thread(_one, Look.of(search).entry, user.name)


def _one(id: int | None, reader: str) -> Component:
    if id is None:
        return html.P(_("Choose a record of the list."), className="vg-empty")
    house = current_house()
    try:
        with house.database.engine.connect() as connection:
            found = entry(connection, id)
    except NotInQuarantine:
        return html.P(_("Record {number} is no longer here.", number=id), className="vg-empty")
    _log.info("refused record read", user=reader, entry=id, source=found.source)
    return html.Div([record(found, house.settings.tz), warning()])
