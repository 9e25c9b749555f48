"""Replaying and forgetting what is in quarantine: forms, and what became of it in words.

Both are tried first: nothing is stored or forgotten before its effect was shown.  The page
hides them from viewers; here the server refuses them whatever the page shows.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import dash_mantine_components as dmc
import structlog
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.callbacks import callback
from app.components.exposure_form import said
from app.components.quarantine_views import Look
from app.context import acting_house
from app.errors import AppError
from app.i18n import _, integer
from app.replay import Choice, replay
from ingest.errors import IngestError
from ingest.quarantine import KEPT, Replayed, count_before, purge

T = TypeVar("T")
#: So many are parsed at a press; press again for the rest.
MOST = 500
#: Of the reasons why some are still refused, so many are told.
_TOLD = 5
MOVED = "quarantine-moved"
_log = structlog.get_logger("vigie.security")


def replaying() -> Component:
    """The form: a try, then the deed; on what the page's address has chosen."""
    words = _(
        "Parses the records chosen here once more, the one that is open or else all of the list, "
        "and stores what is good by now. Nothing is ever counted twice."
    )
    button = dmc.Button(_("Try it"), id="quarantine-try", variant="default", fullWidth=True)
    answer = html.Div(id="quarantine-tried", className="vg-form", role="status")
    return html.Div([html.P(words, className="vg-small vg-quiet"), button, answer],
                    className="vg-form", **{"data-may-act": "quarantine"})  # fmt: skip


def forgetting() -> Component:
    """The form: how many would go, then the deed."""
    words = _("What was received {days} days ago goes by itself.", days=KEPT.days)
    days = dmc.NumberInput(
        id="quarantine-days", label=_("Older than, in days"), value=KEPT.days, min=0, max=36_500,
        allowDecimal=False, size="sm",
    )  # fmt: skip
    button = dmc.Button(_("Count them"), id="quarantine-count", variant="default", fullWidth=True)
    answer = html.Div(id="quarantine-counted", className="vg-form", role="status")
    return html.Div([html.P(words, className="vg-small vg-quiet"), days, button, answer],
                    className="vg-form")  # fmt: skip


@callback(
    Output("quarantine-tried", "children"),
    Input("quarantine-try", "n_clicks"),
    State("vigie-url", "search"),
    prevent_initial_call=True,
)
async def attempt(clicks: int | None, search: str | None) -> list[Component]:
    """Parse the chosen records, store nothing, and offer to do it."""
    access.require("replay_quarantine")
    _pressed(clicks)
    choice = _choice(Look.of(search))
    return await _answer(lambda: _tried(_replay(choice, dry_run=True), choice))


@callback(
    Output("quarantine-replayed", "children"),
    Output(MOVED, "data"),
    Input("quarantine-replay", "n_clicks"),
    State("quarantine-choice", "data"),
    prevent_initial_call=True,
)
async def store(clicks: int | None, told: dict[str, object] | None) -> tuple[list[Component], str]:
    """Do what was tried."""
    user = access.require("replay_quarantine")
    _pressed(clicks)
    choice = _told_choice(told)
    answer = await _answer(lambda: _stored(_replay(choice, dry_run=False), user))
    return answer, datetime.now(UTC).isoformat()


@callback(
    Output("quarantine-counted", "children"),
    Input("quarantine-count", "n_clicks"),
    State("quarantine-days", "value"),
    prevent_initial_call=True,
)
async def count(clicks: int | None, days: object) -> list[Component]:
    """How many would be forgotten, and the button that does it."""
    access.require("purge_quarantine")
    _pressed(clicks)
    return await _answer(lambda: _counted(_days(days)))


@callback(
    Output("quarantine-forgotten", "children"),
    Output(MOVED, "data", allow_duplicate=True),
    Input("quarantine-forget", "n_clicks"),
    State("quarantine-before", "data"),
    prevent_initial_call=True,
)
async def forget(clicks: int | None, before: str) -> tuple[list[Component], str]:
    """Forget what was counted."""
    user = access.require("purge_quarantine")
    _pressed(clicks)
    answer = await _answer(lambda: _forgotten(datetime.fromisoformat(before), user))
    return answer, datetime.now(UTC).isoformat()


def _pressed(clicks: int | None) -> None:
    """Dash also calls when a button appears."""
    if not clicks:
        raise PreventUpdate


async def _answer(work: Callable[[], list[Component]]) -> list[Component]:
    """The words of what became of it, beside the loop; a refusal is an answer, not a failure."""
    try:
        return await asyncio.to_thread(work)
    except (AppError, IngestError) as error:
        return [said(_("Refused: {words}", words=str(error)), good=False)]


# --- replay -----------------------------------------------------------------------


def _choice(look: Look) -> Choice:
    if look.entry is not None:
        return Choice((look.entry,))
    return Choice((), look.source, look.reason, MOST)


def _told_choice(told: object) -> Choice:
    """The choice that the try left on the page; anybody may have changed it there."""
    if not isinstance(told, dict):
        raise PreventUpdate
    ids = [int(id) for id in told.get("ids") or ()][:MOST]
    named = {name: str(told[name]) for name in ("source", "reason") if told.get(name)}
    return Choice(ids, limit=MOST, **named)


def _replay(choice: Choice, *, dry_run: bool) -> list[Replayed]:
    return replay(acting_house(), choice, None, now=datetime.now(UTC), dry_run=dry_run)


def _tried(done: Sequence[Replayed], choice: Choice) -> list[Component]:
    good = [one for one in done if one.still_refused is None]
    events = sum(one.events for one in good)
    words = _(
        "Of {count} records {good} would be stored, as {events} events.",
        count=integer(len(done)), good=integer(len(good)), events=integer(events),
    )  # fmt: skip
    parts = [said(words, good=bool(good)), *_still_refused(done)]
    if good:
        told = {"ids": list(choice.ids), "source": choice.source, "reason": choice.reason}
        parts += [
            dcc.Store(id="quarantine-choice", data=told),
            dmc.Button(_("Store them"), id="quarantine-replay", fullWidth=True),
            html.Div(id="quarantine-replayed", className="vg-form"),
        ]
    return parts


def _stored(done: Sequence[Replayed], user: access.User) -> list[Component]:
    _log.info("quarantine replayed", user=user.name, entries=len(done))
    good = [one for one in done if one.still_refused is None]
    words = _(
        "Done: {good} records stored, {new} events new among them.",
        good=integer(len(good)), new=integer(sum(one.new for one in good)),
    )  # fmt: skip
    return [said(words, good=bool(good)), *_still_refused(done)]


def _still_refused(done: Sequence[Replayed]) -> list[Component]:
    """Why some stay, the most frequent first; the words are the connector's."""
    whys = Counter(one.still_refused for one in done if one.still_refused)
    if not whys:
        return []
    told = [
        html.Li([html.Strong(integer(times)), " ", html.Span(why, lang="en")])
        for why, times in whys.most_common(_TOLD)
    ]
    return [html.P(_("Still refused:"), className="vg-small"), html.Ul(told, className="vg-whys")]


# --- forget -----------------------------------------------------------------------


def _days(told: object) -> int:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= 36_500:
        raise AppError(_("give a number of days, 0 or more"))
    return int(told)


def _counted(days: int) -> list[Component]:
    before = datetime.now(UTC) - timedelta(days=days)
    many = count_before(acting_house().database.engine, before)
    if not many:
        return [said(_("No record is that old."), good=True)]
    words = _("{count} records would be forgotten, for good.", count=integer(many))
    return [
        said(words, good=False),
        dcc.Store(id="quarantine-before", data=before.isoformat()),
        dmc.Button(_("Forget them"), id="quarantine-forget", color="red", fullWidth=True),
        html.Div(id="quarantine-forgotten", className="vg-form"),
    ]


def _forgotten(before: datetime, user: access.User) -> list[Component]:
    if before.tzinfo is None:
        raise AppError(_("give a number of days, 0 or more"))
    gone = purge(acting_house().database.engine, before)
    _log.info("quarantine purged", user=user.name, entries=gone)
    return [said(_("Done: {count} records forgotten.", count=integer(gone)), good=True)]
