"""A KPI explained: formula, unit, direction, who is in the denominator, caveats, example."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from app.components.measures import measure
from app.components.panel import panel
from app.components.takeaway import takeaway
from app.i18n import N_, NOTHING, _, decimal, duration, integer, percent, spoken
from kpis.kpi import Example, Kpi, Number
from kpis.reading import ALL, Reading
from kpis.service_level import DEFAULT, FORMULAS, ServiceLevelFormula

_UNITS = {
    "count": N_("count"),
    "fraction": N_("share"),
    "seconds": N_("duration"),
    "money": N_("amount"),
    "number": N_("number"),
}
_DIRECTIONS = {
    "up": N_("higher is better"),
    "down": N_("lower is better"),
    "neutral": N_("neither way is better"),
}
_MODALITIES = {
    "sync": N_("live (phone, chat, video)"),
    "near-sync": N_("near-live (messaging)"),
    "async": N_("written (e-mail, forms, letters)"),
    "bot": N_("bots"),
}


def shown(value: Number | None, unit: str) -> str:
    """A KPI's value as the screens show it."""
    if unit == "fraction":
        return percent(value)
    if unit in ("money", "number"):
        return decimal(value)
    return duration(value) if unit == "seconds" else integer(value)


def definition(kpi: Kpi) -> Component:
    """One KPI, findable as ``#key``."""
    facts: list[tuple[str, Component | str]] = [
        (_("Unit"), f"{_(_UNITS[kpi.unit])}, {_(_DIRECTIONS[kpi.direction])}"),
        (_("Counts"), _counted(kpi)),
    ]
    if kpi.caveats:
        facts.append((_("Beware"), spoken(kpi.caveats)))
    facts.append((_("Example"), _example(kpi)))
    return html.Article(
        [
            html.Div([html.H3(spoken(kpi.labels)), html.Code(kpi.key, className="vg-key")],
                     className="vg-kpi-head"),
            html.P(spoken(kpi.definition)),
            html.Code(spoken(kpi.formula), className="vg-formula"),
            html.Dl([part for term, fact in facts for part in (html.Dt(term), html.Dd(fact))]),
        ],
        className="vg-kpi",
        id=kpi.key,
    )  # fmt: skip


def _example(kpi: Kpi) -> str:
    return f"{_given(kpi.example)} → {shown(kpi.example_value(), kpi.unit)}"


def _counted(kpi: Kpi) -> str:
    if set(kpi.modalities) >= set(ALL):
        return _("all channels")
    return ", ".join(_(_MODALITIES.get(m, m)) for m in kpi.modalities)


def _given(example: Example) -> str:
    """What the example starts from: counts, durations, waits, the age of the oldest."""
    given = [f"{measure(name)} = {_amount(name, count)}" for name, count in example.counts.items()]
    if example.waits:
        given.append(_("waits of {list}", list=_listed(example.waits)))
    if example.oldest_s is not None:
        given.append(_("oldest {time}", time=duration(example.oldest_s)))
    return ", ".join(given)


def _amount(name: str, count: int) -> str:
    return duration(count / 1000) if name.endswith("_ms") else integer(count)


def _listed(waits: Mapping[int, int]) -> str:
    """Waits in seconds, one after the other: «1, 2, 30 s»."""
    every = [seconds for seconds, times in sorted(waits.items()) for _again in range(times)]
    return ", ".join(map(str, every[:-1])) + f", {duration(every[-1])}" if every else NOTHING


def formulas(today: Mapping[str, float | None], example: Mapping[str, int]) -> Component:
    """The service-level formulas side by side: today's value and the textbook example."""
    titles = (_("Formula"), _("In words"), _("Used by"), _("Today"), _("Example"))
    head = [
        html.Th(title, scope="col", className="vg-end" if index > 2 else "")
        for index, title in enumerate(titles)
    ]
    rows = [_formula(found, today.get(found.id), example) for found in FORMULAS.values()]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)],
                       className="vg-table vg-stackable")  # fmt: skip
    return panel(
        _("The eight service levels"),
        [
            html.P(
                _(
                    "The same contacts, eight figures: a service level is always shown with its "
                    "target and its formula’s name. A answered, B abandoned, F flowed out; "
                    "T within target, s within the short-abandon limit."
                ),
                className="vg-quiet vg-lead",
            ),
            html.Div(table, className="vg-table-wrap", tabIndex="0", role="group", **{
                "aria-label": _("The eight service levels")}),
        ],
        name="formulas",
        aside=takeaway("formulas", _("The eight service levels")),
        className="vg-flush",
    )  # fmt: skip


def _formula(
    found: ServiceLevelFormula, value: float | None, example: Mapping[str, int]
) -> Component:
    name = [html.Code(found.formula)]
    if found.id == DEFAULT:
        name.append(html.Span(_("default"), className="vg-tag"))
    return html.Tr(
        [
            html.Th(html.Span(name, className="vg-formula-name"), scope="row"),
            html.Td(spoken(found.labels)),
            html.Td(spoken(found.used_by), className="vg-quiet", **{"data-label": _("Used by")}),
            html.Td(percent(value), className="vg-end vg-strong", **{"data-label": _("Today")}),
            html.Td(
                percent(found.value(Reading(example)), 2) if example else NOTHING,
                className="vg-end",
                **{"data-label": _("Example")},
            ),
        ]
    )
