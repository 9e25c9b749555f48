"""Repeats in numbers: the whole choice as cards, by channel and by reason as tables, and once &
done day by day with what is not ripe yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from app import labels
from app.components.cards import explain, explanation
from app.components.chart import QUIET, SERIES, Chart
from app.components.icons import icon
from app.components.journey_look import JourneyLook
from app.components.table import Cell, Column, Table
from app.i18n import N_, _, integer, percent, spoken
from kpis.catalogue import catalogue
from kpis.contacts import can_drill
from kpis.journeys import Journeys
from kpis.kpi import Number
from kpis.series import KpiRow

Kpis = Mapping[str, Number | None]
_CARDS = (
    "repeat_rate", "repeat_after_answer_rate", "repeat_after_abandon_rate",
    "cross_channel_repeat_rate", "fcr", "once_and_done",
)  # fmt: skip
#: What is left out while the window has not passed.
_RIPENING = ("fcr", "once_and_done")
_COLUMNS = ("offered", "repeat_contacts", *_CARDS, "fcr_coverage")
#: All that is told here.
SHOWN = frozenset(_COLUMNS)
_KINDS = {"count": "integer", "fraction": "percent"}
_VERDICTS = {
    "good": (N_("On target"), "check"),
    "near": (N_("Near target"), "near"),
    "bad": (N_("Below target"), "down"),
}


def cards(total: KpiRow, found: Journeys, look: JourneyLook) -> Component:
    """Everybody who is known, then the rates; each with its definition, leading to its contacts."""
    shown = [_customers(found), *(_card(key, total, look) for key in _CARDS)]
    coverage = _coverage(total.kpis)
    return html.Section(
        [*shown, coverage], className="vg-shares", **{"aria-label": _("Repeats in numbers")}
    )


def _customers(found: Journeys) -> Component:
    foot = [
        _("{count} came again", count=integer(found.repeating)),
        _("{count} on another channel", count=integer(found.crossing)),
    ]
    label = html.Div(_("Known customers"), className="vg-card-label")
    return _article([label], integer(found.customers), foot, _("Known customers"))


def _card(key: str, total: KpiRow, look: JourneyLook) -> Component:
    told, kpis = explanation(catalogue()[key]), total.kpis
    value = kpis.get(key)
    foot: list[Component | str] = [_verdict(key, value)] if value is not None else []
    if key in _RIPENING and (share := kpis.get("fcr_coverage")) is not None and share < 1:
        foot.append(_provisional(float(share)))
    label = html.Div(told.title, className="vg-card-label")
    shown: Component | str = percent(_float(value))
    if value is not None and can_drill(catalogue()[key]):
        shown = html.A(shown, href=look.contacts(total, key), className="vg-drill")
    return _article([label, explain(told)], shown, foot, told.title)


def _article(
    head: Sequence[Component], value: Component | str, foot: Sequence[Component | str], label: str
) -> Component:
    return html.Article(
        [
            html.Div(list(head), className="vg-card-head"),
            html.Div(value, className="vg-card-value vg-number"),
            html.Div([_line(part) for part in foot], className="vg-card-foot"),
        ],
        className="vg-card",
        **{"aria-label": label},
    )


def _line(part: Component | str) -> Component:
    return html.Span(part) if isinstance(part, str) else part


def _coverage(kpis: Kpis) -> Component:
    told = explanation(catalogue()["fcr_coverage"])
    share = _float(kpis.get("fcr_coverage"))
    words = _("of the first contacts are older than the window: the others may still be repeated")
    label = html.Div(_("Maturity"), className="vg-card-label")
    return _article([label, explain(told)], percent(share), [words], _("Maturity"))


def _provisional(share: float) -> Component:
    words = _("provisional, {share} mature", share=percent(share, 0))
    return html.Span([icon("clock", size=13), words], className="vg-provisional")


def _verdict(key: str, value: Number) -> Component | str:
    thresholds = catalogue()[key].thresholds
    if thresholds is None:
        return ""
    look, bad = thresholds
    sign = 1 if look >= bad else -1
    level = (
        "good" if value * sign >= look * sign else "near" if value * sign >= bad * sign else "bad"
    )
    words, mark = _VERDICTS[level]
    target = _("target {share}", share=percent(look, 0))
    judged = html.Span([icon(mark, size=13), _(words)], className="vg-verdict",
                       **{"data-level": level})  # fmt: skip
    return html.Span([judged, html.Span(target, className="vg-goal")], className="vg-judged")


def by_dimension(rows: Sequence[KpiRow], key: str, look: JourneyLook) -> Table:
    """A row for each value of the dimension, the most repeated first; each leads into it."""
    known = [row for row in rows if row.kpis.get("repeat_rate") is not None]
    ordered = sorted(known, key=lambda row: -(row.kpis["repeat_contacts"] or 0))
    kpis = [catalogue()[name] for name in _COLUMNS]
    first = _("Channel") if key == "channel" else _("Reason")
    columns = [Column(first), *(Column(spoken(k.labels), _KINDS[k.unit]) for k in kpis)]  # type: ignore[arg-type]
    title = _("Repeats by channel") if key == "channel" else _("Repeats by reason")
    return Table(
        f"repeats-by-{key}",
        title,
        columns,
        [_row(row, key) for row in ordered],
        [_into(row.by[key], key, look) for row in ordered],
    )


def _row(row: KpiRow, key: str) -> Sequence[Cell]:
    name = row.by[key]
    word = labels.channel if key == "channel" else labels.reason
    told = word(str(name)) if name is not None else _("No reason told")
    return (told, *(row.kpis[column] for column in _COLUMNS))


def _into(name: object, key: str, look: JourneyLook) -> str | None:
    return None if name is None else look.into(**{key: str(name)})


def once_and_done(rows: Sequence[KpiRow], look: JourneyLook) -> Chart:
    """Day by day; days that the window has not left behind are marked as not ripe."""
    keys = ("once_and_done", "fcr")
    days = [row.start.date().isoformat() for row in rows]
    names = {key: spoken(catalogue()[key].labels) for key in (*keys, "fcr_coverage")}
    dashes = ("solid", "dot")
    traces = [
        {"type": "scatter", "mode": "lines+markers", "name": names[key], "x": days,
         "y": [row.kpis[key] for row in rows], "format": "percent",
         "line": {"color": colour, "width": 2.5, "dash": dash}, "marker": {"size": 5}}
        for key, colour, dash in zip(keys, SERIES, dashes, strict=False)
    ]  # fmt: skip
    columns = [Column(_("Day"), "moment"), *(Column(name, "percent") for name in names.values())]
    told = [(day, *(row.kpis[key] for key in names)) for day, row in zip(days, rows, strict=True)]
    measured = any(row.kpis["once_and_done"] is not None for row in rows)
    title = _("Once & done, day by day")
    return Chart(
        name="once",
        title=title,
        told=_("Share of the first contacts that no repeat has followed within {days} days, by day",
               days=look.days),
        traces=traces,
        table=Table("once-and-done", title, columns, told if measured else ()),
        layout=_ripening(days, rows),
        height=260,
    )  # fmt: skip


def _ripening(days: Sequence[str], rows: Sequence[KpiRow]) -> Mapping[str, object]:
    """The axes; a band over the days of which some first contacts may still be repeated."""
    axes = {
        "yaxis": {"tickformat": ".0%", "range": [0, 1.04]},
        "xaxis": {"type": "date", "tickformat": "%d %b"},
    }
    young = [
        day
        for day, row in zip(days, rows, strict=True)
        if (share := row.kpis["fcr_coverage"]) is not None and share < 1
    ]
    if not young:
        return axes
    band = {"type": "rect", "xref": "x", "yref": "paper", "x0": young[0], "x1": young[-1],
            "y0": 0, "y1": 1, "fillcolor": "var(--vg-last-week)", "line": {"width": 0},
            "layer": "below"}  # fmt: skip
    words = {"x": young[0], "y": 0.03, "xref": "x", "yref": "paper", "text": _("not ripe yet"),
             "showarrow": False, "xanchor": "left", "yanchor": "bottom",
             "font": {"color": QUIET, "size": 12}}  # fmt: skip
    return {**axes, "shapes": [band], "annotations": [words]}


def _float(value: Number | None) -> float | None:
    return None if value is None else float(value)
