"""Sources: how each one stands, whether its ledger closes, and what to do where it fails."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app.components.panel import page_head
from app.components.standings import standings
from app.i18n import N_, _

PATH = "/sources"
TITLE = N_("Sources")
ORDER = 80
ICON = "source"
PAST = N_(
    "Of a source only its last event is known: its ledger of the day, pace and errors of "
    "then are not kept."
)


def layout() -> Component:
    """The page; every number in it arrives by the live feed."""
    purpose = _("What comes in, from where, and that nothing of it is lost or counted twice.")
    return html.Div([page_head(_("Sources"), purpose), standings()])
