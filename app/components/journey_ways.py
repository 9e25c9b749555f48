"""The ways of customers who come again, as a Sankey: channel → channel, or through the reason.

The colour of a way says after what they came; its words and the table say so too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app import labels
from app.components.chart import Chart
from app.components.journey_look import JourneyLook
from app.components.table import Cell, Column, Table
from app.i18n import N_, _, integer
from kpis.journeys import Flow, Move

#: Each with its colour (``assets/journeys.css``); other outcomes are the last.
AFTER = {
    "answered": (N_("after an answer"), "var(--vg-way-answered)"),
    "abandoned": (N_("after an abandon"), "var(--vg-way-abandoned)"),
    "": (N_("after something else"), "var(--vg-way-other)"),
}
#: Reasons beyond these are one: a Sankey of more cannot be read.
MOST_REASONS = 10
_ROW, _LEAST, _HIGHEST = 40, 260, 620
Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Way:
    """So many went from one place to the next, after what; it is told in that row of the table."""

    start: Place
    end: Place
    after: str
    count: int
    row: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One row: the places on the way, and how many went it after what."""

    places: tuple[str, ...]
    after: Mapping[str, int]

    @property
    def count(self) -> int:
        return sum(self.after.values())


def ways(flows: Sequence[Flow], moves: Sequence[Move], look: JourneyLook) -> Chart:
    """The chart of the flows; `moves` give how long after half of them came."""
    lines = _lines(flows, look.through_reasons)
    total = sum(line.count for line in lines)
    shown = _table(lines, moves, look)
    drawn = list(_ways(lines))
    places = sorted({place for way in drawn for place in (way.start, way.end)})
    side = Counter(column for column, _name in places)
    rows = max(side.values(), default=1)
    return Chart(
        name="ways",
        title=_("Where customers come again"),
        told=_("{count} repeats, from the channel of the earlier contact to that of the next",
               count=integer(total)),
        traces=[_trace(drawn, places)],
        table=shown,
        layout={"margin": {"l": 4, "r": 4, "t": 8, "b": 8}, "hovermode": "closest"},
        height=min(_HIGHEST, max(_LEAST, rows * _ROW + 60)),
    )  # fmt: skip


def _lines(flows: Iterable[Flow], through_reasons: bool) -> list[_Line]:
    """The most frequent ways first."""
    flows = list(flows)
    often = Counter[str]()
    for flow in flows:
        often[flow.reason or ""] += flow.count
    shown = {reason for reason, _count in often.most_common(MOST_REASONS)}
    found: dict[tuple[str, ...], Counter[str]] = {}
    for flow in flows:
        reason = _reason(flow.reason or "", shown)
        places = (flow.from_, reason, flow.to) if through_reasons else (flow.from_, flow.to)
        after = flow.outcome if flow.outcome in AFTER else ""
        found.setdefault(places, Counter())[after or ""] += flow.count
    lines = [_Line(places, after) for places, after in found.items()]
    return sorted(lines, key=lambda line: (-line.count, line.places))


def _reason(reason: str, shown: set[str]) -> str:
    if reason not in shown:
        return _("Other")
    return labels.reason(reason) if reason else _("No reason told")


def _ways(lines: Iterable[_Line]) -> Iterator[_Way]:
    """Each step of each line, once for every outcome."""
    for row, line in enumerate(lines):
        steps = list(enumerate(line.places))
        for start, end in pairwise(steps):
            for after, count in sorted(line.after.items()):
                yield _Way(start, end, after, count, row)


def _trace(drawn: Sequence[_Way], places: Sequence[Place]) -> Mapping[str, object]:
    last = max((column for column, _place in places), default=1)
    number = {place: at for at, place in enumerate(places)}
    names = [_name(column, place, last) for column, place in places]
    return {
        "type": "sankey",
        # In ink on the page's own ground, without plotly's halo: read on every ribbon.
        "textfont": {"color": "var(--vg-ink)", "size": 12.5, "shadow": "none"},
        "arrangement": "snap",
        "node": {
            "label": names,
            "color": "var(--vg-series-6)",
            # No row of the table: a node leads nowhere.
            "customdata": [-1] * len(names),
            "hovertemplate": "%{label}: %{value}<extra></extra>",
            "pad": 18,
            "thickness": 14,
            "line": {"width": 0},
        },
        "link": {
            "source": [number[way.start] for way in drawn],
            "target": [number[way.end] for way in drawn],
            "value": [way.count for way in drawn],
            "color": [AFTER[way.after][1] for way in drawn],
            "customdata": [way.row for way in drawn],
            "label": [_told(way, last) for way in drawn],
            "hovertemplate": "%{label}<extra></extra>",
        },
        "valueformat": ",",
    }


def _told(way: _Way, last: int) -> str:
    """«Phone → E-mail, after an abandon: 214»."""
    start, end = (_name(*place, last) for place in (way.start, way.end))
    return _("{start} → {end}, {after}: {count}", start=start, end=end,
             after=_(AFTER[way.after][0]), count=integer(way.count))  # fmt: skip


def _name(column: int, place: str, last: int) -> str:
    """First and last are channels; what is between is a reason already in words."""
    return labels.channel(place) if column in (0, last) else place


def _table(lines: Sequence[_Line], moves: Sequence[Move], look: JourneyLook) -> Table:
    middle = [Column(_("Reason"))] if look.through_reasons else []
    half = [] if look.through_reasons else [Column(_("Half within"), "duration")]
    columns = [
        Column(_("From")), *middle, Column(_("To")), Column(_("Repeats"), "integer"),
        Column(_("After an answer"), "integer"), Column(_("After an abandon"), "integer"),
        Column(_("After something else"), "integer"), *half,
    ]  # fmt: skip
    gaps = {(move.from_, move.to): move.median_gap_s for move in moves}
    rows = [_row(line, gaps) for line in lines]
    links = [look.into(channel=line.places[0]) for line in lines]
    return Table("journeys", _("Ways of customers who come again"), columns, rows, links)


def _row(line: _Line, gaps: Mapping[tuple[str, str], float]) -> Sequence[Cell]:
    last = len(line.places) - 1
    places = [_name(at, place, last) for at, place in enumerate(line.places)]
    counts = [line.after.get(after, 0) for after in AFTER]
    half = [gaps.get((line.places[0], line.places[1]))] if last == 1 else []
    return (*places, line.count, *counts, *half)
