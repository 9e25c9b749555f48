"""PDF: laid out for A4 by Typst, tagged for readers aloud (PDF/UA-1).

The template is ``report.typ``; the report goes to it as JSON, so that no text of it can ever be
taken for Typst.  The same content is the same bytes on one machine with the same fonts.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import typst

from app.i18n import integer, percent, speaking
from app.reports.model import Cell, Chart, Column, Content, Figure, Section, Table
from app.reports.palette import PARTS
from app.reports.paper import on_paper, worth
from app.reports.ticks import ticks
from app.reports.writing import (
    finding_words,
    line,
    number,
    shown,
    state_words,
    total_line,
)

MEDIA_TYPE = "application/pdf"
STANDARD: Literal["ua-1"] = "ua-1"
#: Columns of sentences share what room is left, by this measure.
_WIDE = {"why": 3, "effect": 4, "definition": 5, "formula": 3, "words": 3, "error": 4, "scope": 2}
_PPI = 96
#: Labels that fit below a chart.
_LABELS = 13
_UPRIGHT = ("text", "clock", "moment", "day")


def render(content: Content) -> bytes:
    """The document.

    A name in a script that no font of this machine has is drawn as boxes; such a file is tagged
    as well, but makes no promise of PDF/UA.
    """
    try:
        return _compiled(content, STANDARD)
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        return _compiled(content, [])


def _compiled(content: Content, standard: typst.PDFStandards) -> bytes:
    made = typst.compile(
        _template(),
        format="pdf",
        font_paths=_fonts(),
        sys_inputs=_inputs(content),
        pdf_standards=standard,
        timestamp=int(content.as_of.timestamp()),
    )
    return _one(made)


def pages(content: Content) -> list[bytes]:
    """The same pages as pictures (PNG), to be looked at."""
    with speaking(content.language):
        made = typst.compile(
            _template(),
            format="png",
            ppi=_PPI,
            font_paths=_fonts(),
            sys_inputs=_inputs(content),
        )
    return made if isinstance(made, list) else [_one(made)]


def _inputs(content: Content) -> dict[str, str]:
    return {"report": msgspec.json.encode(document(content)).decode()}


def _one(made: object) -> bytes:
    assert isinstance(made, bytes)
    return made


@cache
def _template() -> bytes:
    return files(__package__).joinpath("report.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """Looked for once: those of the wheel, and the machine's for names in other scripts."""
    return typst.Fonts()


def document(content: Content) -> dict[str, object]:
    """What the template is told: words only, in the report's language."""
    zone = ZoneInfo(content.zone)
    return {
        "title": content.title,
        "subtitle": content.subtitle,
        "stamp": content.stamp,
        "language": content.language,
        "sections": [_section(section, zone) for section in content.sections],
    }


def _section(section: Section, zone: ZoneInfo) -> dict[str, object]:
    tables = [worth(table) for table in section.tables if table.printed]
    return {
        "title": section.title,
        "note": section.note,
        "findings": [
            {"state": one.state, "word": finding_words(one.state), "words": one.words}
            for one in section.findings
        ],
        "figures": [_figure(figure) for figure in section.figures],
        "tables": [_table(table, zone) for table in tables],
    }


def _figure(figure: Figure) -> dict[str, object]:
    verdict = f"{state_words(figure.state)}, {figure.target_words}" if figure.state else ""
    states = {True: "good", False: "bad", None: ""}
    return {
        "label": figure.label,
        "value": number(figure.value, figure.kind),
        "state": figure.state or "",
        "verdict": verdict,
        "against": [
            {"change": one.change, "label": one.label, "state": states[one.better]}
            for one in figure.against
        ],
    }


def _table(whole: Table, zone: ZoneInfo) -> dict[str, object]:
    table = on_paper(whole)
    total = total_line(table.total, table.columns, zone) if table.total is not None else []
    return {
        "title": table.title,
        "note": table.note,
        "empty": table.empty,
        "columns": [_column(column) for column in table.columns],
        "rows": [line(row, table.columns, zone) for row in table.rows],
        "total": total,
        "chart": _chart(whole, whole.chart, zone) if whole.chart and len(whole.rows) > 1 else None,
    }


def _column(column: Column) -> dict[str, object]:
    return {
        "label": column.label,
        "text": column.kind in _UPRIGHT,
        "wide": column.key in _WIDE,
        "share": _WIDE.get(column.key, 1),
    }


def _chart(table: Table, chart: Chart, zone: ZoneInfo) -> dict[str, object]:
    places = {column.key: at for at, column in enumerate(table.columns)}
    x = places[chart.x]
    parts = [
        (table.columns[places[key]].label, colour, _numbers(table, places[key]))
        for key, colour in zip(chart.stacked, PARTS, strict=False)
        if key in places
    ]
    tallest = max((sum(told) for told in zip(*(part[2] for part in parts), strict=True)), default=0)
    steps = ticks(tallest)
    has_line = chart.line is not None and chart.line in places
    return {
        "words": chart.words,
        "labels": [shown(row[x], table.columns[x], zone) for row in table.rows],
        "most": _LABELS,
        "parts": [{"name": n, "color": c, "values": v} for n, c, v in parts if any(v)],
        "top": steps[-1],
        "ticks": [{"at": step, "words": integer(step)} for step in steps],
        "line": [row[places[str(chart.line)]] for row in table.rows] if has_line else [],
        "name": table.columns[places[str(chart.line)]].label if has_line else "",
        "shares": [percent(share, 0) for share in (0.0, 0.5, 1.0)],
    }  # fmt: skip


def _numbers(table: Table, at: int) -> list[float]:
    return [_number(row[at]) for row in table.rows]


def _number(value: Cell) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
