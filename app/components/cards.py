"""A card: what it counts, the live value, what it is measured against, its definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.components.icons import icon
from app.components.live import Format, live, verdict
from app.i18n import _, percent, spoken
from kpis.catalogue import catalogue
from kpis.kpi import Kpi

#: Of what is open all counts, whenever it came.
_EVER = "2000-01-01"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a reader wants to know of a number; ``key`` is its place on /definitions."""

    title: str
    words: str
    formula: str | None = None
    key: str | None = None


def explanation(kpi: Kpi) -> Explanation:
    """The catalogue's own words."""
    return Explanation(spoken(kpi.labels), spoken(kpi.definition), spoken(kpi.formula), kpi.key)


def of_kpi(
    key: str, form: Format, foot: Sequence[Component | str], *, lead: bool = False
) -> Component:
    """The card of a KPI of the catalogue under its own name, over all channels."""
    kpi = catalogue()[key]
    told = explanation(kpi)
    return card(told.title, f"total.{key}", form, told, foot, kpi.thresholds, lead=lead)


def card(
    label: str,
    path: str,
    form: Format,
    told: Explanation,
    foot: Sequence[Component | str],
    thresholds: tuple[float, float] | None = None,
    *,
    lead: bool = False,
) -> Component:
    """One number; with ``thresholds`` (worth a look, bad) it also carries a verdict and its target.

    ``lead`` is for the one that is seen first.
    """
    head = html.Div(
        [html.Div(label, className="vg-card-label"), explain(told)], className="vg-card-head"
    )
    judged = [_judged(path, thresholds)] if thresholds else []
    return html.Article(
        [
            head,
            html.Div(_leading(path, form), className="vg-card-value"),
            html.Div([*judged, *(html.Span(part) for part in foot)], className="vg-card-foot"),
        ],
        className="vg-card vg-card-lead" if lead else "vg-card",
        **{"data-card": path, "aria-label": label},
    )


def _leading(path: str, form: Format) -> Component:
    """The value, which leads to the contacts that make it: today's, or all that are open."""
    key = path.removeprefix("total.")
    kpi = catalogue().get(key)
    if kpi is None and key != "waiting":
        return live(path, form)
    since = f"&from={_EVER}" if kpi is None or kpi.live else ""
    return html.A(live(path, form), href=f"/contacts?kpi={key}{since}", className="vg-drill")


def _judged(path: str, thresholds: tuple[float, float]) -> Component:
    """«✓ On target · target 80 %»: a verdict never stands without what it is measured against."""
    target = _("target {share}", share=percent(thresholds[0], 0))
    return html.Span(
        [verdict(path, thresholds), html.Span(target, className="vg-goal")],
        className="vg-judged",
    )


def note(name: str) -> Component:
    """A line under a card that ``assets/notes.js`` works out from several cells."""
    return html.Span(className="vg-note", **{"data-note": name})


def explain(told: Explanation) -> Component:
    """The «i» that opens the definition."""
    button = dmc.ActionIcon(
        icon("info", size=14),
        variant="transparent",
        color="gray",
        size=24,
        className="vg-explain",
        **{"aria-label": _("Definition: {name}", name=told.title)},
    )
    return dmc.Popover(
        [dmc.PopoverTarget(button, boxWrapperProps={"className": "vg-explain-target"}),
         dmc.PopoverDropdown(_explained(told))],
        width=340, position="bottom-end", shadow="md", withArrow=True, withRoles=False,
        trapFocus=True, returnFocus=True,
    )  # fmt: skip


def _explained(told: Explanation) -> Component:
    parts: list[Component] = [html.H3(told.title), html.P(told.words)]
    if told.formula:
        parts.append(html.Code(told.formula, className="vg-formula"))
    if told.key:
        parts.append(html.A(_("Full definition"), href=f"/definitions#{told.key}"))
    return html.Div(parts, className="vg-definition")
