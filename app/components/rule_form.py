"""Rules on the exposure page: what each does next, and the form that writes one without code.

`rules_panel` draws; :mod:`app.components.rule_acts` does what the buttons say.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.components import labels
from app.components.panel import panel
from app.components.rule_words import (
    MEASURES,
    MODES,
    doing_words,
    next_words,
    now_words,
    shown,
    trial_words,
    watched,
)
from app.components.vocabulary import ANY, Vocabulary, with_any
from app.exposure.rules.book import Listed
from app.exposure.rules.model import Measure
from app.exposure.rules.records import Tried
from app.i18n import NOTHING, _, date_time, duration, integer

__all__ = ["FIELDS", "advice_options", "next_words", "rule_options", "rules_panel", "rules_table"]

#: What a rule is written from, in the order the callback receives it.
FIELDS = (
    "rule", "channel", "reason", "measure", "enter", "exit", "held", "state", "message-fr",
    "message-en",
)  # fmt: skip
_STATES = ("tucked", "promoted", "open")


def rules_panel(
    name: str, vocabulary: Vocabulary, rules: Sequence[Listed], *, acts: bool
) -> Component:
    """The rules with their next move; who may act also gets the form and its buttons."""
    table = html.Div(rules_table(rules), id=f"{name}-table", className="vg-matrix-place")
    acting = [_decide(name, rules), _write(name, vocabulary)] if acts else []
    return panel(_("Rules"), [table, *acting], name=name)


def rules_table(rules: Sequence[Listed]) -> Component:
    """Name, what is watched, mode, what comes next, the last trial."""
    if not rules:
        return html.P(_("No rule is written yet."), className="vg-empty")
    titles = (_("Rule"), _("When"), _("Mode"), _("Next move"), _("Tried on the past"))
    head = html.Thead(html.Tr([html.Th(title, scope="col") for title in titles]))
    table = html.Table(
        [head, html.Tbody([_row(each) for each in rules])], className="vg-table vg-stackable"
    )
    return html.Div(table, className="vg-table-wrap", tabIndex="0", role="region", **{
        "aria-label": _("Rules")})  # fmt: skip


def _row(listed: Listed) -> Component:
    kept = listed.kept
    named = [kept.rule.name, html.Span(doing_words(listed), className="vg-cell-more")]
    return html.Tr(
        [
            html.Td(named),
            html.Td([html.Div(watched(each)) for each in kept.rule.conditions]),
            html.Td(_(MODES[kept.mode])),
            html.Td(now_words(listed)),
            html.Td(trial_words(listed.tried)),
        ]
    )


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


def rule_options(rules: Sequence[Listed]) -> list[dict[str, str]]:
    """The rules for a select."""
    return [{"value": each.kept.rule.name, "label": each.kept.rule.name} for each in rules]


def advice_options(rules: Sequence[Listed]) -> list[dict[str, str]]:
    """What the rules advise now, for a select."""
    return [
        {
            "value": str(advice.id),
            "label": f"{advice.name}: {labels.channel(advice.change.channel)} → "
            f"{labels.state(advice.change.state.value)}, {integer(advice.change.share)} %",
        }
        for each in rules
        for advice in each.advice
    ]


def _decide(name: str, rules: Sequence[Listed]) -> Component:
    """Choose a rule: try it, let it advise or act, switch it off; decide what rules advise."""
    options, advice = rule_options(rules), advice_options(rules)
    return html.Div(
        [
            _select(name, "chosen", _("Rule"), options),
            html.Div(
                [
                    _button(name, "try", _("Try on 14 days")),
                    _button(name, "advise", _("Let it advise")),
                    _button(name, "auto", _("Let it act")),
                    _button(name, "off", _("Switch off")),
                ],
                className="vg-form-actions",
            ),
            _select(name, "advice", _("Advised now"), advice),
            html.Div(
                [_button(name, "apply", _("Apply")), _button(name, "dismiss", _("Dismiss"))],
                className="vg-form-actions",
            ),
            html.Div(id=f"{name}-said", className="vg-said", role="status"),
        ],
        className="vg-form",
        **{"data-may-act": f"{name}-decide"},
    )


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
    return html.Div(
        [
            html.Div(fields, className="vg-fields"),
            html.Div(id=f"{name}-written", className="vg-said", role="status"),
            html.Div(_button(name, "write", _("Keep the rule")), className="vg-form-actions"),
        ],
        className="vg-form",
        **{"data-may-act": f"{name}-write"},
    )


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
