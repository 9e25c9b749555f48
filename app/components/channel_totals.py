"""The period in numbers: each leads to its own line over time."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app.channel_look import FIGURES, Look
from app.channel_reading import Channels
from app.components.channel_words import better, difference, value
from app.components.icons import icon
from app.i18n import _, spoken
from kpis.catalogue import catalogue
from kpis.kpi import Kpi, Number

_MOST = 8


def totals(found: Channels) -> Component:
    """Those that have a value, the chosen one among them."""
    kpis = [catalogue()[key] for key in dict.fromkeys([*FIGURES, found.look.kpi.key])]
    told = found.shown.total.kpis
    chosen = [kpi for kpi in kpis if told[kpi.key] is not None or kpi is found.look.kpi]
    if found.look.kpi in chosen[_MOST:]:
        chosen = [*chosen[: _MOST - 1], found.look.kpi]
    return html.Nav(
        [_total(found, kpi) for kpi in chosen[:_MOST]],
        className="vg-totals",
        **{"aria-label": _("The period in numbers")},
    )


def _total(found: Channels, kpi: Kpi) -> Component:
    now = found.shown.total.kpis[kpi.key]
    parts: list[Component] = [
        html.Span(spoken(kpi.labels), className="vg-total-label"),
        html.Span(value(kpi, now), className="vg-total-value"),
    ]
    if found.earlier is not None:
        parts.append(_change(kpi, now, found.earlier.total.kpis[kpi.key]))
    return html.A(
        parts, href=found.look.href(kpi=kpi.key), className="vg-total",
        **{"data-inside": "", **_current(found.look, kpi)},
    )  # fmt: skip


def _current(look: Look, kpi: Kpi) -> dict[str, str]:
    return {"aria-current": "true"} if kpi.key == look.kpi.key else {}


def _change(kpi: Kpi, now: Number | None, then: Number | None) -> Component:
    """«↗ +2.1 pts, better · 78.2 % before»: an arrow, a word and a number, never colour alone."""
    before = html.Span(_("{value} before", value=value(kpi, then)))
    change = difference(kpi, now, then)
    if change is None:
        return html.Span(before, className="vg-total-change")
    judged = better(kpi, now, then)
    word = "" if judged is None else _("better") if judged else _("worse")
    level = {None: "", True: "good", False: "bad"}[judged]
    up = now is not None and then is not None and now > then
    arrow = [icon("rise" if up else "fall", size=13)] if now != then else []
    told = html.Span(
        [*arrow, f"{change} {word}".strip()], className="vg-verdict", **{"data-level": level}
    )
    return html.Span([told, before], className="vg-total-change")
