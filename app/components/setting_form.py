"""The form of a setting part, drawn from its fields; every field has the id {"setting": name}."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.i18n import _, language
from app.site.part import Asked, Field, Part, Values

NAME = "setting"
#: What a field of the form may hold.
Value: TypeAlias = str | float | None


def setting_form(part: Part, asked: Asked, values: Values, seen: dict[str, int]) -> Component:
    """`values`: of the row to change, empty for a new one; `seen`: what the reader knows of."""
    fields = [_field(each, asked, values) for each in part.fields]
    buttons = [dmc.Button(_("Keep"), id=f"{NAME}-keep", size="sm")]
    if part.foresee is not None:
        words = _("What would it do?")
        buttons.insert(0, dmc.Button(words, id=f"{NAME}-ask", variant="default", size="sm"))
    else:
        buttons.append(html.Span(id=f"{NAME}-ask", hidden=True))
    return html.Div(
        [
            html.Div(fields, className="vg-fields vg-fields-wide"),
            _why(),
            html.Div(id=f"{NAME}-foreseen", role="status"),
            html.Div(id=f"{NAME}-meanwhile", role="status"),
            html.Div(id=f"{NAME}-said", className="vg-said", role="status"),
            html.Div(buttons, className="vg-form-actions"),
            dcc.Store(id=f"{NAME}-seen", data=seen),
        ],
        className="vg-form",
        **{"data-may-act": NAME},
    )


def told_text(value: Value) -> str:
    """What stands in a field, as text: 20.0 → «20»."""
    if isinstance(value, float | int):
        return str(int(value)) if value == int(value) else repr(float(value))
    return value or ""


def _field(field: Field, asked: Asked, values: Values) -> Component:
    value = values.get(field.name, field.usual)
    return _MADE.get(field.kind, _text)(field, asked, value)


def _text(field: Field, _asked: Asked, value: str) -> Component:
    return dmc.TextInput(value=value, inputProps={"maxLength": 200}, **_common(field))


def _number(field: Field, _asked: Asked, value: str) -> Component:
    comma = "," if language() == "fr" else "."
    shown = float(value) if value else ""
    return dmc.NumberInput(
        value=shown, min=0, decimalSeparator=comma, thousandSeparator=False, suffix=field.suffix,
        decimalScale=6, **_common(field),
    )  # fmt: skip


def _choice(field: Field, asked: Asked, value: str) -> Component:
    known = _options(field, asked)
    if value and value not in {word for word, _label in known}:
        known = [*known, (value, value)]
    data = [{"value": word, "label": label} for word, label in known]
    return dmc.Select(
        value=value or None, data=data, searchable=len(data) > 12, maxDropdownHeight=320,
        comboboxProps={"withinPortal": True}, nothingFoundMessage=_("Nothing found"),
        **_common(field),
    )  # fmt: skip


def _suggest(field: Field, asked: Asked, value: str) -> Component:
    words = [word for word, _label in _options(field, asked)]
    return dmc.Autocomplete(
        value=value, data=words, comboboxProps={"withinPortal": True}, **_common(field)
    )


def _day(field: Field, _asked: Asked, value: str) -> Component:
    return dmc.TextInput(value=value, inputProps={"type": "date"}, **_common(field))


def _moment(field: Field, _asked: Asked, value: str) -> Component:
    return dmc.TextInput(value=value, inputProps={"type": "datetime-local"}, **_common(field))


def _common(field: Field) -> dict[str, object]:
    return {
        "id": {NAME: field.name}, "label": _(field.label), "size": "sm",
        "description": _(field.hint) if field.hint else None,
        "inputWrapperOrder": ["label", "input", "description", "error"],
    }  # fmt: skip


def _options(field: Field, asked: Asked) -> Sequence[tuple[str, str]]:
    return field.options(asked) if field.options else ()


def _why() -> Component:
    return dmc.TextInput(
        id=f"{NAME}-why", label=_("Why"), value="", size="sm", withAsterisk=True,
        placeholder=_("Agreed with the works council for 2027"), inputProps={"maxLength": 500},
    )  # fmt: skip


_MADE: dict[str, Callable[[Field, Asked, str], Component]] = {
    "number": _number,
    "choice": _choice,
    "yes": _choice,
    "suggest": _suggest,
    "day": _day,
    "moment": _moment,
}
