"""The search for one customer by an exact identity.

What is typed goes to the server in the body of a request, is hashed there as events are, and is
told to nobody: neither an address nor a log nor an answer holds it.
"""

from __future__ import annotations

import asyncio

import dash_mantine_components as dmc
import structlog
from dash import Input, Output, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.callbacks import callback, clientside
from app.components.customer_look import Look
from app.components.exposure_form import said
from app.context import current_house
from app.customers import found_by
from app.i18n import _

#: What the words are read as, in this order, where nobody says which.
KINDS = ("email", "phone", "crm", "zendesk", "telegram", "whatsapp_user")
LONGEST = 500
_log = structlog.get_logger("vigie.security")


def search_form() -> Component:
    """One field and one button; Enter does it too."""
    hint = _(
        "Exactly as a whole: 06 39 98 12 34, name@example.org, a customer number; or kind=value."
    )
    words = dmc.TextInput(
        id="customer-words", label=_("Phone number, e-mail address or customer number"),
        description=hint, size="sm", **{"aria-describedby": "customer-said"},
        inputProps={"autoComplete": "off", "spellCheck": "false", "maxLength": LONGEST},
    )  # fmt: skip
    button = dmc.Button(_("Find the customer"), id="customer-find", fullWidth=True)
    return html.Div(
        [
            words,
            button,
            html.Div(id="customer-said", className="vg-said", role="status"),
            dcc.Store(id="customer-asked"),
            dcc.Store(id="customer-found"),
        ],
        className="vg-form",
    )


#: As the field stands at that moment: its value may reach Dash after the key that was pressed.
clientside(
    """(clicks, enters) => clicks || enters
      ? { words: document.getElementById("customer-words").value, at: Date.now() }
      : dash_clientside.no_update""",
    Output("customer-asked", "data"),
    Input("customer-find", "n_clicks"),
    Input("customer-words", "n_submit"),
    prevent_initial_call=True,
)


@callback(
    Output("customer-found", "data"),
    Output("customer-said", "children"),
    Output("customer-words", "value"),
    Input("customer-asked", "data"),
    prevent_initial_call=True,
)
async def search(asked: dict[str, object] | None) -> tuple[object, object, object]:
    """Lead to the customer, whose identity leaves the screen; or say that there is none."""
    user = access.require("see_customers")
    if asked is None:
        raise PreventUpdate
    if not (words := str(asked.get("words", "")).strip()[:LONGEST]):
        return no_update, said(_("Type an identity first."), good=False), no_update
    key = await asyncio.to_thread(customer_of, words)
    _log.info("customer searched", user=user.name, found=key is not None)
    if key is None:
        told = _("Nobody is known by exactly this. Check how it is written.")
        return no_update, said(told, good=False), no_update
    return Look(key).href, None, ""


def customer_of(words: str) -> int | None:
    """Whom exactly this leads to, read as the kind that is named, else as each there may be."""
    house = current_house()
    kind, equals, value = words.partition("=")
    if equals and kind.isidentifier() and value:
        return found_by(house, value, (kind,))
    return found_by(house, words, KINDS)


clientside(
    """(address) => {
      if (address) window.vigie.go(address);
      return dash_clientside.no_update;
    }""",
    Output("customer-found", "id"),
    Input("customer-found", "data"),
    prevent_initial_call=True,
)
