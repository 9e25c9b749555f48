"""Alerts: what fires now, who sees to it, and the alerts themselves, written without code."""

from __future__ import annotations

import asyncio

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from app import access
from app.alerts.live import alert_cells
from app.callbacks import callback
from app.components.alert_acts import book, declare_alerts
from app.components.alert_form import Choices, alert_form
from app.components.alert_views import alerts_table, firing_list, history
from app.components.panel import page_head, panel
from app.components.takeaway import takeaway
from app.components.vocabulary import Vocabulary
from app.context import current_house
from app.exposure.service import ExposureService
from app.i18n import N_, _
from app.palette import Action
from app.places import queues, told
from app.present import current_moment

PATH = "/alerts"
TITLE = N_("Alerts")
ORDER = 60
ICON = "alert"
PAST = N_(
    "Which alert was switched off or snoozed is not written down: alerts are shown as "
    "they are switched now."
)
#: The live cell whose count stands beside the page's name in the navigation.
BADGE = "alerts.firing"
ACTIONS = (
    Action(N_("Write or change an alert"), "#alerts-form > summary"),
    Action(N_("Acknowledge what fires"), "#firing [data-act='ack']"),
)

NAME = "alerts"
#: Set by ``assets/standing_alerts.js`` whenever anything on this page may have changed.
MOVED = f"{NAME}-moved"
ENTRIES = 200


def layout() -> Component:
    """The page as the visitor may see it, whole at once; viewers get no form."""
    user = access.current()
    acts = user is not None and user.may("set_alerts")
    choices = _choices()
    purpose = _("What needs somebody now. Alerts are written here and tried on the past.")
    panels = [_firing_panel(), _alerts_panel(acts, choices), _history_panel()]
    return html.Div(
        [
            page_head(_("Alerts"), purpose),
            html.Div(panels, className="vg-stack"),
            choices.vocabulary.for_browser(),
            html.Div(
                [dcc.Store(id=MOVED), dcc.Store(id=f"{NAME}-asked"), dcc.Store(id=f"{NAME}-edit")],
                hidden=True,
                **{"data-alerts-mark": _mark()},
            ),
        ]
    )


def _firing_panel() -> Component:
    said = html.Div(id=f"{NAME}-said", className="vg-said", role="status")
    body = [said, html.Div(_firing(), id=f"{NAME}-firing")]
    return panel(_("Firing now"), body, name="firing")


def _alerts_panel(acts: bool, choices: Choices) -> Component:
    shown = html.Div(_table(acts), id=f"{NAME}-table", className="vg-matrix-place")
    form = html.Details(
        [html.Summary(_("Write or change an alert")), alert_form(NAME, choices)],
        id=f"{NAME}-form",
        className="vg-more vg-inset",
    )
    tried = html.Div(id=f"{NAME}-tried", className="vg-said vg-inset", role="status")
    body = [*([tried] if acts else []), shown, *([form] if acts else [])]
    aside = takeaway("every", _("Every alert"))
    return panel(_("Every alert"), body, name="every", aside=aside, className="vg-flush")


def _history_panel() -> Component:
    body = html.Div(_history(), id=f"{NAME}-history")
    aside = takeaway("history", _("What has fired"), columns=True)
    return panel(_("What has fired"), body, name="history", aside=aside, className="vg-flush")


declare_alerts(NAME)


@callback(
    Output(f"{NAME}-firing", "children"),
    Output(f"{NAME}-table", "children"),
    Output(f"{NAME}-history", "children"),
    Input(MOVED, "data"),
    prevent_initial_call=True,
)
async def show(_moved: object) -> tuple[Component, Component, Component]:
    """All three lists, again whenever something moved."""
    acts = access.require("see").may("set_alerts")
    return await asyncio.to_thread(lambda: (_firing(), _table(acts), _history()))


def _firing() -> Component:
    acts = access.require("see").may("acknowledge_alerts")
    zone = current_house().settings.tz
    return firing_list(book().firing(), current_moment(), zone, acts=acts)


def _table(acts: bool) -> Component:
    zone = current_house().settings.tz
    return alerts_table(book().list(), current_moment(), zone, acts=acts)


def _history() -> Component:
    return history(book().history(limit=ENTRIES), current_moment())


def _mark() -> str:
    with current_house().database.engine.connect() as connection:
        return str(alert_cells(connection, current_moment())["alerts.mark"])


def _choices() -> Choices:
    house, now = current_house(), current_moment()
    vocabulary = Vocabulary.of(ExposureService(house.database).read())
    with house.database.engine.connect() as connection:
        seen = queues(connection, now), told(connection, now).sites
    mails = bool(house.settings.smtp_url and house.settings.mailable)
    return Choices(vocabulary, *seen, mails)
