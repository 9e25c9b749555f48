"""Who else is logged in, for those who keep the users: each session, and the end of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dash import ALL, Input, Output, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.access import User, journal
from app.access.sessions import SessionRow, Sessions
from app.access.visitors import session, sessions_ended
from app.callbacks import callback
from app.components.account_views import session_item
from app.context import current_house
from app.i18n import _, integer

SESSION_END = "account-other-end"
#: Nobody reads further; the command lists them all.
MOST = 200


def everybody(user: User) -> Component:
    """The sessions of all others, the last used first."""
    house = current_house()
    rows = Sessions(house.database.engine).standing(datetime.now(UTC))
    return _listed([row for row in rows if row.user_name != user.name], house.settings.tz)


def _listed(rows: Sequence[SessionRow], zone: ZoneInfo) -> Component:
    if not rows:
        return html.P(_("Nobody else is logged in."), className="vg-empty")
    items = [session_item(row, zone, SESSION_END, who=row.user_name) for row in rows[:MOST]]
    left = _("{count} more: vigie user sessions", count=integer(len(rows) - MOST))
    more = [html.P(left, className="vg-quiet vg-small")] if len(rows) > MOST else []
    return html.Div([html.Ul(items, className="vg-account-list"), *more])


@callback(
    Output("account-everybody", "children"),
    Input({"type": SESSION_END, "handle": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
async def end_anothers(clicks: list[int | None] | None) -> Component:
    """End the session of somebody else, and the screens it has open."""
    user = access.require("manage_users")
    session()
    pressed = ctx.triggered_id
    if not any(clicks or ()) or not isinstance(pressed, dict):
        raise PreventUpdate  # the list has just been drawn

    def work() -> Component:
        ended = Sessions(current_house().database.engine).revoke(str(pressed["handle"]))
        journal.noted("sessions ended", name=user.name, session=pressed["handle"], count=ended)
        return everybody(user)

    left = await asyncio.to_thread(work)
    sessions_ended()
    return left
