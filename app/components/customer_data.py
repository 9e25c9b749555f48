"""What a customer may ask of their data, done on their page: all of it taken out, or erased.

Both are for few, leave a trace, and want a fresh proof of who does it where closing wants one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

import dash_mantine_components as dmc
import msgspec
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.access import User
from app.access.proof import ProofNeeded
from app.callbacks import callback
from app.components.customer_look import Look
from app.components.exposure_form import said
from app.components.icons import icon
from app.components.refusals import ANSWERED, refusal
from app.context import acting_house
from app.customers import Looker
from app.errors import NotFound, WrongUse
from app.i18n import N_, _, integer
from app.privacy.erasure import Erasure
from app.privacy.holdings import Holdings, readable
from app.privacy.orders import erased, exported

#: What an erasure takes, in the order it is told.
_TAKEN = {
    "identities": N_("identities: {count}"),
    "contacts": N_("contacts without a name from then on: {count}"),
    "events": N_("facts of sources: {count}"),
    "accesses": N_("looks: {count}"),
    "decisions": N_("decisions: {count}"),
    "merges": N_("merges: {count}"),
    "refused": N_("unusable records: {count}"),
    "waiting": N_("unread deliveries: {count}"),
    "callbacks_and_messages": N_("callbacks and messages: {count}"),
}


def data_acts(user: User) -> list[Component]:
    """What this user may do with the data of whoever is looked at."""
    parts = [
        *([_export()] if user.may("export_customers") else []),
        *([_erase()] if user.may("erase_customers") else []),
    ]
    # Which of the two is seen follows from whether somebody is looked at (``assets``).
    form = html.Div(parts, className="vg-form vg-of-somebody")
    empty = html.P(_("Nobody is looked at yet."), className="vg-empty vg-of-nobody")
    return [form, empty, html.Div(id="customer-data-said", className="vg-said", role="status")]


def may_act(user: User) -> bool:
    """Has the user anything to do here?"""
    return user.may("export_customers") or user.may("erase_customers")


def _export() -> Component:
    words = _("All that is held on this customer, to hand it over. That you took it is kept.")
    acts = html.Div(
        [
            _button("customer-export-text", "download", _("To be read")),
            _button("customer-export-json", "download", _("For programs")),
        ],
        className="vg-acts",
    )
    return html.Div([html.P(words, className="vg-quiet vg-small"), acts,
                     dcc.Download(id="customer-export")])  # fmt: skip


def _erase() -> Component:
    words = _(
        "Erased is for good, everywhere, also when a source tells it again. Contacts stay and are "
        "counted, without a name."
    )
    why = dmc.TextInput(
        id="customer-erase-why", label=_("Why; do not name whom"), value="", withAsterisk=True,
        inputProps={"maxLength": 500, "autoComplete": "off"},
    )  # fmt: skip
    confirm = {"data-confirm": _("Press again to erase for good")}
    acts = html.Div(
        [
            _button("customer-erase-try", "info", _("What would go")),
            _button("customer-erase", "cross", _("Erase"), danger=True, **confirm),
        ],
        className="vg-acts",
    )
    return html.Div([html.P(words, className="vg-quiet vg-small"), why, acts])


def _button(id: str, sign: str, words: str, *, danger: bool = False, **told: str) -> Component:
    look = "vg-act vg-act-danger" if danger else "vg-act"
    return html.Button(
        [icon(sign, size=14), html.Span(words)], id=id, type="button", className=look, **told
    )


def declare_data(moved: str) -> None:
    """Attach the buttons; `moved`: the store that has the page read again."""
    _declare_export()
    _declare_erasure(moved)


def _declare_export() -> None:
    @callback(
        Output("customer-export", "data"),
        Output("customer-data-said", "children"),
        Input("customer-export-text", "n_clicks"),
        Input("customer-export-json", "n_clicks"),
        State("vigie-url", "search"),
        prevent_initial_call=True,
    )
    async def take_out(
        text: int | None, programs: int | None, search: str | None
    ) -> tuple[object, Component]:
        """All of it as a file."""
        user = access.require("export_customers")
        if not (text or programs):
            raise PreventUpdate  # the page has just been drawn
        write = _written if ctx.triggered_id == "customer-export-text" else _encoded
        try:
            file = await asyncio.to_thread(_file, search, user, write)
        except ProofNeeded:
            raise  # the browser asks for it and sends this again
        except ANSWERED as error:
            return no_update, said(await asyncio.to_thread(_refusal, error), good=False)
        return file, said(_("Done: the file is yours to hand over; keep no copy."), good=True)


def _declare_erasure(moved: str) -> None:
    @callback(
        Output("customer-data-said", "children", allow_duplicate=True),
        Output("customer-erase-why", "error"),
        Output("customer-erase-why", "value"),
        Output(moved, "data", allow_duplicate=True),
        Input("customer-erase", "n_clicks"),
        Input("customer-erase-try", "n_clicks"),
        State("customer-erase-why", "value"),
        State("vigie-url", "search"),
        prevent_initial_call=True,
    )
    async def erase(
        pressed: int | None, tried: int | None, told: object, search: str | None
    ) -> tuple[object, str | None, object, object]:
        """Erase, or say what would go."""
        user = access.require("erase_customers")
        if not (pressed or tried):
            raise PreventUpdate  # the page has just been drawn
        only_say = ctx.triggered_id == "customer-erase-try"
        why = told.strip() if isinstance(told, str) else ""
        if not (why or only_say):
            return None, _("Say why: the reason is kept in the history."), no_update, no_update
        try:
            done = await asyncio.to_thread(_erased, search, user, why, only_say=only_say)
        except ProofNeeded:
            raise  # as above
        except ANSWERED as error:
            refused = said(await asyncio.to_thread(_refusal, error), good=False)
            return refused, None, no_update, no_update
        if only_say:
            return said(done, good=True), None, no_update, no_update
        return said(done, good=True), None, "", datetime.now(UTC).isoformat()


#: What is held, as a file: its text and its ending.
Writer = Callable[[Holdings, datetime], tuple[str, str]]


def _file(search: str | None, user: User, write: Writer) -> dict[str, str]:
    now, key = datetime.now(UTC), _key(search)
    found = exported(acting_house(), key, Looker(user.name, "page"), now)
    content, ending = write(found, now)
    return {"content": content, "filename": f"customer-{str(key)[-6:]}.{ending}"}


def _written(found: Holdings, now: datetime) -> tuple[str, str]:
    return readable(found, now), "txt"


def _encoded(found: Holdings, now: datetime) -> tuple[str, str]:
    told = {"as_of": now.isoformat(), **found}
    return json.dumps(told, default=str, ensure_ascii=False, indent=1), "json"


def _erased(search: str | None, user: User, why: str, *, only_say: bool) -> str:
    done = erased(
        acting_house(), _key(search), actor=user.name, reason=why or "-",
        now=datetime.now(UTC), dry_run=only_say,
    )  # fmt: skip
    if only_say:
        return _("This would go: {what}.", what=_counts(done))
    return _("Erased for good: {what}.", what=_counts(done))


def _counts(done: Erasure) -> str:
    counted = msgspec.structs.asdict(done)
    told = (_(words, count=integer(counted[name])) for name, words in _TAKEN.items()
            if counted[name])  # fmt: skip
    return ", ".join(told) or _("nothing")


def _refusal(error: Exception) -> str:
    if isinstance(error, NotFound):
        return _("Nobody has that key any more: search by an identity.")
    return refusal(error)


def _key(search: str | None) -> int:
    """Whom the address names.  Raises WrongUse: nobody."""
    if (key := Look.of(search).customer) is None:
        raise WrongUse(_("Nobody is looked at yet."))
    return key
