"""How long contacts waited until they left, as a histogram with the target's line."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from app.channel_reading import Channels
from app.components.chart import SERIES, Chart
from app.components.table import Cell, Column, Table
from app.i18n import _, duration, integer, percent, spoken
from kpis.catalogue import catalogue
from kpis.waits import EDGES, TOLD, percentile

#: Widths of a bar in seconds, and how many bars there are at most before the last.
_WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 28800, 86400, 604800)
_BARS = 24
_SHOWN = 0.97
#: A first bar so many times higher than the next is cut, and says so.
_TOWERS = 4
#: (outcome, series, pattern): told apart without their colours too.
_OUTCOMES = (("answered", 0, ""), ("abandoned", 1, "/"), ("flowed_out", 3, "x"))


def waits_chart(found: Channels) -> Chart:
    """Bars of one width, the last one of all that is beyond, and who was answered by then."""
    waits = found.shown.distribution.waits
    width, count = _cut(waits, _target_s(found))
    bars = {outcome: _bars(waits[outcome], width, count) for outcome, _s, _p in _OUTCOMES}
    spans = [_span(at, width, count) for at in range(count)]
    offered = catalogue()["offered"]
    rows = _rows(bars, spans)
    table = Table(
        name="vigie-waits",
        title=_("Waits until they left"),
        columns=[Column(_("Wait")), *(Column(_label(each), "integer") for each in bars),
                 Column(_("Answered by then"), "percent")],
        rows=rows,
        links=[found.look.contacts(kpi=offered, wait=_within(at, width, count))
               for at in range(count)],
    )  # fmt: skip
    highest, cut = _ceiling(bars, count)
    return Chart(
        name="waits", title=table.title, told=_told(found), table=table,
        traces=[*_drawn(bars, spans, width), _passed([row[-1] for row in rows], width)],
        layout={
            "barmode": "stack", "hovermode": "closest", "bargap": 0,
            "margin": {"l": 44, "r": 48, "t": 8, "b": 32},
            "xaxis": {"format": "duration", "range": [0, width * count]},
            "yaxis": {"range": [0, highest]},
            "yaxis2": {"overlaying": "y", "side": "right", "range": [0, 1.02], "tickformat": ".0%",
                       "tickvals": [0, 0.25, 0.5, 0.75, 1],
                       "showgrid": False},
            "shapes": _line(found),
            "annotations": [*_words(found, width * count), *_beyond(cut, width, highest)],
        },
    )  # fmt: skip


def _drawn(
    bars: Mapping[str, list[int]], spans: list[str], width: int
) -> list[Mapping[str, object]]:
    """One trace an outcome that anybody left by."""
    middles = [width * (at + 0.5) for at in range(len(spans))]
    return [
        {
            "type": "bar", "x": middles, "y": bars[outcome], "width": width * 0.92,
            "name": _label(outcome), "format": "integer", "customdata": list(range(len(spans))),
            "marker": {"color": SERIES[series], "pattern": {"shape": pattern, "size": 5}},
            "hovertext": spans, "hovertemplate": "%{hovertext}<br><b>%{text}</b>",
        }
        for outcome, series, pattern in _OUTCOMES
        if any(bars[outcome])
    ]  # fmt: skip


def _passed(shares: list[Cell], width: int) -> Mapping[str, object]:
    """The share of the answered that had been answered by then, from nobody at 0."""
    return {
        "type": "scatter", "mode": "lines", "yaxis": "y2", "name": _("Answered by then"),
        "x": [0, *(width * (at + 1) for at in range(len(shares)))], "y": [0, *shares],
        "format": "percent", "line": {"color": SERIES[2], "width": 2, "dash": "dot"},
        "hovertemplate": "%{text}", "customdata": [0, *range(len(shares))],
    }  # fmt: skip


def _ceiling(bars: Mapping[str, list[int]], count: int) -> tuple[float, int | None]:
    """How high the scale goes; (…, the first bar) where that one is cut, for it would leave the
    others no room."""
    heights = sorted(sum(each[at] for each in bars.values()) for at in range(count))
    first = sum(each[0] for each in bars.values()) if count else 0
    if count > 1 and heights[-1] == first > _TOWERS * heights[-2] > 0:
        return heights[-2] * 1.6, first
    return max(heights, default=1) * 1.08 or 1, None


def _beyond(cut: int | None, width: int, highest: float) -> list[Mapping[str, object]]:
    """Says how high the bar is that goes beyond the scale."""
    if cut is None:
        return []
    return [{"text": f"<b>↑ {integer(cut)}</b>", "x": width, "xanchor": "left", "xshift": 3,
             "y": highest, "yanchor": "top", "showarrow": False}]  # fmt: skip


def _label(outcome: str) -> str:
    return spoken(catalogue()[outcome].labels)


def _cut(waits: Mapping[str, Mapping[int, int]], target: float | None) -> tuple[int, int]:
    """(width, how many): wide enough that nearly all waits and the target fit."""
    together: dict[int, int] = {}
    for counts in waits.values():
        for bucket, many in counts.items():
            together[bucket] = together.get(bucket, 0) + many
    longest = percentile(together, _SHOWN)
    if longest is None:
        return 1, 0
    longest = max(longest, (target or 0) * 1.05)
    width = next((each for each in _WIDTHS if longest <= each * _BARS), _WIDTHS[-1])
    return width, max(4, ceil(longest / width) + 1)


def _bars(waits: Mapping[int, int], width: int, count: int) -> list[int]:
    found = [0] * count
    for bucket, many in waits.items():
        found[min(count - 1, max(0, ceil(TOLD[bucket] / width) - 1))] += many
    return found


def _within(at: int, width: int, count: int) -> str:
    """The waits of a bar, as the address of its contacts says them."""
    return f"{at * width}.." + ("" if at == count - 1 else str((at + 1) * width))


def _span(at: int, width: int, count: int) -> str:
    if at == count - 1:
        return _("more than {time}", time=duration(at * width))
    return _("{start} to {end}", start=duration(at * width), end=duration((at + 1) * width))


def _rows(bars: Mapping[str, list[int]], spans: list[str]) -> list[list[Cell]]:
    total = sum(bars["answered"])
    rows: list[list[Cell]] = []
    passed = 0
    for at, span in enumerate(spans):
        passed += bars["answered"][at]
        share = passed / total if total else None
        rows.append([span, *(counts[at] for counts in bars.values()), share])
    return rows


def _target_s(found: Channels) -> float | None:
    return None if found.promise is None else found.promise.target_ms / 1000


def _line(found: Channels) -> list[dict[str, object]]:
    if (target := _target_s(found)) is None:
        return []
    return [{"type": "line", "x0": target, "x1": target, "yref": "paper", "y0": 0, "y1": 1,
             "line": {"color": "var(--vg-ink)", "width": 2, "dash": "dashdot"}}]  # fmt: skip


def _words(found: Channels, until: float) -> list[dict[str, object]]:
    """On the side of the line where there is room."""
    if (target := _target_s(found)) is None:
        return []
    words = _("target {share}", share=duration(target))
    side = {"xanchor": "right", "xshift": -4} if target > until / 2 else {
        "xanchor": "left", "xshift": 4}  # fmt: skip
    return [{"text": f"<b>{words}</b>", "x": target, "yref": "paper", "y": 1, "yanchor": "top",
             "showarrow": False, "font": {"color": "var(--vg-ink)"}, **side}]  # fmt: skip


def _told(found: Channels) -> str:
    answered = found.shown.distribution.waits["answered"]
    total, half, most = sum(answered.values()), percentile(answered, 0.5), percentile(answered, 0.9)
    told = _(
        "{count} were answered, half of them within {half}, nine in ten within {most}.",
        count=integer(total), half=duration(half), most=duration(most),
    )  # fmt: skip
    if (target := _target_s(found)) is None or not total:
        return told
    within = sum(many for bucket, many in answered.items() if EDGES[bucket] <= target * 1000)
    share = _("{share} of the answered within {time}.", share=percent(within / total),
              time=duration(target))  # fmt: skip
    return f"{told} {share}"
