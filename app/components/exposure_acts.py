"""What the approval buttons, «all open» and its undo do; the server refuses viewers anyhow."""

from __future__ import annotations

from datetime import UTC, datetime

import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.callbacks import callback
from app.components.icons import icon
from app.components.switching import answered, waits
from app.context import acting_house
from app.errors import Forbidden, WrongUse
from app.exposure.approvals import Pending
from app.exposure.model import Actor
from app.exposure.service import ExposureService
from app.i18n import _, integer


def approvals_acts() -> Component:
    """Where what the buttons of the proposals ask is kept, and where it is answered."""
    said = html.Div(id="approvals-said", className="vg-said", role="status")
    return html.Div([said, dcc.Store(id="approvals-asked")])


def all_open_form() -> Component:
    """The kill switch and the way back, each asked twice (``assets/switching.js``)."""
    words = _(
        "Takes away whatever hides a channel, now or as planned, in one go; proposals that wait "
        "are rejected and rules rest."
    )
    why = dmc.TextInput(
        id="all-open-why", label=_("Why"), value="", withAsterisk=True,
        inputProps={"maxLength": 500},
    )  # fmt: skip
    acts = html.Div(
        [
            _button("all-open-apply", "open", _("Open everything"), "vg-act vg-act-danger"),
            _button("all-open-undo", "undo", _("Undo the last one"), "vg-act"),
        ],
        className="vg-acts",
    )
    said = html.Div(id="all-open-said", className="vg-said", role="status")
    return html.Div([html.P(words, className="vg-quiet vg-small"), why, acts, said],
                    className="vg-form", **{"data-may-act": "all-open"})  # fmt: skip


def _button(id: str, mark: str, words: str, look: str) -> Component:
    return html.Button(
        [icon(mark, size=14), html.Span(words)], id=id, type="button", className=look,
        **{"data-confirm": _("Press again to confirm")},
    )  # fmt: skip


@callback(
    Output("approvals-said", "children"),
    Input("approvals-asked", "data"),
    prevent_initial_call=True,
)
async def decide(asked: object) -> Component:
    """Approve or reject the proposal that was pressed."""
    actor = access.require("approve").actor()
    answer, _done = await answered(lambda: _decided(asked, actor))
    return answer


@callback(
    Output("all-open-said", "children"),
    Output("all-open-why", "error"),
    Input("all-open-apply", "n_clicks"),
    Input("all-open-undo", "n_clicks"),
    State("all-open-why", "value"),
    prevent_initial_call=True,
)
async def open_all(
    applied: int | None, undone: int | None, told: str | None
) -> tuple[Component | None, str | None]:
    """Open everything, or give back what that took away."""
    actor = access.require("flip").actor()
    why = told.strip() if isinstance(told, str) else ""
    if not (applied or undone):
        raise PreventUpdate  # the page has just been drawn
    if not why:
        return None, _("Say why: the reason is kept in the history.")
    undo = ctx.triggered_id == "all-open-undo"
    answer, _done = await answered(lambda: (_undo if undo else _open)(actor, why))
    return answer, None


def _decided(asked: object, actor: Actor) -> str:
    told = asked if isinstance(asked, dict) else {}
    id, decision = told.get("id"), told.get("decide")
    if type(id) is not int or decision not in ("approve", "reject"):
        raise WrongUse("not a decision: approve or reject one proposal")
    service, now = ExposureService(acting_house().database), datetime.now(UTC)
    if decision == "reject":
        service.reject(id, actor, now)
        return _("Done: the proposal is gone.")
    try:
        service.approve(id, actor, now)
    except Forbidden as error:
        raise Forbidden(_("you proposed it, and approving takes another person")) from error
    return _("Done: approved and in force.")


def _open(actor: Actor, why: str) -> str:
    service = ExposureService(acting_house().database)
    opened = service.all_open(actor, why, datetime.now(UTC))
    if not opened:
        return _("Nothing was hidden: everything is open.")
    count = integer(len(opened))
    return _("Done: everything is open; switches taken away: {count}.", count=count)


def _undo(actor: Actor, why: str) -> str:
    now = datetime.now(UTC)
    found = ExposureService(acting_house().database).undo_all_open(actor, why, now)
    if isinstance(found, Pending):
        return waits(found, now)
    return _("Done: switches given back: {count}.", count=integer(len(found)))
