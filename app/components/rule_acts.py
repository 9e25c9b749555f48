"""What the rules panel does: callbacks over the rule book; the server refuses viewers anyhow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from dash import Input, Output, State, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from msgspec.structs import replace

from app import access
from app.callbacks import callback
from app.components.exposure_form import said
from app.components.refusals import ANSWERED, refusal
from app.components.rule_form import FIELDS, rules_table, timeline
from app.context import current_house
from app.errors import NotFound
from app.exposure.approvals import Pending
from app.exposure.errors import InvalidChange
from app.exposure.model import Actor, state_of
from app.exposure.rules.book import RuleBook
from app.exposure.rules.errors import Decided, NoPast, Untried
from app.exposure.rules.model import Condition, Doing, Measure, Rule, RuleMode
from app.i18n import N_, _

DAYS = 14
_MODES = {"advise": RuleMode.ADVISE, "auto": RuleMode.AUTO, "off": RuleMode.OFF}
_BUTTONS = ("try", "advise", "auto", "off", "apply", "dismiss")
_MINUTE = (Measure.LONGEST_WAIT, Measure.AVERAGE_WAIT, Measure.BACKLOG_AGE)
_CODES = {
    "rule_name": N_("Name the rule with a to z, 0 to 9 and -, such as phone-overload."),
    "rule_exit": N_(
        "The two thresholds are too near: let go at 70 % of where it acts at most; for a level "
        "that falls, act at 70 % of where it lets go at most."
    ),
    "rule_range": N_("A time of this rule is out of range: at most 4 hours held."),
    "rule_measure": N_("Choose a reading."),
    "rule_number": N_("Write a number of zero or more."),
    "rule_advice": N_("No rule advises anything now."),
}
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (Untried, N_("Try this version on the past before you let it act.")),
    (NoPast, N_("Agents free are not kept minute by minute: this rule can advise, not act.")),
    (Decided, N_("Somebody was faster: look again, then decide.")),
    (NotFound, N_("This rule or advice is no longer there: reload the page.")),
)
Cell = str | float | None


def declare_rules(name: str) -> None:
    """Attach the panel `name` to the rule book."""

    @callback(
        Output(f"{name}-said", "children"),
        Input(f"{name}-asked", "data"),
        prevent_initial_call=True,
    )
    async def act(asked: object) -> Component:
        actor = access.require("operator").actor()
        told = asked if isinstance(asked, dict) else {}
        button, rule, advice = (str(told.get(key, "")) for key in ("act", "rule", "advice"))
        if button not in _BUTTONS:
            raise PreventUpdate  # the panel has just been drawn
        return await _answer(lambda: _act(button, rule, advice, actor))

    @callback(
        Output(f"{name}-written", "children"),
        Input(f"{name}-write", "n_clicks"),
        *(State(f"{name}-{field}", "value") for field in FIELDS),
        prevent_initial_call=True,
    )
    async def write(clicks: int | None, *told: Cell) -> Component:
        actor = access.require("operator").actor()
        if not clicks:
            raise PreventUpdate
        values = dict(zip(FIELDS, told, strict=True))
        return await _answer(lambda: _write(values, actor))


def declare_rules_table(name: str, moved: str) -> None:
    """Draw the rules, anew whenever the store `moved` says so."""

    @callback(Output(f"{name}-table", "children"), Input(moved, "data"), prevent_initial_call=True)
    async def show(_moved: object) -> Component:
        acts = access.require("viewer").may("operator")
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
    house, now = current_house(), datetime.now(UTC)
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


def _write(values: dict[str, Cell], actor: Actor) -> str:
    book, rule = RuleBook(current_house().database), rule_of(values)
    known = next((each.kept.rule for each in book.list() if each.kept.rule.name == rule.name), None)
    wanted = rule if known is None else changed(known, rule)
    kept = book.save(wanted, actor, datetime.now(UTC))
    return _("Kept as version {number}: try it before you let it act.", number=kept.version)


def rule_of(values: dict[str, Cell]) -> Rule:
    """The rule that the form says.  Raises InvalidChange, UnknownWord."""
    word = str(values["measure"] or "")
    if word not in set(Measure):
        raise InvalidChange("rule_measure", f"no measure «{word}»", "measure")
    measure = Measure(word)
    unit = 60.0 if measure in _MINUTE else 0.01 if measure is Measure.SERVICE_LEVEL else 1.0
    condition = Condition(
        measure=measure,
        enter=_number(values["enter"], "enter") * unit,
        exit=_number(values["exit"], "exit") * unit,
    )
    doing = Doing(
        state=state_of(str(values["state"] or "")),
        message_fr=_text(values["message-fr"]),
        message_en=_text(values["message-en"]),
    )
    return Rule(
        name=_text(values["rule"]) or "",
        channel=_text(values["channel"]) or "",
        reason=_text(values["reason"]) or "*",
        conditions=(condition,),
        held_s=round(min(_number(values["held"], "held"), 1e6) * 60),
        doing=doing,
    )


def changed(known: Rule, told: Rule) -> Rule:
    """The known rule with what the form tells of it: ramp, dwell, cap and the like stay.

    Of several conditions the one on the measure that is told is replaced.
    """
    (condition,) = told.conditions
    others = [each for each in known.conditions if each.measure is not condition.measure]
    doing = replace(
        known.doing,
        state=told.doing.state,
        message_fr=told.doing.message_fr,
        message_en=told.doing.message_en,
    )
    return replace(
        known,
        channel=told.channel,
        reason=told.reason,
        conditions=(condition, *(others if len(known.conditions) > 1 else ())),
        held_s=told.held_s,
        doing=doing,
    )


def _text(value: Cell) -> str | None:
    return str(value).strip() or None if value is not None else None


def _number(value: Cell, field: str) -> float:
    if isinstance(value, int | float) and 0 <= value < float("inf"):
        return float(value)
    raise InvalidChange("rule_number", f"{field} is no number of zero or more", field)
