"""The form that writes a rule without code: everything a rule has, the rarer half folded away."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app import labels
from app.components.rule_values import ROWS, SAME, SUFFIXES, Cell, usual
from app.components.rule_words import MEASURES
from app.components.vocabulary import ANY, Choice, Vocabulary, with_any
from app.exposure.rules.model import Measure
from app.i18n import NOTHING, _, language

_STATES = ("tucked", "promoted", "open", "closed")
_MINUTES = " min"


def rule_form(name: str, vocabulary: Vocabulary, queues: Sequence[str]) -> Component:
    """Fields have the ids ``<name>-<field>``; the button is ``<name>-write``.

    The store ``<name>-editing`` holds the name and version of the rule that fills the form.
    """
    body = html.Div(
        [
            _group(_("What it watches"), _watched(name, vocabulary, queues)),
            _conditions(name),
            _group(_("What it does then"), _done(name)),
            _advanced(name, vocabulary),
            html.Div(id=f"{name}-written", className="vg-said", role="status"),
            html.Div(_button(name, "write", _("Keep the rule")), className="vg-form-actions"),
            dcc.Store(id=f"{name}-editing"),
            dcc.Store(id=f"{name}-suffixes", data=SUFFIXES),
        ],
        className="vg-form",
        **{"data-may-act": f"{name}-write"},
    )
    return html.Details(
        [html.Summary(_("Write a rule")), body], id=f"{name}-form", className="vg-more vg-inset"
    )


def _watched(name: str, vocabulary: Vocabulary, queues: Sequence[str]) -> list[Component]:
    channels = [choice.option() for choice in vocabulary.channels()]
    reasons = with_any("reason", vocabulary.of_kind("reason"))
    return [
        _text(name, "rule", _("Name, such as phone-overload")),
        _select(name, "channel", _("Channel"), channels, channels[0]["value"]),
        dmc.Autocomplete(
            id=f"{name}-queue", label=_("Queue (empty: all)"), data=list(queues), value="",
            size="sm", comboboxProps={"withinPortal": True},
        ),
        _select(name, "reason", _("Reason"), reasons, ANY),
    ]  # fmt: skip


def _conditions(name: str) -> Component:
    """One condition; each further one under an «and …» of its own."""
    rest: list[Component] = []
    for row in range(ROWS, 1, -1):
        summary = html.Summary(_("and …"))
        rest = [html.Details([summary, _condition(name, row), *rest], className="vg-and")]
    note = _("Two thresholds, so that nothing flaps: it lets go at 70 % of where it acts at most.")
    held = html.Div(_minutes(name, "held", _("Held for")), className="vg-fields vg-fields-wide")
    return html.Fieldset(
        [
            html.Legend(_("When it acts")),
            html.P(note, className="vg-quiet vg-small"),
            _condition(name, 1),
            *rest,
            held,
        ],
        className="vg-fieldset vg-conditions",
    )


def _condition(name: str, row: int) -> Component:
    measures = [{"value": each.value, "label": _(MEASURES[each])} for each in Measure]
    usually = usual(f"measure-{row}")
    reading = dmc.Select(
        id=f"{name}-measure-{row}", label=_("Reading"), data=measures, value=usually or None,
        placeholder=NOTHING, clearable=row > 1, allowDeselect=row > 1, size="sm",
        comboboxProps={"withinPortal": True},
    )  # fmt: skip
    fields = [
        reading,
        _number(name, f"enter-{row}", _("Acts from"), ""),
        _number(name, f"exit-{row}", _("Lets go at"), ""),
    ]
    label = _("Condition {number}", number=row)
    return html.Div(fields, className="vg-condition", role="group", **{"aria-label": label})


def _done(name: str) -> list[Component]:
    states = [{"value": state, "label": labels.state(state)} for state in _STATES]
    return [
        _select(name, "state", _("State"), states, str(usual("state"))),
        _text(name, "ramp", _("Shares of visitors, step by step (%)")),
        _text(name, "message-fr", _("Message to customers, in French")),
        _text(name, "message-en", _("Message to customers, in English")),
    ]


def _advanced(name: str, vocabulary: Vocabulary) -> Component:
    """What rarely differs from the usual."""
    steady = [
        _minutes(name, "window", _("Readings of the last")),
        _minutes(name, "dwell", _("Between two changes, at least")),
        _minutes(name, "cooldown", _("Rest after letting go")),
        _minutes(name, "step", _("From one share to the next")),
        _number(name, "cap", _("Changes in 24 hours at most"), ""),
        _minutes(name, "stale", _("A feed is silent after")),
        _minutes(name, "lasts", _("What it sets ends by itself after")),
    ]
    groups = [
        _group(_("So that nothing flaps"), steady),
        _group(_("For whom it is set"), _elsewhere(name, vocabulary)),
    ]
    return html.Details(
        [html.Summary(_("Advanced")), html.Div(groups, className="vg-form")],
        className="vg-advanced",
    )


def _elsewhere(name: str, vocabulary: Vocabulary) -> list[Component]:
    watched = Choice(SAME, _("The watched one")).option()
    channels = [watched, *(choice.option() for choice in vocabulary.channels())]
    reasons = [watched, *with_any("reason", vocabulary.of_kind("reason"))]
    segments, surfaces = (
        with_any(kind, vocabulary.of_kind(kind)) for kind in ("segment", "surface")
    )
    return [
        _select(name, "to-channel", _("Channel"), channels, SAME),
        _select(name, "to-reason", _("Reason"), reasons, SAME),
        _select(name, "to-segment", _("Segment"), segments, ANY),
        _select(name, "to-surface", _("Surface"), surfaces, ANY),
    ]


def _group(title: str, fields: Sequence[Component]) -> Component:
    return html.Fieldset(
        [html.Legend(title), html.Div(fields, className="vg-fields vg-fields-wide")],
        className="vg-fieldset",
    )


def _select(
    name: str, field: str, label: str, data: Sequence[dict[str, str]], value: str
) -> Component:
    return dmc.Select(
        id=f"{name}-{field}", label=label, data=list(data), value=value, size="sm",
        allowDeselect=False, comboboxProps={"withinPortal": True},
    )  # fmt: skip


def _text(name: str, field: str, label: str) -> Component:
    return dmc.TextInput(id=f"{name}-{field}", label=label, value=usual(field) or "", size="sm")


def _minutes(name: str, field: str, label: str) -> Component:
    return _number(name, field, label, _MINUTES)


def _number(name: str, field: str, label: str, suffix: str) -> Component:
    """What is out of range is told by the server, never changed under the writer's hands."""
    value: Cell = usual(field)
    return dmc.NumberInput(
        id=f"{name}-{field}", label=label, value=value, size="sm", suffix=suffix,
        allowNegative=False, clampBehavior="none", thousandSeparator=False,
        decimalSeparator="," if language() == "fr" else ".", allowedDecimalSeparators=[",", "."],
    )  # fmt: skip


def _button(name: str, act: str, label: str) -> Component:
    return dmc.Button(label, id=f"{name}-{act}", size="sm", variant="default")
