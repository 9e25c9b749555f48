"""Rules on the exposure page: what each watches, does next, advises; the form is beneath them.

`rules_panel` draws; :mod:`app.components.rule_acts` does what the buttons say.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from app import labels
from app.components.panel import panel
from app.components.rule_form import rule_form
from app.components.rule_words import MODES, doing_words, now_parts, shown, trial_words, watched
from app.components.takeaway import takeaway
from app.components.vocabulary import Vocabulary
from app.exposure.rules.book import Listed
from app.exposure.rules.records import Proposal, Tried
from app.i18n import _, date_time, duration, integer


def rules_panel(
    name: str,
    vocabulary: Vocabulary,
    rules: Sequence[Listed],
    *,
    acts: bool,
    queues: Sequence[str] = (),
) -> Component:
    """The rules with their next move; who may act also gets buttons and the form."""
    shown = rules_table(rules, acts=acts)
    table = html.Div(shown, id=f"{name}-table", className="vg-matrix-place")
    acting = [_answers(name), rule_form(name, vocabulary, queues)] if acts else []
    aside = takeaway(name, _("Rules")) if rules else None
    return panel(_("Rules"), [table, *acting], name=name, aside=aside, className="vg-flush")


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
    changing = [_ask(kept.rule.name, "change", _("Edit"))] if acts else []
    next_move = [html.Div(now_parts(listed)), *(_advice(each, acts) for each in listed.advice)]
    tried = [trial_words(listed.tried)]
    trying = [_ask(kept.rule.name, "try", _("Try on 14 days"))] if acts else []
    return html.Tr(
        [
            html.Th([*named, *changing], scope="row"),
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
    return html.Div([said, *(dcc.Store(id=f"{name}-{what}") for what in ("asked", "change"))])
