"""The two forms of the page of reports: what is wanted now, and what is sent by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import available_timezones

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from app.access.scopes import scope_of
from app.components import report_words as words
from app.components.icons import icon
from app.errors import WrongUse
from app.i18n import _, language, languages, name_of
from app.reports.discovery import formats, kinds
from app.reports.sending.model import EVERY_DAY, Schedule, schedulable

#: What is wanted now, in the order the browser puts it into the address.
WANTED = ("report", "language", "sites", "channels")
#: What a schedule is written from, in the order the callback receives it.
FIELDS = (
    "name", "kind", "time", "zone", "days", "monthday", "of-sites", "of-channels", "speaks",
    "files", "to",
)  # fmt: skip
#: Sent by a schedule unless it says otherwise.
_USUAL = ("html", "pdf", "xlsx")
Value = str | float | Sequence[str] | None
Options = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from; `domains`: those that may be mailed."""

    channels: Options
    sites: Sequence[str]
    zone: str
    language: str
    domains: Sequence[str]
    yesterday: date


def now_form(name: str, choices: Choices) -> Component:
    """Fields have the ids ``<name>-<field>``; each format is a button, pressed to download."""
    reports = [{"value": key, "label": _(kind.title)} for key, kind in kinds().items()]
    fields = [
        _select(name, "report", _("Report"), reports, "daily"),
        _day(name, "day", _("Day"), choices.yesterday.isoformat()),
        _day(name, "last", _("Last day"), choices.yesterday.isoformat()),
        _select(name, "language", _("Language"), _languages(), language()),
        _many(name, "sites", _("Sites"), _plain(choices.sites)),
        _many(name, "channels", _("Channels"), choices.channels),
    ]
    buttons = [
        html.Button(
            [icon("download", size=14), words.format_name(key)], type="button",
            className="vg-act vg-act-strong vg-get", **{"data-get": key},
        )
        for key in (*words.FORMATS, *(key for key in formats() if key not in words.FORMATS))
    ]  # fmt: skip
    said = html.Div(
        id=f"{name}-got", className="vg-said", role="status",
        **{"data-busy": _("Being written…"), "data-done": _("Saved: {file}"),
           "data-refused": _("Refused: {words}"),
           "data-failed": _("That did not work: try again in a moment.")},
    )  # fmt: skip
    return html.Div(
        [
            html.Div(fields, className="vg-fields vg-fields-wide"),
            html.P(id=f"{name}-tells", className="vg-quiet vg-small"),
            html.Div(buttons, className="vg-form-actions", role="group",
                     **{"aria-label": _("Download as")}),
            said,
            dcc.Store(id=f"{name}-summaries", data=_summaries()),
        ],
        id=f"{name}-now", className="vg-form",
    )  # fmt: skip


def schedule_form(name: str, choices: Choices) -> Component:
    """Fields have the ids ``<name>-<field>``; the button is ``<name>-write``."""
    what = [
        _text(name, "name", _("Name of the group"), _("board")),
        _select(name, "kind", _("Report"), _schedulable(), "daily"),
        _many(name, "of-sites", _("Sites (empty: all)"), _plain(choices.sites)),
        _many(name, "of-channels", _("Channels (empty: all)"), choices.channels),
        _select(name, "speaks", _("Language"), _languages(), choices.language),
        _chips(name, "files", _("Files"), _files(), _USUAL),
    ]
    when = [
        dmc.TimeInput(id=f"{name}-time", label=_("At"), value="07:00", size="sm"),
        _chips(name, "days", _("Days"), _weekdays(), [str(day) for day in EVERY_DAY]),
        dmc.NumberInput(
            id=f"{name}-monthday", label=_("Day of the month"), value=1, min=1, max=28, size="sm",
        ),
        _zone(name, choices.zone),
    ]  # fmt: skip
    groups = [
        (_("What"), what), (_("When"), when), (_("To whom"), [_recipients(name, choices.domains)]),
    ]  # fmt: skip
    return html.Div(
        [
            *(_group(title, fields) for title, fields in groups),
            html.Div(id=f"{name}-written", className="vg-said", role="status"),
            html.Div(
                dmc.Button(_("Keep the schedule"), id=f"{name}-write", size="sm"),
                className="vg-form-actions",
            ),
        ],
        className="vg-form",
    )


def schedule_of(told: Mapping[str, Value]) -> Schedule:
    """The schedule that the form says.  Raises WrongUse."""
    monthly = told["kind"] == "monthly"
    return Schedule(
        name=_word(told["name"]),
        report=_word(told["kind"]),
        time=_word(told["time"])[:5],
        zone=_word(told["zone"]),
        days=() if monthly else tuple(_number(day) for day in _words(told["days"])),
        month_day=_number(told["monthday"]) if monthly else 0,
        scope=scope_of(_words(told["of-sites"]), _words(told["of-channels"])),
        language=_word(told["speaks"]),
        formats=_words(told["files"]),
        recipients=_words(told["to"]),
    )


def values_of(schedule: Schedule) -> tuple[Value, ...]:
    """What the fields hold for that schedule, in the order of `FIELDS`."""
    return (
        schedule.name, schedule.report, schedule.time, schedule.zone,
        [str(day) for day in schedule.days] or [str(day) for day in EVERY_DAY],
        schedule.month_day or 1, list(schedule.scope.sites or ()),
        list(schedule.scope.channels or ()), schedule.language, list(schedule.formats),
        list(schedule.recipients),
    )  # fmt: skip


def _summaries() -> dict[str, str]:
    return {key: _(kind.summary) for key, kind in kinds().items()}


def _schedulable() -> list[dict[str, str]]:
    return [{"value": key, "label": words.report(key)} for key in schedulable()]


def _languages() -> list[dict[str, str]]:
    return [{"value": code, "label": name_of(code)} for code in languages()]


def _files() -> list[tuple[str, str]]:
    return [(key, words.format_name(key)) for key in words.FORMATS if key in formats()]


def _weekdays() -> list[tuple[str, str]]:
    return [(str(day), words.weekday(day)) for day in EVERY_DAY]


def _plain(names: Sequence[str]) -> list[dict[str, str]]:
    return [{"value": name, "label": name} for name in names]


def _group(title: str, fields: Sequence[Component]) -> Component:
    return html.Fieldset(
        [html.Legend(title), html.Div(list(fields), className="vg-fields vg-fields-wide")],
        className="vg-fieldset",
    )


def _select(name: str, field: str, label: str, data: Options, value: str) -> Component:
    return dmc.Select(
        id=f"{name}-{field}", label=label, data=list(data), value=value, size="sm",
        allowDeselect=False, comboboxProps={"withinPortal": True},
    )  # fmt: skip


def _many(name: str, field: str, label: str, data: Options) -> Component:
    return dmc.MultiSelect(
        id=f"{name}-{field}", label=label, data=list(data), value=[], size="sm", clearable=True,
        placeholder=_("All"), searchable=True, nothingFoundMessage=_("Nothing found"),
        comboboxProps={"withinPortal": True},
    )  # fmt: skip


def _chips(
    name: str, field: str, label: str, options: Sequence[tuple[str, str]], value: Sequence[str]
) -> Component:
    chips = [dmc.Chip(words_, value=key, size="xs") for key, words_ in options]
    place = f"{name}-{field}"
    return html.Div(
        [
            html.Span(label, className="vg-radio-label", id=f"{place}-label"),
            html.Div(
                dmc.ChipGroup(chips, id=place, multiple=True, value=list(value)),
                className="vg-chips", role="group", **{"aria-labelledby": f"{place}-label"},
            ),
        ],
        className="vg-wide-field",
    )  # fmt: skip


def _text(name: str, field: str, label: str, example: str) -> Component:
    return dmc.TextInput(
        id=f"{name}-{field}", label=label, value="", size="sm", placeholder=example
    )


def _zone(name: str, zone: str) -> Component:
    return dmc.Select(
        id=f"{name}-zone", label=_("Time zone"), data=sorted(available_timezones() | {zone}),
        value=zone, size="sm", searchable=True, allowDeselect=False, limit=60,
        nothingFoundMessage=_("Nothing found"), comboboxProps={"withinPortal": True},
    )  # fmt: skip


def _recipients(name: str, domains: Sequence[str]) -> Component:
    """Whom to send it to; where nobody may be mailed the field says what to do."""
    allowed = _("Allowed domains: {domains}", domains=", ".join(domains))
    nobody = _("No domain may be mailed yet: set VIGIE_MAIL_DOMAINS.")
    return dmc.TagsInput(
        id=f"{name}-to", label=_("E-mail addresses"), value=[], size="sm",
        description=allowed if domains else nobody, placeholder=_("Type one, then Enter"),
        splitChars=[",", ";", " "], acceptValueOnBlur=True, className="vg-wide-field",
    )  # fmt: skip


def _day(name: str, field: str, label: str, value: str) -> Component:
    """A native field for a day, made by ``assets/reports.js``."""
    return html.Div(
        dcc.Store(id=f"{name}-{field}", data=value),
        className="vg-day-field", **{"data-day": f"{name}-{field}", "data-label": label,
                               "data-value": value},
    )  # fmt: skip


def _word(value: Value) -> str:
    return value.strip() if isinstance(value, str) else ""


def _words(value: Value) -> tuple[str, ...]:
    if value is None or isinstance(value, str | float | int):
        return ()
    return tuple(str(each).strip() for each in value)


def _number(value: Value) -> int:
    try:
        return int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise WrongUse(f"«{str(value)[:20]}» is no number") from error
