"""Reports: what can be had now, who is sent what by itself, and what was sent."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from app import access, labels
from app.access.scopes import Scope
from app.callbacks import callback
from app.components.panel import page_head, panel
from app.components.report_acts import book, declare_reports
from app.components.report_form import Choices, now_form, schedule_form
from app.components.report_views import archive_table, schedules_table
from app.components.takeaway import takeaway
from app.components.vocabulary import Vocabulary
from app.context import current_house
from app.exposure.service import ExposureService
from app.i18n import N_, _
from app.palette import Action
from app.places import told
from app.present import current_moment
from app.reports.sending.book import Sent
from kpis.snapshot import snapshot

PATH = "/reports"
TITLE = N_("Reports")
ORDER = 65
ICON = "mail"
ACTIONS = (
    Action(N_("Download a report"), "#reports-now [data-get='pdf']"),
    Action(N_("Write or change a schedule"), "#reports-form > summary"),
)

NAME = "reports"
#: Looked at again by itself: letters are sent by another process.
EVERY_MS = 15_000
SENT = 60


def layout() -> Component:
    """The page as the visitor may see it, whole at once; only managers get the form."""
    acts = access.may("set_reports")
    choices = _choices()
    schedules, archive = _lists(acts)
    purpose = _("The day as a file, and in the mailbox at seven.")
    panels = [
        panel(_("A report now"), now_form(NAME, choices), name="now"),
        _schedules_panel(schedules, acts, choices),
        _archive_panel(archive),
    ]
    stores = [dcc.Store(id=f"{NAME}-{name}") for name in ("moved", "asked", "edit")]
    return html.Div(
        [
            page_head(_("Reports"), purpose),
            html.Div(panels, className="vg-stack"),
            html.Div([*stores, dcc.Interval(id=f"{NAME}-again", interval=EVERY_MS)], hidden=True),
        ]
    )


def _schedules_panel(shown: Component, acts: bool, choices: Choices) -> Component:
    said = html.Div(id=f"{NAME}-said", className="vg-said vg-inset", role="status")
    form = html.Details(
        [html.Summary(_("Write or change a schedule")), schedule_form(NAME, choices)],
        id=f"{NAME}-form",
        className="vg-more vg-inset",
    )
    table = html.Div(shown, id=f"{NAME}-schedules", className="vg-matrix-place")
    body = [said, table, *([form] if acts else [])]
    aside = takeaway("schedules", _("Sent by themselves"))
    return panel(
        _("Sent by themselves"), body, name="schedules", aside=aside, className="vg-flush"
    )


def _archive_panel(shown: Component) -> Component:
    aside = takeaway("archive", _("What was sent"))
    body = html.Div(shown, id=f"{NAME}-archive")
    return panel(_("What was sent"), body, name="archive", aside=aside, className="vg-flush")


declare_reports(NAME)


@callback(
    Output(f"{NAME}-schedules", "children"),
    Output(f"{NAME}-archive", "children"),
    Input(f"{NAME}-moved", "data"),
    Input(f"{NAME}-again", "n_intervals"),
    prevent_initial_call=True,
)
async def show(_moved: object, _again: int | None) -> tuple[Component, Component]:
    """Both lists, again whenever something was done here, and now and then."""
    access.require("see_reports")
    return await asyncio.to_thread(lambda: _lists(access.may("set_reports")))


def _lists(acts: bool) -> tuple[Component, Component]:
    zone, now = current_house().settings.tz, current_moment()
    archive = book().archive(limit=SENT)
    last: dict[str, Sent] = {}
    for sent in archive:
        last.setdefault(sent.run.schedule.name, sent)
    schedules = schedules_table(book().list(), last, now, acts=acts)
    return schedules, archive_table(archive, zone, acts=acts)


def _choices() -> Choices:
    """What there is to choose from, within what the visitor sees."""
    house, now = current_house(), current_moment()
    settings = house.settings
    seen = access.scope()
    vocabulary = Vocabulary.of(ExposureService(house.database).read())
    known = {one.value: one.label for one in vocabulary.channels()}
    names = [name for name in (seen.channels or known) if seen.has_channel(name)]
    return Choices(
        channels=[
            {"value": name, "label": known.get(name) or labels.channel(name)} for name in names
        ],
        sites=_sites(seen, now),
        zone=settings.zone,
        language=settings.language,
        domains=sorted(settings.mailable),
        yesterday=now.astimezone(settings.tz).date() - timedelta(days=1),
    )


def _sites(seen: Scope, now: datetime) -> list[str]:
    """Those of the visitor's scope, else of the last days."""
    if seen.sites is not None:
        return list(seen.sites)
    with snapshot(current_house().database.engine) as connection:
        return told(connection, now).sites
