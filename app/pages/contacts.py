"""Contacts: those behind a number, whichever page showed it; its address is the question.

``/contacts?from=…&to=…&kpi=…`` takes what ``GET /api/v1/contacts`` takes, so any page leads
here with :func:`app.drill.contacts_of` or an address of its own.  Without a question: today's.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from dash import Input, Output, html
from dash.development.base_component import Component

from app import access
from app.callbacks import callback
from app.components.contact_list import contact_list, refused
from app.components.panel import page_head
from app.components.vocabulary import Vocabulary
from app.contact_look import Look
from app.context import current_house
from app.exposure.service import ExposureService
from app.i18n import N_, _
from app.present import current_moment
from kpis.contact_page import read_page
from kpis.errors import WrongQuery
from kpis.snapshot import snapshot
from kpis.versions import formula_in_force

PATH = "/contacts"
TITLE = N_("Contacts")
ORDER = 25
ICON = "list"
PAST = N_("Who is one customer is told as it is known now.")

PAGE = 50


def layout() -> Component:
    """The head; the contacts that the address asks for follow at once."""
    purpose = _("Exactly the contacts that make a number: click any figure to come here.")
    return html.Div(
        [page_head(_("Contacts"), purpose), html.Div(id="contacts-found", className="vg-found")]
    )


@callback(Output("contacts-found", "children"), Input("vigie-url", "search"))
async def show(search: str | None) -> Component:
    """What the address asks for."""
    access.require("see")
    return await asyncio.to_thread(_shown, search, current_moment())


def _shown(search: str | None, now: datetime) -> Component:
    house = current_house()
    with snapshot(house.database.engine) as connection:
        look = Look.of(search, now, house.settings.tz, formula_in_force(connection))
        try:
            behind, place = look.question.behind(now)
            page = read_page(connection, behind, PAGE, place)
            counted = behind.totals(connection)
        except WrongQuery as wrong:
            return refused(str(wrong))
    vocabulary = Vocabulary.of(ExposureService(house.database).read())
    return contact_list(look, behind, page, counted, vocabulary, house.settings.tz)
