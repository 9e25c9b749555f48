"""Rules on the exposure page: what each does next, and the form that writes one without code.

`rules_panel` draws; :mod:`app.components.rule_acts` does what the buttons say.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.components import labels
from app.components.panel import panel
from app.components.rule_words import (
    MEASURES,
    MODES,
    doing_words,
    now_parts,
    shown,
    trial_words,
    watched,
)
from app.components.vocabulary import ANY, Vocabulary, with_any
from app.exposure.rules.book import Listed
from app.exposure.rules.model import Measure
from app.exposure.rules.records import Proposal, Tried
from app.i18n import NOTHING, _, date_time, duration, integer

#: What a rule is written from, in the order the callback receives it.
FIELDS = (
    "rule", "channel", "reason", "measure", "enter", "exit", "held", "state", "message-fr",
    "message-en",
)  # fmt: skip
_STATES = ("tucked", "promoted", "open")


def rules_panel(
    name: str, vocabulary: Vocabulary, rules: Sequence[Listed], *, acts: bool
) -> Component:
    """The rules with their next move; who may act also gets buttons and the form."""
    shown = rules_table(rules, acts=acts)
    table = html.Div(shown, id=f"{name}-table", className="vg-matrix-place")
    acting = [_answers(name), _write(name, vocabulary)] if acts else []
    return panel(_("Rules"), [table, *acting], name=name, className="vg-flush")


def rules_table(rules: Sequence[Listed], *, acts: bool) -> Component:
    """Name, what is watched, mode, what comes next, the last trial, what is advised now."""
    if not rules:
        return html.P(_("No rule is written yet."), className="vg-empty")
    titles = (_("Rule"), _("When"), _("Next move"), _("Tried on the past"), _("Mode"))
    head = html.Thead(html.Tr([html.Th(title, scope="col") for title in titles]))
    table = html.Table(
        [head, html.Tbody([_row(each, acts) for each in rules])],
        className="vg-table vg-stackable vg-rules",
    )
    return html.Div(table, className="vg-table-wrap", tabIndex="0", role="region", **{
        "aria-label": _("Rules")})  # fmt: skip


def _row(listed: Listed, acts: bool) -> Component:
    kept = listed.kept
    named = [kept.rule.name, html.Span(doing_words(listed), className="vg-cell-more")]
    next_move = [html.Div(now_parts(listed)), *(_advice(each, acts) for each in listed.advice)]
    tried = [trial_words(listed.tried)]
    trying = [_ask(kept.rule.name, "try", _("Try on 14 days"))] if acts else []
    return html.Tr(
        [
            html.Th(named, scope="row"),
            html.Td([html.Div(watched(each)) for each in kept.rule.conditions]),
            html.Td(next_move),
            html.Td([html.Div(tried), *trying]),
            html.Td(_modes(listed) if acts else _(MODES[kept.mode])),
        ]
    )


def _modes(listed: Listed) -> Component:
    """Off, advises, acts: the one that holds is pressed."""
    kept = listed.kept
    buttons = [
        _ask(kept.rule.name, mode.value, _(words), pressed=mode is kept.mode)
        for mode, words in MODES.items()
    ]
    label = _("Mode of {name}", name=kept.rule.name)
    return html.Div(buttons, className="vg-modes", role="group", **{"aria-label": label})


def _advice(advice: Proposal, acts: bool) -> Component:
    """What the rule advises, and the two answers to it."""
    change = advice.change
    told = _(
        "Advises: {channel} → {state}, {share} %",
        channel=labels.channel(change.channel),
        state=labels.state(change.state.value),
        share=integer(change.share),
    )
    name, id = advice.name, str(advice.id)
    buttons = [
        _ask(name, "apply", _("Apply"), advice=id), _ask(name, "dismiss", _("Dismiss"), advice=id)
    ]  # fmt: skip
    return html.Div([html.Strong(told), *(buttons if acts else [])], className="vg-acts")


def _ask(
    name: str, act: str, words: str, *, advice: str = "", pressed: bool | None = None
) -> Component:
    """A button of a rule; the browser tells it to the server (``assets/switching.js``)."""
    told = {"data-rule": name, "data-act": act, "data-advice": advice}
    state = {} if pressed is None else {"aria-pressed": "true" if pressed else "false"}
    return html.Button(words, type="button", className="vg-act", **(told | state))


def timeline(tried: Tried, zone: ZoneInfo) -> Component:
    """When the rule would have acted, for how long, and what it read."""
    lines = [
        html.Li(
            " · ".join(
                [
                    date_time(spell.from_, zone),
                    duration(((spell.to or tried.trial.end) - spell.from_).total_seconds()),
                    *(shown(name, value) for name, value in spell.readings.items()),
                ]
            )
        )
        for spell in tried.trial.timeline
    ]
    blind = _("Without a fresh feed for {time}", time=duration(tried.trial.blind_s))
    return html.Div([html.P(trial_words(tried)), html.Ol(lines), html.P(blind)])


def _answers(name: str) -> Component:
    """What was asked of a rule, and what became of it."""
    said = html.Div(id=f"{name}-said", className="vg-said vg-inset", role="status")
    return html.Div([said, dcc.Store(id=f"{name}-asked")])


def _write(name: str, vocabulary: Vocabulary) -> Component:
    measures = [{"value": each.value, "label": _(MEASURES[each])} for each in Measure]
    states = [{"value": state, "label": labels.state(state)} for state in _STATES]
    reasons = with_any("reason", vocabulary.of_kind("reason"))
    channels = [choice.option() for choice in vocabulary.channels()]
    fields = [
        _text(name, "rule", _("Name, such as phone-overload")),
        _select(name, "channel", _("Channel"), channels, channels[0]["value"]),
        _select(name, "reason", _("Reason"), reasons, ANY),
        _select(name, "measure", _("Reading"), measures, Measure.LONGEST_WAIT.value),
        _number(name, "enter", _("Acts from (minutes, %, number)"), 5),
        _number(name, "exit", _("Lets go at (70 % of it at most)"), 3),
        _number(name, "held", _("Held for (minutes)"), 3),
        _select(name, "state", _("State"), states, "tucked"),
        _text(name, "message-fr", _("Message to customers, in French")),
        _text(name, "message-en", _("Message to customers, in English")),
    ]
    body = html.Div(
        [
            html.Div(fields, className="vg-fields vg-fields-wide"),
            html.Div(id=f"{name}-written", className="vg-said", role="status"),
            html.Div(_button(name, "write", _("Keep the rule")), className="vg-form-actions"),
        ],
        className="vg-form",
        **{"data-may-act": f"{name}-write"},
    )
    return html.Details([html.Summary(_("Write a rule")), body], className="vg-more vg-inset")


def _select(
    name: str, field: str, label: str, data: Sequence[dict[str, str]], value: str | None = None
) -> Component:
    chosen = value or (data[0]["value"] if data else None)
    return dmc.Select(
        id=f"{name}-{field}", label=label, data=list(data), value=chosen, placeholder=NOTHING,
        comboboxProps={"withinPortal": True},
    )  # fmt: skip


def _text(name: str, field: str, label: str) -> Component:
    return dmc.TextInput(id=f"{name}-{field}", label=label, value="", size="sm")


def _number(name: str, field: str, label: str, value: float) -> Component:
    return dmc.NumberInput(id=f"{name}-{field}", label=label, value=value, min=0, size="sm")


def _button(name: str, act: str, label: str) -> Component:
    return dmc.Button(label, id=f"{name}-{act}", size="xs", variant="default")
