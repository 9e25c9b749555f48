"""What the page of reports does: callbacks over the book; the server refuses others anyhow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from dash import Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.callbacks import callback, clientside
from app.components.editing import filled, of_form
from app.components.exposure_form import said
from app.components.report_form import FIELDS, WANTED, Value, schedule_of, values_of
from app.context import acting_house
from app.errors import AppError, Conflict, Forbidden, NotFound
from app.exposure.model import Actor
from app.i18n import N_, _
from app.reports.sending.book import ReportBook
from ingest.errors import DatabaseUnavailable

_ACTS = ("on", "off", "remove", "again")
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (NotFound, N_("That is no longer there: reload the page.")),
    (Conflict, N_("It is on its way already: wait a minute.")),
    (DatabaseUnavailable, N_("The database does not answer: try again in a moment.")),
)

_ASKED = """(report, language, sites, channels, day, last, summaries) => {
  const asked = new URLSearchParams({ language });
  (sites || []).forEach((site) => asked.append("site", site));
  (channels || []).forEach((channel) => asked.append("channel", channel));
  const ranged = report === "period";
  if (ranged && last) asked.set("last", last);
  return [`${report}/${day}|${asked}`, summaries[report], ranged ? "yes" : "no"];
}"""
_MONTHLY = """(kind) => [kind !== "monthly", kind === "monthly" ? "yes" : "no"]"""


def declare_reports(name: str) -> None:
    """Attach the buttons of the lists and the forms `name` to the book."""
    _declare_now(name)
    _declare_buttons(name)
    _declare_form(name)
    _declare_editing(name)


def _declare_now(name: str) -> None:
    """What is wanted now stands in the place of its buttons; the browser fetches it."""
    clientside(
        _ASKED,
        Output(f"{name}-now", "data-asked"),
        Output(f"{name}-tells", "children"),
        Output(f"{name}-now", "data-ranged"),
        *(Input(f"{name}-{field}", "value") for field in WANTED),
        Input(f"{name}-day", "data"),
        Input(f"{name}-last", "data"),
        State(f"{name}-summaries", "data"),
    )


def _declare_buttons(name: str) -> None:
    """What stands in the lists: on, off, remove, send again."""

    @callback(
        Output(f"{name}-said", "children"),
        Output(f"{name}-moved", "data", allow_duplicate=True),
        Input(f"{name}-asked", "data"),
        prevent_initial_call=True,
    )
    async def act(asked: object) -> tuple[Component, object]:
        actor = access.require("set_reports").actor()
        told = asked if isinstance(asked, dict) else {}
        words = {key: str(told.get(key, "")) for key in ("act", "name", "run")}
        if words["act"] not in _ACTS:
            raise PreventUpdate  # the page has just been drawn
        return await _answer(lambda: _act(words, actor)), told.get("at")


def _declare_form(name: str) -> None:
    """The form; weekdays are of daily and weekly reports, the day of the month of monthly ones."""
    clientside(
        _MONTHLY,
        Output(f"{name}-monthday", "disabled"),
        Output(f"{name}-form", "data-monthly"),
        Input(f"{name}-kind", "value"),
    )

    @callback(
        Output(f"{name}-written", "children"),
        Output(f"{name}-moved", "data", allow_duplicate=True),
        Input(f"{name}-write", "n_clicks"),
        *(State(f"{name}-{field}", "value") for field in FIELDS),
        prevent_initial_call=True,
    )
    async def write(clicks: int | None, *told: Value) -> tuple[Component, object]:
        actor = access.require("set_reports").actor()
        if not clicks:
            raise PreventUpdate
        values = dict(zip(FIELDS, told, strict=True))
        return await _answer(lambda: _keep(values, actor)), clicks


def _declare_editing(name: str) -> None:
    """The form filled with a schedule that there is."""

    @callback(*of_form(name, FIELDS), prevent_initial_call=True)
    async def edit(asked: object) -> tuple[object, ...]:
        access.require("set_reports")
        return await filled(asked, FIELDS, lambda name: values_of(book().get(name).schedule))


def book() -> ReportBook:
    """The book of reports of the house, as far as the visitor sees."""
    # What is cut here is cut by the scope that each schedule and report has.
    house = acting_house()
    known = access.may("set_reports")
    return ReportBook(house.database, house.settings.mailable, access.scope(), addresses=known)


async def _answer(work: Callable[[], str]) -> Component:
    """What became of it, in words; a refusal is an answer, not a failure."""
    try:
        done = await asyncio.to_thread(work)
    except Forbidden:
        raise
    except (AppError, DatabaseUnavailable) as error:
        return said(_refusal(error), good=False)
    return said(done, good=True)


def _refusal(error: Exception) -> str:
    """Why not, in the reader's words."""
    words = next((words for kind, words in _KINDS if isinstance(error, kind)), None)
    return _(words) if words else _("Refused: {words}", words=str(error))


def _act(told: dict[str, str], actor: Actor) -> str:
    now, name = datetime.now(UTC), told["name"]
    match told["act"]:
        case "again":
            return _again(told["run"], actor, now)
        case "remove":
            book().remove(name, actor, now)
            return _("Done: {name} is taken away; what it sent stays below.", name=name)
    book().switch(name, told["act"] == "on", actor, now)
    if told["act"] == "on":
        return _("Done: {name} is sent again.", name=name)
    return _("Done: {name} is not sent any more.", name=name)


def _again(run: str, actor: Actor, now: datetime) -> str:
    if not (run.isascii() and run.isdigit() and len(run) < 19):
        raise NotFound(f"«{run[:20]}» is no report")
    sent = book().resend(int(run), actor, now)
    return _("Done: {name} is on its way.", name=sent.run.schedule.name)


def _keep(told: dict[str, Value], actor: Actor) -> str:
    kept = book().save(schedule_of(told), actor, datetime.now(UTC))
    return _(
        "Kept as version {number}: {name} is sent from now on.",
        number=kept.version, name=kept.schedule.name,
    )  # fmt: skip
