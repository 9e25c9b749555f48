"""The form that writes an alert without code, and what it says as an alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc
import msgspec
from dash import dcc, html
from dash.development.base_component import Component

from app.alerts.errors import InvalidAlert
from app.alerts.model import SCOPE, Alert, Kind, Severity, Side
from app.components import alert_words as words
from app.components.vocabulary import ANY, Vocabulary, with_any
from app.i18n import _, spoken
from kpis.catalogue import catalogue, families
from kpis.kpi import Unit

#: What an alert is written from, in the order the callback receives it.
FIELDS = (
    "name", "kpi", "side", "enter", "exit", "window", *SCOPE, "held", "volume", "severity", "mail",
)  # fmt: skip
#: The choice of the forecast among the KPIs.
FORECAST = "forecast"
Value = str | float | None
#: What is typed stands for so much: shares are typed in percent.
_SCALE: dict[Unit, float] = {"fraction": 0.01}
_SUFFIX: dict[Unit, str] = {"fraction": " %", "seconds": " s"}


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from."""

    vocabulary: Vocabulary
    queues: Sequence[str]
    sites: Sequence[str]
    #: Whether anybody may be mailed.
    mails: bool


def alert_form(name: str, choices: Choices) -> Component:
    """Fields have the ids ``<name>-<field>``; the buttons ``<name>-try`` and ``<name>-write``."""
    vocabulary = choices.vocabulary
    channels = with_any("channel", vocabulary.channels())
    what = [
        _text(name, "name", _("Name"), _("long-wait")),
        _select(name, "kpi", _("Watches"), _kpis(), "longest_wait_s"),
        _select(name, "side", _("Fires when it is"), _sides(), Side.ABOVE.value),
        _number(name, "enter", _("Fires from"), 300, " s"),
        _number(name, "exit", _("Is over back at"), 200, " s"),
        _select(name, "window", _("Over which time"), _windows(), "1800"),
    ]
    whom = [
        _select(name, "channel", _("Channel"), channels, ANY),
        _suggest(name, "queue", _("Queue (empty: all)"), choices.queues),
        _select(name, "reason", _("Reason"), with_any("reason", vocabulary.of_kind("reason")), ANY),
        _select(
            name, "segment", _("Segment"), with_any("segment", vocabulary.of_kind("segment")), ANY
        ),
        _suggest(name, "site", _("Site (empty: all)"), choices.sites),
    ]
    how = [
        _number(name, "held", _("Held for"), 60, " s"),
        _number(name, "volume", _("From so many contacts on"), 0, ""),
        _select(name, "severity", _("Severity"), _severities(), Severity.WARNING.value),
        _mail(name, choices.mails),
    ]
    groups = [(_("What"), what), (_("Where"), whom), (_("How"), how)]
    return html.Div(
        [
            *(_group(title, fields) for title, fields in groups),
            html.Div(id=f"{name}-written", className="vg-said", role="status"),
            html.Div(_buttons(name), className="vg-form-actions"),
            dcc.Store(id=f"{name}-units", data=_units()),
            dcc.Store(id=f"{name}-suffixes", data=_SUFFIX),
        ],
        className="vg-form",
        **{"data-may-act": name},
    )  # fmt: skip


def alert_of(told: Mapping[str, Value]) -> Alert:
    """The alert that the form says.  Raises InvalidAlert."""
    forecast = told["kpi"] == FORECAST
    kpi = "offered" if forecast else str(told["kpi"] or "")
    scale = _scale(kpi)
    judging: dict[str, object] = (
        {"kind": Kind.FORECAST.value}
        if forecast
        else {
            "enter": _read(told["enter"], "enter") * scale,
            "exit": _read(told["exit"], "exit") * scale,
            "window_s": round(_read(told["window"], "window")),
        }
    )
    plain: dict[str, object] = {
        "name": _word(told["name"]), "kpi": kpi, "side": _word(told["side"]),
        "held_s": round(_read(told["held"], "held")),
        "min_volume": round(_read(told["volume"], "volume")),
        "severity": _word(told["severity"]), "mail": _addresses(told["mail"]),
        **{name: _word(told[name]) or ANY for name in SCOPE},
    }  # fmt: skip
    try:
        return msgspec.convert(plain | judging, Alert)
    except msgspec.ValidationError as error:
        raise InvalidAlert("alert_choice", f"no such alert: {error}") from error


def values_of(alert: Alert) -> tuple[Value, ...]:
    """What the fields hold for that alert, in the order of `FIELDS`."""
    scale = _scale(alert.kpi)
    forecast = alert.kind is Kind.FORECAST
    scope = [getattr(alert, name) for name in SCOPE]
    shown = [
        "" if word == ANY and name in ("queue", "site") else word
        for name, word in zip(SCOPE, scope, strict=True)
    ]
    return (
        alert.name, FORECAST if forecast else alert.kpi, alert.side.value,
        round(alert.enter / scale, 6), round(alert.exit / scale, 6), str(alert.window_s), *shown,
        alert.held_s, alert.min_volume, alert.severity.value, ", ".join(alert.mail),
    )  # fmt: skip


def _scale(kpi: str) -> float:
    known = catalogue().get(kpi)
    return 1.0 if known is None else _SCALE.get(known.unit, 1.0)


def _kpis() -> list[dict[str, object]]:
    """The forecast, then every KPI by family."""
    forecast = {"value": FORECAST, "label": words.arrivals_against_forecast()}
    groups: list[dict[str, object]] = [{"group": _("Forecast"), "items": [forecast]}]
    for family in families().values():
        items = [{"value": kpi.key, "label": spoken(kpi.labels)} for kpi in family.kpis]
        groups.append({"group": spoken(family.labels), "items": items})
    return groups


def _sides() -> list[dict[str, object]]:
    return [{"value": side.value, "label": _(text)} for side, text in words.SIDE_CHOICES.items()]


def _windows() -> list[dict[str, object]]:
    return [{"value": str(seconds), "label": _(text)} for seconds, text in words.WINDOWS.items()]


def _severities() -> list[dict[str, object]]:
    return [{"value": each.value, "label": _(text)} for each, text in words.SEVERITIES.items()]


def _group(title: str, fields: Sequence[Component]) -> Component:
    return html.Fieldset(
        [html.Legend(title), html.Div(fields, className="vg-fields vg-fields-wide")],
        className="vg-fieldset",
    )


def _buttons(name: str) -> list[Component]:
    return [
        dmc.Button(_("Try on the last 14 days"), id=f"{name}-try", variant="default", size="sm"),
        dmc.Button(_("Keep the alert"), id=f"{name}-write", size="sm"),
    ]


def _units() -> dict[str, str]:
    return {key: each.unit for key, each in catalogue().items()}


def _select(
    name: str, field: str, label: str, data: Sequence[Mapping[str, object]], value: str
) -> Component:
    return dmc.Select(
        id=f"{name}-{field}", label=label, data=list(data), value=value, size="sm",
        searchable=field == "kpi", allowDeselect=False, maxDropdownHeight=320,
        comboboxProps={"withinPortal": True},
    )  # fmt: skip


def _suggest(name: str, field: str, label: str, known: Sequence[str]) -> Component:
    return dmc.Autocomplete(
        id=f"{name}-{field}", label=label, data=list(known), value="", size="sm",
        comboboxProps={"withinPortal": True},
    )  # fmt: skip


def _text(name: str, field: str, label: str, example: str) -> Component:
    return dmc.TextInput(
        id=f"{name}-{field}", label=label, value="", size="sm", placeholder=example
    )


def _number(name: str, field: str, label: str, value: float, suffix: str) -> Component:
    return dmc.NumberInput(
        id=f"{name}-{field}", label=label, value=value, min=0, size="sm", suffix=suffix,
        thousandSeparator=False,
    )  # fmt: skip


def _mail(name: str, mails: bool) -> Component:
    """Whom to mail; where no mail server is set the field says so."""
    example = _("ana@example.com, bob@example.com") if mails else _("No mail server is set")
    return dmc.TextInput(
        id=f"{name}-mail", label=_("E-mail to"), value="", size="sm", disabled=not mails,
        placeholder=example, className="vg-wide-field",
    )  # fmt: skip


def _word(value: Value) -> str:
    return str(value).strip() if value is not None else ""


def _addresses(value: Value) -> list[str]:
    return [each.strip() for each in _word(value).split(",") if each.strip()]


def _read(value: Value, field: str) -> float:
    try:
        found = float(value) if value is not None and value != "" else -1.0
    except ValueError:
        found = -1.0
    if 0 <= found < 1e9:
        return found
    raise InvalidAlert("alert_number", f"{field} is no number of zero or more", field)
