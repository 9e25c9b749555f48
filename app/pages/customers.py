"""Customers: what one customer did on every channel, live; masked, and every look written down."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.access import User
from app.callbacks import callback
from app.components.customer_data import data_acts, declare_data, may_act
from app.components.customer_look import PATH as PATH  # the page's own, for discovery
from app.components.customer_look import Look
from app.components.customer_search import search_form
from app.components.customer_timeline import PAGE, timeline, timeline_table
from app.components.customer_views import invitation, lookers, nobody, own_looks, who
from app.components.icons import icon
from app.components.panel import Part, page_head, panel
from app.components.table import folded
from app.components.takeaway import takeaway
from app.context import current_house
from app.customers import Looker, looked_at
from app.i18n import N_, _, language
from app.palette import Action
from ingest.accesses import accesses
from ingest.customers import Customer, NoSuchCustomer, news

TITLE = N_("Customers")
ORDER = 45
ICON = "person"
ACTIONS = (
    Action(N_("Find the customer"), "#customer-words"),
)

#: Set by the live feed when something was told of any customer (``assets/timeline.js``).
MOVED = "customers-moved"
_LOOKS = 12


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the page shows of one look; `mark`: of what was known when it was read."""

    mark: str
    found: Customer | None = None


def layout() -> Component:
    """The page as the visitor may see it: viewers get no customer."""
    user = access.current()
    purpose = _("One customer’s contacts on every channel, live. Every look is written down.")
    head = page_head(_("Customers"), purpose)
    if user is None or not user.may("see_customers"):
        words = _("You can look at journeys; seeing customers takes another role than yours.")
        refused = html.P([icon("info"), words], className="vg-readonly")
        return html.Div([head, panel(_("Find"), refused, name="find")])
    return html.Div(
        [
            head,
            html.Div([_side(user), _main()], className="vg-columns"),
            dcc.Store(id=MOVED),
            dcc.Store(id="customers-digest"),
        ],
        id="customers",
    )


def _side(user: User) -> Component:
    panels = [
        panel(_("Find"), search_form(), name="find"),
        panel(_("Who it is"), html.Div(id="customer-who"), name="who"),
    ]
    if may_act(user):
        panels.append(panel(_("Personal data"), data_acts(user), name="data"))
    return html.Div(panels, className="vg-stack vg-side")


def _main() -> Component:
    shown = html.Div(id="customer-timeline", className="vg-matrix-place")
    return html.Div(
        [
            panel(_("On every channel"), shown, name="timeline"),
            panel(_("Looks"), html.Div(id="customer-looks"), name="looks"),
        ],
        className="vg-stack",
    )


declare_data(MOVED)


@callback(
    Output("customer-timeline", "children"),
    Output("customer-who", "children"),
    Output("customer-looks", "children"),
    Output("customers-digest", "data"),
    Input("vigie-url", "search"),
    Input(MOVED, "data"),
    State("customers-digest", "data"),
)
async def show(
    search: str | None, moved: object, seen: str | None
) -> tuple[Component, Part, Component, str]:
    """The customer of the address; again when news came, where it is news of this one."""
    user = access.require("see_customers")
    return await asyncio.to_thread(_show, Look.of(search), user.name, seen)


def _show(look: Look, reader: str, seen: str | None) -> tuple[Component, Part, Component, str]:
    shown = _read(look, reader)
    digest = _digest(look, shown)
    if digest == seen:
        raise PreventUpdate
    return _timeline(look, shown), _who(look, shown), _looks(shown, reader), digest


def _read(look: Look, reader: str) -> _Shown:
    house = current_house()
    with house.database.engine.connect() as connection:
        mark = news(connection)
    if look.customer is None:
        return _Shown(mark)
    looker = Looker(reader, "page", look.via)
    try:
        found = looked_at(
            house, look.customer, looker, datetime.now(UTC), limit=PAGE, before=look.before
        )
    except NoSuchCustomer:
        return _Shown(mark)
    return _Shown(mark, found)


def _digest(look: Look, shown: _Shown) -> str:
    """Another one where anything on the page is different."""
    told = msgspec.json.encode([language(), look.query, shown.found])
    return hashlib.sha256(told).hexdigest()[:16]


def _timeline(look: Look, shown: _Shown) -> Component:
    zone = current_house().settings.tz
    if shown.found is not None:
        table = timeline_table(shown.found, zone)
        taking = takeaway("timeline", table.title)
        told = [
            timeline(shown.found, look, zone),
            html.Div([folded(table), taking], className="vg-taken"),
        ]
    else:
        told = [invitation() if look.customer is None else nobody(look.customer)]
    return html.Div(told, **{"data-news": shown.mark})


def _who(look: Look, shown: _Shown) -> Part:
    if shown.found is None:
        return html.P(_("Nobody is looked at yet."), className="vg-empty")
    return who(shown.found, current_house().settings.tz)


def _looks(shown: _Shown, reader: str) -> Component:
    """Who looked at this customer; where there is none, at whom the reader looked last."""
    house = current_house()
    with house.database.engine.connect() as connection:
        if shown.found is None:
            own = accesses(connection, actor=reader, limit=_LOOKS)
            return own_looks(own, house.settings.tz)
        seen = accesses(connection, customer=shown.found.key, limit=_LOOKS)
    months = house.settings.tables().privacy.accesses_months
    return lookers(seen, months, house.settings.tz)
