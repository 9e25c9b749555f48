"""The bar of filters above a page: every choice goes into the address, and comes from it.

A page puts ``filter_bar("channels", fields)`` on top, declares ``declare_filters("channels",
names)`` at import, and listens to ``Input("vigie-url", "search")``; :class:`app.filters.Filters`
reads it.  So a link shares the view, «back» works, and nothing is kept twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, html
from dash.development.base_component import Component

from app.callbacks import clientside
from app.filters import COMPARISONS, GRAINS, PERIODS
from app.i18n import N_, _
from app.labels import ANY

#: Opens two dates, from and to.
CHOSEN_DAYS = "days"
_PERIODS = {
    "today": N_("Today"),
    "yesterday": N_("Yesterday"),
    "7d": N_("Last 7 days"),
    "28d": N_("Last 28 days"),
    "91d": N_("Last 13 weeks"),
    "month": N_("This month"),
    "last-month": N_("Last month"),
}
_GRAINS = {"15min": N_("Quarter hours"), "hour": N_("Hours"), "day": N_("Days")}
_COMPARISONS = {
    "previous": N_("The period before"),
    "week": N_("Same days, weeks before"),
    "year": N_("52 weeks before"),
}
Option = dict[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One choice: `name` is its word in the address; the option ``*`` is not written there."""

    name: str
    label: str
    options: Sequence[Option]
    #: Chosen where the address says nothing.
    usual: str = ANY


def period_field(usual: str = "7d") -> Field:
    """Words for periods, and «from … to …»."""
    options = [_option(name, _(_PERIODS[name])) for name in PERIODS]
    return Field("period", _("Period"), [*options, _option(CHOSEN_DAYS, _("From … to …"))], usual)


def grain_field() -> Field:
    """How finely time is cut; by itself it fits the period."""
    options = [_option(name, _(_GRAINS[name])) for name in GRAINS]
    return Field("grain", _("Step"), [_option(ANY, _("Automatic")), *options])


def compare_field() -> Field:
    """What is laid beside."""
    options = [_option(name, _(_COMPARISONS[name])) for name in COMPARISONS]
    return Field("compare", _("Compare with"), [_option(ANY, _("Nothing")), *options])


def filter_bar(page: str, fields: Sequence[Field]) -> Component:
    """The bar; its ids are ``{page}-{name}``."""
    parts: list[Component] = []
    for field in fields:
        parts.append(_select(page, field))
        if field.name == "period":
            parts.append(_dates(page))
    clear = html.A(_("Clear filters"), href="?", className="vg-clear", **{"data-clear": page})
    usual = {f"data-usual-{field.name}": field.usual for field in fields}
    return html.Form(
        [*parts, clear], id=f"{page}-filters", className="vg-filters", role="search",
        **{"aria-label": _("Filters"), **usual},
    )  # fmt: skip


def declare_filters(page: str, names: Sequence[str]) -> None:
    """Tie the bar's choices to the address and back; once, where the page is declared."""
    chosen = [(f"{page}-{name}", "value") for name in names]
    clientside(
        ClientsideFunction("filters", "shown"),
        *(Output(*each) for each in chosen),
        Input("vigie-url", "search"),
    )
    clientside(
        ClientsideFunction("filters", "chosen"),
        Output(f"{page}-filters", "data-chosen"),
        *(Input(*each) for each in chosen),
        prevent_initial_call=True,
    )


def _select(page: str, field: Field) -> Component:
    # Where there is nothing to choose, nothing is asked, unless the address says something.
    alone = " vg-filter-alone" if len(field.options) == 1 else ""
    return dmc.Select(
        id=f"{page}-{field.name}",
        label=field.label,
        data=list(field.options),
        value=field.usual,
        size="xs",
        searchable=len(field.options) > 12,
        nothingFoundMessage=_("Nothing found"),
        comboboxProps={"width": "max-content", "position": "bottom-start"},
        className=f"vg-filter vg-filter-{field.name}{alone}",
    )


def _dates(page: str) -> Component:
    """Two native date fields, made by ``assets/filters.js`` where the period is «from … to»."""
    return html.Div(
        id=f"{page}-dates", className="vg-filter-dates", hidden=True,
        **{"data-from": _("First day"), "data-to": _("Last day"), "data-page": page},
    )  # fmt: skip


def _option(value: str, label: str) -> Option:
    return {"value": value, "label": label}
