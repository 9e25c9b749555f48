"""The form that flips a switch, and what comes back from it in words."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app import labels
from app.components.icons import icon
from app.components.vocabulary import ANY, Choice, Vocabulary, durations, with_any
from app.context import current_house
from app.exposure.model import RAMP
from app.exposure.service import ExposureService
from app.i18n import _

#: What a change is made of, in the order the callback receives it.
FIELDS = (
    "channel",
    "reason",
    "segment",
    "surface",
    "state",
    "minutes",
    "why",
    "message-fr",
    "message-en",
    "share",
    "starts",
    "emergency",
)


def exposure_form(name: str, vocabulary: Vocabulary, *, whole: bool) -> Component:
    """A form whose fields have the ids ``<name>-<field>``; ``whole`` shows every field."""
    scope = [
        _select(name, "channel", _("Channel"), [c.option() for c in vocabulary.channels()], None),
        _scope_select(name, "reason", _("Reason"), vocabulary.of_kind("reason")),
        _scope_select(name, "segment", _("Segment"), vocabulary.of_kind("segment")),
        _scope_select(name, "surface", _("Surface"), vocabulary.of_kind("surface")),
    ]
    messages = [
        _message(name, "message-fr", _("Message to customers, in French")),
        _message(name, "message-en", _("Message to customers, in English")),
    ]
    extent = [_select(name, "share", _("Share of visitors"), _shares(), "100"), _starts(name)]
    return html.Div(
        [
            html.Div(scope[:2], className="vg-fields"),
            html.Div(scope[2:], className="vg-fields", hidden=not whole),
            _state(name),
            _select(name, "minutes", _("Duration"), durations(), "60"),
            html.Div(extent, className="vg-fields", hidden=not whole),
            _why(name),
            html.Div(messages, className="vg-form", hidden=not whole),
            html.Div(emergency(name), hidden=not whole),
            html.Div(id=f"{name}-said", className="vg-said", role="status"),
            _apply(name),
            dcc.Store(id=f"{name}-key", data=uuid4().hex),
            dcc.Store(id=f"{name}-revert"),
        ],
        className="vg-form",
        **{"data-may-act": name},
    )


def seen(name: str) -> Component:
    """Where the browser keeps the switches it shows, for :mod:`app.components.switching`."""
    store = f"{name}-seen"
    return html.Div(dcc.Store(id=store), hidden=True, **{"data-tell": store})


def reverted(name: str) -> Component:
    """Where the answer to a revert button is said."""
    return html.Div(
        id=f"{name}-reverted", className="vg-said", role="status", **{"data-reverts": name}
    )


def _select(
    name: str, field: str, label: str, data: Sequence[dict[str, str]], value: str | None
) -> Component:
    return dmc.Select(
        id=f"{name}-{field}",
        label=label,
        data=list(data),
        value=value if value is not None else data[0]["value"],
        comboboxProps={"withinPortal": True},
        maxDropdownHeight=280,
    )


def _scope_select(name: str, field: str, label: str, choices: list[Choice]) -> Component:
    return _select(name, field, label, with_any(field, choices), ANY)


def _state(name: str) -> Component:
    label = html.Div(_("State"), id=f"{name}-state-label", className="vg-radio-label")
    control = dmc.SegmentedControl(
        id=f"{name}-state",
        data=[{"value": state, "label": labels.state(state)} for state in labels.states()],
        value="tucked",
        fullWidth=True,
        size="xs",
        **{"aria-labelledby": f"{name}-state-label"},
    )
    return html.Div([label, control])


def emergency(name: str) -> Component:
    """Closing alone, at once, for as long as the guardrail lets: ticked by hand each time."""
    longest = ExposureService(current_house().database).guardrails().emergency_minutes
    words = _("Emergency: close alone, for {minutes} minutes at most", minutes=longest)
    box = dmc.Checkbox(label=words, value="yes", size="xs", radius="sm")
    return dmc.CheckboxGroup(box, id=f"{name}-emergency", value=[])


def _shares() -> list[dict[str, str]]:
    """The steps of the ramp, the whole first."""
    return [{"value": str(share), "label": f"{share} %"} for share in reversed(RAMP)]


def _starts(name: str) -> Component:
    """When it begins, in the zone of the site; empty is at once."""
    return dmc.TextInput(
        id=f"{name}-starts",
        label=_("Planned start"),
        value="",
        size="sm",
        inputProps={"type": "datetime-local"},
    )


def _why(name: str) -> Component:
    return dmc.TextInput(
        id=f"{name}-why",
        label=_("Why"),
        placeholder=_("Phone overloaded, wait above 6 min"),
        withAsterisk=True,
        size="sm",
        value="",
        inputProps={"maxLength": 500},
    )


def _message(name: str, field: str, label: str) -> Component:
    return dmc.Textarea(
        id=f"{name}-{field}", label=label, autosize=True, minRows=1, maxRows=3, size="sm", value=""
    )


def _apply(name: str) -> Component:
    button = dmc.Button(_("Apply"), id=f"{name}-apply", fullWidth=True)
    return html.Div(button, className="vg-form-actions")


def said(words: str, *, good: bool) -> Component:
    """What became of the change: an icon and a sentence."""
    mood = "good" if good else "bad"
    mark = icon("check" if good else "alert")
    return html.Div([mark, html.Span(words)], className=f"vg-said-{mood}")


def read_only() -> Component:
    """Shown to those who may look and not act."""
    words = _("You can look at exposure; changing it needs the role “operator”.")
    return html.Div([icon("info"), html.Span(words)], className="vg-readonly")
