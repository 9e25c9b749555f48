"""Settings: channels, reasons, segments, targets, hours, costs… edited here, each with versions.

``/settings?part=targets`` shows a part, ``&row=3`` the form of one of its rows.  The parts are
the files of ``app/setting_parts/``: this page knows none of them.
"""

from __future__ import annotations

import asyncio

from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.access import User
from app.callbacks import callback, clientside
from app.components.panel import page_head, panel
from app.components.setting_acts import declare_settings
from app.components.setting_form import NAME, setting_form
from app.components.setting_views import PATH as PATH  # the page's own, for discovery
from app.components.setting_views import (
    add_link,
    changed_meanwhile,
    leave_link,
    read_only,
    standing_table,
    tabs,
    version_table,
)
from app.components.takeaway import takeaway
from app.context import current_house
from app.i18n import N_, _
from app.present import current_moment
from app.site.changing import newer, seen_now
from app.site.discovery import parts
from app.site.history import versions
from app.site.look import Look
from app.site.mark import read_marks
from app.site.part import Asked, Part

TITLE = N_("Settings")
ORDER = 95
ICON = "settings"

_VERSIONS = 200
#: Set by ``assets/settings.js`` when somebody has changed something, or the day turned.
MOVED = "settings-moved"


def layout() -> Component:
    """The head; the part that the address names follows at once."""
    purpose = _("How this house judges and names things. Every change is kept, with who and why.")
    return html.Div(
        [
            page_head(_("Settings"), purpose),
            html.Div(id="settings-found", className="vg-stack"),
            dcc.Store(id=MOVED),
            dcc.Store(id="settings-shown"),
        ]
    )


declare_settings()


@callback(
    Output("settings-found", "children"),
    Output("settings-shown", "data"),
    Input("vigie-url", "search"),
    State("settings-shown", "data"),
)
async def show(search: str | None, shown: str | None) -> tuple[list[Component], str]:
    """The part of the address; what stands there already stays, with what is being typed."""
    user = access.require("see")
    if search == shown:
        raise PreventUpdate
    return await asyncio.to_thread(_shown, Look.of(search), user), search or ""


# Whoever keeps something sees it at once; others by the live feed.
clientside(
    "(seen) => seen",
    Output(MOVED, "data"),
    Input(f"{NAME}-seen", "data"),
    prevent_initial_call=True,
)


@callback(
    Output("settings-standing", "children"),
    Output("settings-versions", "children"),
    Input(MOVED, "data"),
    State("vigie-url", "search"),
    prevent_initial_call=True,
)
async def again(_moved: object, search: str | None) -> tuple[Component, Component]:
    """Both lists, when anybody has changed something and when the day turns."""
    user = access.require("see")
    return await asyncio.to_thread(_lists, Look.of(search).part, user)


@callback(
    Output(f"{NAME}-meanwhile", "children"),
    Input(MOVED, "data"),
    Input(f"{NAME}-seen", "data"),
    State("vigie-url", "search"),
    prevent_initial_call=True,
)
async def meanwhile(
    _moved: object, seen: dict[str, int] | None, search: str | None
) -> Component | None:
    """Whoever fills the form is told what others have changed since they opened it."""
    access.require("see")
    return await asyncio.to_thread(_meanwhile, Look.of(search), seen or {})


def _shown(look: Look, user: User) -> list[Component]:
    """The form stands above what stands, where the reader has just pressed."""
    part, may, mark = look.part, user.may(look.part.right), _mark(look.part)
    standing, history = _lists(part, user)
    form = [_change(look)] if may and look.changes else []
    return [
        tabs(parts(), part),
        *form,
        panel(
            _(part.title),
            [
                html.P(_(part.purpose), className="vg-lead vg-quiet"),
                *([] if may else [read_only()]),
                html.Div(standing, id="settings-standing"),
            ],
            name="standing",
            aside=_aside(
                [add_link(part)] if may and not look.new else [],
                takeaway("settings-standing", _(part.title)),
            ),
            className="vg-flush",
        ),
        panel(
            _("What it has been"),
            html.Div(history, id="settings-versions"),
            name="versions",
            aside=takeaway("settings-versions", _("What it has been")),
            className="vg-flush",
        ),
        html.Div(
            dcc.Store(id="setting-part", data=part.key), hidden=True,
            **{"data-settings-part": part.key, "data-settings-mark": mark},
        ),
    ]


def _mark(part: Part) -> str:
    with current_house().database.engine.connect() as connection:
        return str(read_marks(connection)[f"settings.{part.key}.mark"])


def _aside(links: list[Component], taking: Component) -> Component:
    return html.Div([*links, taking], className="vg-aside")


def _lists(part: Part, user: User) -> tuple[Component, Component]:
    house = current_house()
    with house.database.engine.connect() as connection:
        rows = part.standing(Asked(house, connection, current_moment()))
        past = versions(connection, part, limit=_VERSIONS)
    may = user.may(part.right)
    return standing_table(part, rows, may=may), version_table(part, past, house.settings.tz)


def _meanwhile(look: Look, seen: dict[str, int]) -> Component | None:
    house = current_house()
    with house.database.engine.connect() as connection:
        found = newer(connection, look.part, seen)
    return changed_meanwhile(look.part, found, house.settings.tz) if found else None


def _change(look: Look) -> Component:
    """The form, filled with the row that is to be changed."""
    part, house = look.part, current_house()
    with house.database.engine.connect() as connection:
        asked = Asked(house, connection, current_moment())
        rows = part.standing(asked) if look.row is not None else ()
        chosen = rows[look.row] if look.row is not None and look.row < len(rows) else None
        values = {} if chosen is None else chosen.values
        form = setting_form(part, asked, values, seen_now(connection, part))
    title = _(part.add) if chosen is None else _("Change: {name}", name=chosen.cells[0])
    return panel(title, form, name="setting-change", aside=leave_link(part))
