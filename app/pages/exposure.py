"""Exposure: what customers are offered now, and the switches that change it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import dash_mantine_components as dmc
from dash import Input, Output, html
from dash.development.base_component import Component

from app import access
from app.callbacks import callback
from app.components.exposure_form import exposure_form, read_only, reverted, seen
from app.components.exposure_views import history, matrix
from app.components.live import listing
from app.components.panel import page_head, panel
from app.components.switching import declare_form
from app.components.vocabulary import ANY, Vocabulary, with_any
from app.context import current_house
from app.exposure.service import ExposureService
from app.i18n import N_, _

PATH = "/exposure"
TITLE = N_("Exposure")
ORDER = 30
ICON = "switches"

FORM = "whole"
ENTRIES = 50


def layout() -> Component:
    """The page as the visitor may see it: viewers get no form."""
    vocabulary = Vocabulary.of(ExposureService(current_house().database).read())
    user = access.current()
    acts = user is not None and user.may("operator")
    acting = [_form_panel(vocabulary, acts), _active_panel()]
    side = html.Div(acting, className="vg-stack vg-side")
    parts = [_matrix_panel(vocabulary), side, _history_panel()]
    purpose = _("What customers are offered, by reason and channel, and who decided it.")
    return html.Div(
        [
            page_head(_("Exposure"), purpose),
            html.Div(parts, className="vg-columns"),
            vocabulary.for_browser(),
            seen(FORM),
        ]
    )


def _matrix_panel(vocabulary: Vocabulary) -> Component:
    choosers = html.Div(
        [
            _chooser("segment", _("Segment"), vocabulary),
            _chooser("surface", _("Surface"), vocabulary),
        ],
        className="vg-choosers",
    )
    body = html.Div(id="exposure-matrix", className="vg-matrix-place")
    title = _("Effective state by reason and channel")
    return panel(title, body, name="matrix", aside=choosers, className="vg-flush")


def _chooser(kind: str, label: str, vocabulary: Vocabulary) -> Component:
    return dmc.Select(
        id=f"matrix-{kind}",
        data=with_any(kind, vocabulary.of_kind(kind)),
        value=ANY,
        size="xs",
        className="vg-chooser",
        **{"aria-label": label},
    )


def _form_panel(vocabulary: Vocabulary, acts: bool) -> Component:
    body = exposure_form(FORM, vocabulary, whole=True) if acts else read_only()
    return panel(_("Change exposure"), body, name="change")


def _active_panel() -> Component:
    body = [reverted(FORM), listing("exposure")]
    return panel(_("Active switches"), body, name="active")


def _history_panel() -> Component:
    body = html.Div(id="exposure-history", className="vg-matrix-place")
    return panel(_("History"), body, name="history", className="vg-flush")


declare_form(FORM)


@callback(
    Output("exposure-matrix", "children"),
    Input("matrix-segment", "value"),
    Input("matrix-surface", "value"),
    Input(f"{FORM}-seen", "data"),
)
async def show_matrix(segment: str, surface: str, moved: object) -> Component:
    """The matrix for the chosen customer, again whenever a switch moved."""
    return await asyncio.to_thread(_matrix_now, segment, surface)


def _matrix_now(segment: str, surface: str) -> Component:
    house = current_house()
    exposure = ExposureService(house.database).read()
    return matrix(exposure, segment, surface, datetime.now(UTC), house.settings.tz)


@callback(Output("exposure-history", "children"), Input(f"{FORM}-seen", "data"))
async def show_history(moved: object) -> Component:
    """The last changes, again whenever a switch moved."""
    return await asyncio.to_thread(_history_now)


def _history_now() -> Component:
    house = current_house()
    service = ExposureService(house.database)
    entries = service.history(limit=ENTRIES)
    return history(entries, Vocabulary.of(service.read()), house.settings.tz)
