"""Audit: what somebody changed or looked at, when and why; and whether its chain holds."""

from __future__ import annotations

import asyncio

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from app import access
from app.access import User
from app.access.scopes import require_whole
from app.audit.look import PATH as PATH  # the page's own, for discovery
from app.audit.look import Look
from app.audit.question import Question
from app.audit.reading import people, read_lines, readable_by
from app.audit.source import Reader
from app.audit.telling import rows_of
from app.callbacks import callback
from app.components.audit_views import (
    FIELDS,
    NAME,
    audit_filters,
    chain,
    files,
    pager,
    timeline,
    verify_button,
)
from app.components.filter_bar import declare_filters
from app.components.icons import icon
from app.components.panel import page_head, panel
from app.components.takeaway import takeaway
from app.components.vocabulary import Vocabulary
from app.context import current_house
from app.errors import NotFound
from app.exposure.service import ExposureService
from app.i18n import N_, _
from app.present import current_moment

TITLE = N_("Audit")
ORDER = 90
ICON = "audit"

#: Set by ``assets/trail.js`` when something may have been added to the first page.
MOVED = f"{NAME}-moved"
PAGE = 50


def layout() -> Component:
    """The page as the visitor may see it."""
    user = access.current()
    head = page_head(_("Audit"), _("Who changed or looked at what, when and why."))
    if user is None or not user.may("see_audit"):
        words = _("You can work here; reading who did what needs another role.")
        return html.Div([head, html.P([icon("info"), words], className="vg-readonly")])
    return html.Div(
        [
            head,
            audit_filters(readable_by(user), _people(user)),
            html.Div(
                [
                    panel(
                        _("Chain of the exposure’s audit"),
                        html.Div(id="audit-chain"),
                        name="chain",
                        aside=verify_button(),
                    ),
                    html.Div(id="audit-found"),
                ],
                className="vg-stack",
            ),
            dcc.Store(id=MOVED),
        ],
        id=NAME,
    )


declare_filters(NAME, FIELDS)


@callback(Output("audit-found", "children"), Input("vigie-url", "search"), Input(MOVED, "data"))
async def show(search: str | None, _moved: object) -> Component:
    """What the address asks for; the first page again when something happened."""
    user = access.require("see_audit")
    require_whole(user.actor().within, "the audit")
    return await asyncio.to_thread(_found, Look.of(search), user)


@callback(
    Output("audit-chain", "children"),
    Input("vigie-url", "pathname"),
    Input("audit-verify", "n_clicks"),
)
async def verify(_path: str | None, _clicks: int | None) -> Component:
    """Walk the chain, when the page is opened and whenever it is asked."""
    access.require("see_audit")
    return await asyncio.to_thread(_verified)


def _people(user: User) -> list[str]:
    house, now = current_house(), current_moment()
    stretch = Look.of("?period=91d").filters.stretch(now, house.settings.tz)
    question = Question(start=stretch.start, end=stretch.end)
    with house.database.engine.connect() as connection:
        return people(connection, readable_by(user), question)


def _found(look: Look, user: User) -> Component:
    house, now = current_house(), current_moment()
    zone = house.settings.tz
    question = look.question(now, zone)
    with house.database.engine.connect() as connection:
        try:
            page = read_lines(connection, readable_by(user), question, PAGE)
        except NotFound:
            words = _("There is no such kind of entry: clear the filters.")
            return html.P(words, className="vg-said vg-said-bad")
    vocabulary = Vocabulary.of(ExposureService(house.database).read())
    rows = rows_of(page.lines, Reader(vocabulary, zone))
    aside = html.Div(
        [*files(look, question.start, question.end), takeaway("audit-list", _("Audit"))],
        className="vg-aside",
    )
    body = [html.Div(timeline(rows), id="audit-list"), pager(look, page)]
    return panel(_("Timeline"), body, name="timeline", aside=aside, className="vg-flush")


def _verified() -> Component:
    house = current_house()
    found = ExposureService(house.database).verify()
    return chain(found, current_moment(), house.settings.tz)
