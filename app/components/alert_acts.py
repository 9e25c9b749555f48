"""What the page of alerts does: callbacks over the book; the server refuses viewers anyhow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dash import Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.alerts.book import AlertBook, tomorrow
from app.alerts.errors import InvalidAlert
from app.alerts.model import Alert
from app.alerts.past import NoPast
from app.alerts.trial import Trial
from app.bootstrap import House
from app.callbacks import callback, clientside
from app.components.alert_form import FIELDS, Value, alert_of, values_of
from app.components.alert_words import spell_words, would_have
from app.components.editing import filled, of_form
from app.components.exposure_form import said
from app.components.refusals import ANSWERED
from app.context import acting_house, current_house
from app.errors import Conflict, NotFound
from app.exposure.model import Actor
from app.i18n import N_, _, date_time, integer
from ingest.errors import DatabaseUnavailable

DAYS = 14
#: So many spells of a trial are told one by one.
_TOLD = 12
_OF_FIRINGS = ("ack", "snooze")
_ACTS = (*_OF_FIRINGS, "on", "off", "try")
_CODES = {
    "alert_name": N_("Name the alert with a to z, 0 to 9 and -, such as long-wait."),
    "alert_range": N_("A time is out of range: held for 4 hours at most."),
    "alert_exit": N_(
        "The two thresholds must lie apart: it is over at a better value than it fires at."
    ),
    "alert_fraction": N_("A share is 100 % at most."),
    "alert_number": N_("Write a number of zero or more."),
    "alert_side": N_("Choose above or below: either side is for the forecast."),
    "alert_forecast_scope": N_(
        "The forecast knows channels and their reasons: leave queue, segment and site empty, and "
        "choose a channel with a reason."
    ),
    "alert_mail": N_("Only addresses of the allowed domains may be mailed (VIGIE_MAIL_DOMAINS)."),
    "alert_mail_many": N_("At most 20 addresses."),
}
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (NoPast, N_("Of this no past is kept, so it cannot be tried; it can be watched.")),
    (NotFound, N_("This alert is no longer there: reload the page.")),
    (Conflict, N_("Somebody has seen to it already, or it is over.")),
    (DatabaseUnavailable, N_("The database does not answer: try again in a moment.")),
)

_UNITS = """(kpi, units, suffixes) => {
  const forecast = kpi === "forecast";
  const suffix = suffixes[units[kpi]] || "";
  return [suffix, suffix, forecast, forecast, forecast, forecast, forecast, forecast];
}"""


def declare_alerts(name: str) -> None:
    """Attach the buttons of the lists and the form `name` to the book."""
    _declare_buttons(name)
    _declare_form(name)
    _declare_editing(name)


def _declare_buttons(name: str) -> None:
    """What stands in the lists: acknowledge, snooze, on, off, try."""

    @callback(
        Output(f"{name}-said", "children"),
        Output(f"{name}-tried", "children"),
        Input(f"{name}-asked", "data"),
        prevent_initial_call=True,
    )
    async def act(asked: object) -> tuple[Component | None, Component | None]:
        user = access.require("acknowledge_alerts")
        told = asked if isinstance(asked, dict) else {}
        words = {key: str(told.get(key, "")) for key in ("act", "name", "firing", "span")}
        if words["act"] not in _ACTS:
            raise PreventUpdate  # the page has just been drawn
        if words["act"] not in _OF_FIRINGS:
            access.require("set_alerts")
        answer = await _answer(lambda: _act(words, user.actor()))
        # Each is answered where its button stands.
        return (answer, None) if words["act"] in _OF_FIRINGS else (None, answer)


def _declare_form(name: str) -> None:
    """The form, whose units follow the KPI; of a forecast the thresholds are the band's."""
    clientside(
        _UNITS,
        Output(f"{name}-enter", "suffix"),
        Output(f"{name}-exit", "suffix"),
        *(
            Output(f"{name}-{field}", "disabled")
            for field in ("enter", "exit", "window", "queue", "segment", "site")
        ),
        Input(f"{name}-kpi", "value"),
        State(f"{name}-units", "data"),
        State(f"{name}-suffixes", "data"),
    )

    @callback(
        Output(f"{name}-written", "children"),
        Input(f"{name}-try", "n_clicks"),
        Input(f"{name}-write", "n_clicks"),
        *(State(f"{name}-{field}", "value") for field in FIELDS),
        prevent_initial_call=True,
    )
    async def write(tries: int | None, writes: int | None, *told: Value) -> Component:
        actor = access.require("set_alerts").actor()
        if not (tries or writes):
            raise PreventUpdate
        values = dict(zip(FIELDS, told, strict=True))
        work = _try_form if ctx.triggered_id == f"{name}-try" else _keep
        return await _answer(lambda: work(values, actor))


def _declare_editing(name: str) -> None:
    """The form filled with an alert that there is."""

    @callback(*of_form(name, FIELDS), prevent_initial_call=True)
    async def edit(asked: object) -> tuple[object, ...]:
        access.require("set_alerts")
        return await filled(asked, FIELDS, lambda name: values_of(book().get(name).alert))


def book() -> AlertBook:
    """The alert book as the one who asks sees it."""
    return _book(current_house())


def _acting_book() -> AlertBook:
    return _book(acting_house())


def _book(house: House) -> AlertBook:
    return AlertBook(house.database, house.settings.tz, house.settings.mailable)


async def _answer(work: Callable[[], Component | str]) -> Component:
    """What became of it, in words; a refusal is an answer, not a failure."""
    try:
        done = await asyncio.to_thread(work)
    except ANSWERED as error:
        return said(_refusal(error), good=False)
    return said(done, good=True) if isinstance(done, str) else done


def _refusal(error: Exception) -> str:
    """Why not, in the reader's words."""
    if isinstance(error, InvalidAlert) and error.code in _CODES:
        return _(_CODES[error.code])
    words = next((words for kind, words in _KINDS if isinstance(error, kind)), None)
    return _(words) if words else _("Refused: {words}", words=str(error))


def _act(told: dict[str, str], actor: Actor) -> Component | str:
    now, name = datetime.now(UTC), told["name"]
    match told["act"]:
        case "ack":
            return _acknowledge(told["firing"], actor, now)
        case "snooze":
            return _snooze(name, told["span"], actor, now)
        case "try":
            return _tried(book().get(name).alert, actor)
    _acting_book().switch(name, told["act"] == "on", actor, now)
    if told["act"] == "on":
        return _("Done: {name} is watched.", name=name)
    return _("Done: {name} is switched off.", name=name)


def _acknowledge(firing: str, actor: Actor, now: datetime) -> str:
    if not (firing.isascii() and firing.isdigit() and len(firing) < 19):
        raise InvalidAlert("alert_firing", f"«{firing}» is no firing")
    done = _acting_book().acknowledge(int(firing), actor, now)
    return _("Done: you see to {name}.", name=done.alert.name)


def _snooze(name: str, span: str, actor: Actor, now: datetime) -> str:
    zone = current_house().settings.tz
    if span != "tomorrow" and not (span.isascii() and span.isdigit() and len(span) < 5):
        raise InvalidAlert("alert_span", f"«{span}» is no time")
    until = tomorrow(now, zone) if span == "tomorrow" else now + timedelta(minutes=int(span))
    kept = _acting_book().snooze(name, until, actor, now)
    if kept.snoozed_until is None:
        return _("Done: {name} is told again.", name=name)
    time = date_time(kept.snoozed_until, zone)
    return _("Done: nothing is told of {name} until {time}.", name=name, time=time)


def _keep(told: dict[str, Value], actor: Actor) -> str:
    kept = _acting_book().save(alert_of(told), actor, datetime.now(UTC))
    return _(
        "Kept as version {number}: {name} is watched.",
        number=kept.version, name=kept.alert.name,
    )  # fmt: skip


def _try_form(told: dict[str, Value], actor: Actor) -> Component:
    return _tried(alert_of({**told, "name": told["name"] or "trial"}), actor)


def _tried(alert: Alert, actor: Actor) -> Component:
    return trial(alert, _acting_book().try_on(alert, DAYS, actor, datetime.now(UTC)))


def trial(alert: Alert, found: Trial) -> Component:
    """How often it would have fired, and when."""
    zone = current_house().settings.tz
    lines = [
        html.Li(f"{date_time(each.from_, zone)} · {spell_words(alert, each.value)}")
        for each in reversed(found.spells[-_TOLD:])
    ]
    more = len(found.spells) - len(lines)
    head = html.Strong(f"{alert.name}: {would_have(found, DAYS)}")
    note = _("By what is known now of those days, with the feed taken for fresh.")
    rest = [_("and {count} before that.", count=integer(more)), " "] if more > 0 else []
    return html.Div(
        [head, html.Ol(lines) if lines else None, html.P([*rest, note], className="vg-quiet")],
        className="vg-trial",
    )
