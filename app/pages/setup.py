"""Set-up: from an empty database to the first source, in four steps.

It is shown instead of an overview that has nothing to show, to whoever may add sources.
"""

from __future__ import annotations

import asyncio

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import exists, select

from app import access
from app.access.rights import Right
from app.callbacks import callback
from app.components.exposure_form import said
from app.components.icons import icon
from app.components.panel import page_head
from app.components.setup_views import (
    OPTION,
    arriving,
    connector_options,
    documentation,
    first_way,
    secret_words,
    settings_fields,
    step,
    upload,
    written,
)
from app.context import current_house
from app.errors import AppError
from app.first_source import Draft, Guide, guide, guides
from app.i18n import N_, _
from app.sources import lacks
from ingest.reading.options import secret_variable
from ingest.schema import contacts, sources

PATH = "/setup"
TITLE = N_("Set-up")
ORDER = 84
ICON = "start"
RIGHT: Right = "manage_sources"

_FIRST = "asterisk-queue-log"


def instead(path: str) -> bool:
    """Of the overview, while nothing has ever come in."""
    user = access.current()
    if path != "/" or user is None or not user.may(RIGHT):
        return False
    with current_house().database.engine.connect() as connection:
        something = select(exists(select(contacts.c.thread_key)) | exists(select(sources.c.source)))
        return not connection.scalar(something)


def layout() -> Component:
    """The four steps; what is chosen in one shows in the next."""
    purpose = _("From an empty database to the first contacts on the screen, in four steps.")
    head = page_head(_("Set-up"), purpose)
    user = access.current()
    if user is None or not user.may(RIGHT):
        words = _("Sources are added by an administrator: ask one of yours.")
        return html.Div([head, html.P([icon("info"), words], className="vg-readonly")])
    return html.Div(
        [
            head,
            html.Div([_choose(), html.Div(id="setup-settings", className="vg-stack")],
                     className="vg-setup"),
        ]
    )  # fmt: skip


def _choose() -> Component:
    chooser = dmc.Select(
        id="setup-connector", label=_("What tells of your contacts?"), value=_FIRST,
        data=connector_options(guides()), searchable=True, size="sm",
        nothingFoundMessage=_("Nothing found"),
    )  # fmt: skip
    name = dmc.TextInput(
        id="setup-name", label=_("What shall it be called?"), value="first", size="sm",
        description=_("A word of yours, as «pbx-paris»: it stands beside every figure of it."),
        inputProps={"maxLength": 100, "autoComplete": "off"},
    )  # fmt: skip
    told = html.Div(id="setup-told")
    other = html.P(
        [_("Not in the list? A table (CSV, XLSX) of any tool is read by “table”.")],
        className="vg-quiet vg-small",
    )
    body = html.Div([chooser, told, name, other], className="vg-form")
    return step(1, _("Choose where contacts come from"), [body], name="setup-choose")


@callback(
    Output("setup-settings", "children"),
    Output("setup-told", "children"),
    Input("setup-connector", "value"),
)
async def show(connector: str | None) -> tuple[list[Component], Component]:
    """The other steps, as this connector needs them."""
    access.require(RIGHT)
    known = await asyncio.to_thread(guide, connector or _FIRST)
    return _steps(known), documentation(known)


def _steps(known: Guide) -> list[Component]:
    check = html.Button(
        [icon("check", size=15), _("Check it")], type="button", id="setup-check",
        className="vg-act",
    )  # fmt: skip
    answer = html.Div(id="setup-checked", className="vg-said", role="status")
    settings = [html.Div(settings_fields(known), className="vg-fields")]
    checked = [
        html.Div(id="setup-written"),
        html.Div(check, className="vg-acts"),
        answer,
    ]
    try_it = [upload(known.name)] if first_way(known) == "file" else []
    third = _("Load a file, or write it down for good") if try_it else _("Write it down, check it")
    return [
        step(2, _("Say how to reach it"), settings, name="setup-options"),
        step(3, third, [*try_it, *checked], name="setup-write"),
        step(4, _("See the first contacts arrive"), [arriving()], name="setup-arrive"),
    ]


_ASKED = (
    Input("setup-connector", "value"),
    Input("setup-name", "value"),
    Input({"type": OPTION, "name": ALL}, "value"),
    Input({"type": OPTION, "name": ALL}, "id"),
)


@callback(Output("setup-written", "children"), *_ASKED)
async def write(
    connector: str | None, name: str | None, values: list[str | None], ids: list[dict[str, str]]
) -> Component:
    """The piece of vigie.toml, as it is being told."""
    access.require(RIGHT)
    draft = _draft(connector, name, values, ids)
    return await asyncio.to_thread(_written, draft)


def _written(draft: Draft) -> Component:
    house, known = current_house(), guide(draft.connector)
    try:
        toml = draft.toml()
    except AppError:
        return said(_("Give it a name of at most 100 printable characters."), good=False)
    variables = []
    if known.secret:
        variables = [(secret_variable(draft.name.strip()), secret_words(known.ways[0]))]
    return written(draft, toml, str(house.settings.config_path()), variables)


@callback(
    Output("setup-checked", "children"),
    Input("setup-check", "n_clicks"),
    State("setup-connector", "value"),
    State("setup-name", "value"),
    State({"type": OPTION, "name": ALL}, "value"),
    State({"type": OPTION, "name": ALL}, "id"),
    prevent_initial_call=True,
)
async def check(
    clicks: int | None,
    connector: str | None,
    name: str | None,
    values: list[str | None],
    ids: list[dict[str, str]],
) -> Component:
    """As `vigie sources check`: what is missing, in words."""
    access.require(RIGHT)
    if not clicks or ctx.triggered_id != "setup-check":
        raise PreventUpdate
    draft = _draft(connector, name, values, ids)
    return await asyncio.to_thread(_checked, draft)


def _checked(draft: Draft) -> Component:
    try:
        missing = lacks(draft.source(current_house().settings))
    except AppError as error:
        missing = str(error)
    if missing is not None:
        return said(missing, good=False)
    return said(_("Nothing is missing: connector, settings and secret are there."), good=True)


def _draft(
    connector: str | None, name: str | None, values: list[str | None], ids: list[dict[str, str]]
) -> Draft:
    told = {id["name"]: value or "" for id, value in zip(ids, values, strict=True)}
    return Draft(connector or _FIRST, name or "", told)
