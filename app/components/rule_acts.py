"""What the rules panel does: callbacks over the rule book; the server refuses viewers anyhow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.callbacks import callback, clientside
from app.components.exposure_form import said
from app.components.refusals import ANSWERED, refusal
from app.components.rule_values import (
    FIELDS,
    ROWS,
    Cell,
    FieldsRefused,
    field_of,
    rule_of,
    values_of,
)
from app.components.rule_views import rules_table, timeline
from app.context import acting_house, current_house
from app.errors import NotFound
from app.exposure.approvals import Pending
from app.exposure.errors import InvalidChange, UnknownWord
from app.exposure.model import Actor
from app.exposure.rules.book import RuleBook
from app.exposure.rules.errors import Decided, Exists, NoPast, Outdated, Untried
from app.exposure.rules.model import RuleMode
from app.exposure.rules.records import Kept
from app.i18n import N_, _

DAYS = 14
_MODES = {"advise": RuleMode.ADVISE, "auto": RuleMode.AUTO, "off": RuleMode.OFF}
_BUTTONS = ("try", "advise", "auto", "off", "apply", "dismiss")
_CODES = {
    "rule_name": N_("Name the rule with a to z, 0 to 9 and -, such as phone-overload."),
    "rule_ramp": N_("Rising numbers from 1 to 100, such as 10, 50, 100."),
    "rule_advice": N_("No rule advises anything now."),
}
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (Untried, N_("Try this version on the past before you let it act.")),
    (NoPast, N_("Agents free are not kept minute by minute: this rule can advise, not act.")),
    (Decided, N_("Somebody was faster: look again, then decide.")),
    (Exists, N_("A rule of this name is there already: press “Edit” in its row.")),
    (Outdated, N_("Somebody has changed this rule meanwhile: press “Edit” in its row again.")),
    (NotFound, N_("This rule or advice is no longer there: reload the page.")),
)
#: The fields whose words the site may not know any more.
_WORDS = ("channel", "reason", "state", "to-channel", "to-reason", "to-segment", "to-surface")
_UNITS = '(measure, suffixes) => [suffixes[measure] || "", suffixes[measure] || ""]'


def declare_rules(name: str) -> None:
    """Attach the panel `name` to the rule book."""

    @callback(
        Output(f"{name}-said", "children"),
        Input(f"{name}-asked", "data"),
        prevent_initial_call=True,
    )
    async def act(asked: object) -> Component:
        actor = access.require("steer_rules").actor()
        told = asked if isinstance(asked, dict) else {}
        button, rule, advice = (str(told.get(key, "")) for key in ("act", "rule", "advice"))
        if button not in _BUTTONS:
            raise PreventUpdate  # the panel has just been drawn
        return await _answer(lambda: _act(button, rule, advice, actor))

    _declare_form(name)


def _declare_form(name: str) -> None:
    """The form: kept, or filled with a rule that there is."""
    _declare_looks(name)
    _declare_writing(name)
    _declare_filling(name)


def _declare_looks(name: str) -> None:
    """What the browser does alone: units beside the thresholds, unfolding what must be seen."""
    for row in range(1, ROWS + 1):
        clientside(
            _UNITS,
            Output(f"{name}-enter-{row}", "suffix"),
            Output(f"{name}-exit-{row}", "suffix"),
            Input(f"{name}-measure-{row}", "value"),
            State(f"{name}-suffixes", "data"),
        )
    # What is folded away and now needs to be seen is unfolded (``assets/switching.js``).
    clientside(
        f"() => window.vigie.reveal({name!r})",
        Input(f"{name}-written", "children"),
        prevent_initial_call=True,
    )


def _declare_writing(name: str) -> None:
    """The form is kept, or says beside its fields what is wrong."""

    @callback(
        Output(f"{name}-written", "children"),
        Output(f"{name}-editing", "data"),
        *(Output(f"{name}-{field}", "error") for field in FIELDS),
        Input(f"{name}-write", "n_clicks"),
        *(State(f"{name}-{field}", "value") for field in FIELDS),
        State(f"{name}-editing", "data"),
        prevent_initial_call=True,
    )
    async def write(clicks: int | None, *told: object) -> tuple[object, ...]:
        actor = access.require("steer_rules").actor()
        if not clicks:
            raise PreventUpdate
        *cells, editing = told
        values = {field: _cell(value) for field, value in zip(FIELDS, cells, strict=True)}
        answer, kept, wrong = await asyncio.to_thread(_written, values, editing, actor)
        return (answer, kept or no_update, *(wrong.get(field) for field in FIELDS))


def _declare_filling(name: str) -> None:
    """The form is filled with a rule that there is."""

    @callback(
        Output(f"{name}-written", "children", allow_duplicate=True),
        Output(f"{name}-editing", "data", allow_duplicate=True),
        *(Output(f"{name}-{field}", "value") for field in FIELDS),
        *(Output(f"{name}-{field}", "error", allow_duplicate=True) for field in FIELDS),
        Input(f"{name}-change", "data"),
        prevent_initial_call=True,
    )
    async def change(asked: object) -> tuple[object, ...]:
        access.require("steer_rules")
        told = asked if isinstance(asked, dict) else {}
        if not told:
            raise PreventUpdate  # the panel has just been drawn
        nothing = [None] * len(FIELDS)
        try:
            kept = await asyncio.to_thread(_kept_now, str(told.get("rule", "")))
        except ANSWERED as error:
            same = [no_update] * len(FIELDS)
            return (said(_refusal(error), good=False), None, *same, *nothing)
        words = _(
            "Version {number} of {name} fills the form: change it, then keep it.",
            number=kept.version, name=kept.rule.name,
        )  # fmt: skip
        filled = html.Span(words, className="vg-quiet")
        return (filled, _editing(kept), *values_of(kept.rule), *nothing)


def _kept_now(name: str) -> Kept:
    return RuleBook(current_house().database).get(name).kept


def _written(
    values: dict[str, Cell], editing: object, actor: Actor
) -> tuple[Component, dict[str, object] | None, dict[str, str]]:
    """What became of it, what the form holds from now on, and what is wrong by field."""
    try:
        kept = _kept(values, editing, actor)
    except ANSWERED as error:
        wrong = _wrong(error, values)
        words = _("Not kept: see what is said beside the fields.") if wrong else _refusal(error)
        return said(words, good=False), None, wrong
    words = _("Kept as version {number}: try it before you let it act.", number=kept.version)
    return said(words, good=True), _editing(kept), {}


def _cell(value: object) -> Cell:
    return value if isinstance(value, str | int | float) else None


def declare_rules_table(name: str, moved: str) -> None:
    """Draw the rules, anew whenever the store `moved` says so."""

    @callback(Output(f"{name}-table", "children"), Input(moved, "data"), prevent_initial_call=True)
    async def show(_moved: object) -> Component:
        acts = access.require("see").may("steer_rules")
        rules = await asyncio.to_thread(lambda: RuleBook(current_house().database).list())
        return rules_table(rules, acts=acts)


async def _answer(work: Callable[[], Component | str]) -> Component:
    """What became of it, in words; a refusal is an answer, not a failure."""
    try:
        done = await asyncio.to_thread(work)
    except ANSWERED as error:
        return said(await asyncio.to_thread(_refusal, error), good=False)
    return said(done, good=True) if isinstance(done, str) else html.Div(done)


def _refusal(error: Exception) -> str:
    """Why not, in the reader's words."""
    if isinstance(error, InvalidChange) and error.code in _CODES:
        return _(_CODES[error.code])
    words = next((words for kind, words in _KINDS if isinstance(error, kind)), None)
    return _(words) if words else refusal(error)


def _act(button: str, rule: str, advice: str, actor: Actor) -> Component | str:
    house, now = acting_house(), datetime.now(UTC)
    book = RuleBook(house.database)
    if button == "try":
        return timeline(book.try_on(rule, DAYS, actor, now), house.settings.tz)
    if button in _MODES:
        book.switch(rule, _MODES[button], actor, now)
        return _("Done: the rule is switched.")
    if not advice.isdecimal():
        raise InvalidChange("rule_advice", "no rule advises anything", "advice")
    if button == "apply":
        if isinstance(book.apply(int(advice), actor, now), Pending):
            return _("Proposed: closing waits for a second person.")
        return _("Done: what the rule advised is set.")
    book.dismiss(int(advice), actor, now)
    return _("Done: the advice is put away.")


def _kept(values: dict[str, Cell], editing: object, actor: Actor) -> Kept:
    """Keep it as the next version of the rule that fills the form, or as a new rule."""
    rule = rule_of(values)
    told = editing if isinstance(editing, dict) else {}
    version = told.get("version") if told.get("name") == rule.name else 0
    expected = version if isinstance(version, int) else 0
    book = RuleBook(acting_house().database)
    return book.save(rule, actor, datetime.now(UTC), expected=expected)


def _wrong(error: Exception, values: dict[str, Cell]) -> dict[str, str]:
    """What is to be said beside which field; nothing where it is about none of them."""
    if isinstance(error, FieldsRefused):
        return error.wrong
    if isinstance(error, Exists | Outdated):
        return {"rule": _refusal(error)}
    if isinstance(error, UnknownWord):
        fields = (field for field in _WORDS if values.get(field) == error.asked)
        return {field: _refusal(error) for field in list(fields)[:1]}
    field = field_of(error) if isinstance(error, InvalidChange) else None
    return {} if field is None else {field: _refusal(error)}


def _editing(kept: Kept) -> dict[str, object]:
    return {"name": kept.rule.name, "version": kept.version}
