"""HTML for a mailbox: one file that loads nothing, every text escaped, laid out in tables.

Mail programs know neither scripts nor drawings; bars are coloured cells beside their figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from zoneinfo import ZoneInfo

from app.i18n import _
from app.reports.model import Against, Chart, Column, Content, Figure, Section, Table
from app.reports.palette import PARTS
from app.reports.paper import on_paper, worth
from app.reports.writing import finding_words, line, number, state_words, total_line

MEDIA_TYPE = "text/html; charset=utf-8"
_BESIDE = 3
#: Where the annex begins, files and paper have more room.
_LEFT_OUT = ("definitions",)


def render(content: Content) -> bytes:
    """The whole document."""
    zone = ZoneInfo(content.zone)
    told = [section for section in content.sections if section.key not in _LEFT_OUT]
    title = f"{content.title} – {content.subtitle}"
    return _lines([
        f'<!doctype html>\n<html lang="{escape(content.language)}">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title><style>{_style()}</style></head>",
        f'<body><div class="page">{_band(content)}<div class="body">',
        *(_section(section, zone) for section in told),
        f'<p class="note">{escape(_more())}</p>',
        "</div></div></body></html>",
    ]).encode()  # fmt: skip


@cache
def _style() -> str:
    return files(__package__).joinpath("mail.css").read_text("utf-8")


def _more() -> str:
    return _("Definitions, quarter hours and every other KPI: in the XLSX of this report.")


def _band(content: Content) -> str:
    stamp = " · ".join(content.stamp)
    return _lines([
        f'<div class="band"><h1>{escape(content.title)}</h1>',
        f'<p>{escape(content.subtitle)}</p><p class="stamp">{escape(stamp)}</p></div>',
    ])  # fmt: skip


def _section(section: Section, zone: ZoneInfo) -> str:
    note = f'<p class="note">{escape(section.note)}</p>' if section.note else ""
    tables = [worth(table) for table in section.tables if table.printed]
    return _lines([
        f"<h2>{escape(section.title)}</h2>{note}",
        _findings(section),
        _cards(section.figures),
        *(_table(table, zone, alone=table.title == section.title) for table in tables),
    ])  # fmt: skip


def _findings(section: Section) -> str:
    items = [
        f'<li><strong class="{one.state}">{escape(finding_words(one.state))}</strong> '
        f"{escape(one.words)}</li>"
        for one in section.findings
    ]
    return f"<ul>{_lines(items)}</ul>" if items else ""


def _cards(figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    cards = [_card(figure) for figure in figures]
    rows = [cards[at : at + _BESIDE] for at in range(0, len(cards), _BESIDE)]
    told = [f"<tr>{''.join(row)}</tr>" for row in rows]
    return f'<table class="cards" role="presentation">{_lines(told)}</table>'


def _card(figure: Figure) -> str:
    """A value, what it is measured against, what it was."""
    judged = f"{state_words(figure.state)}, {figure.target_words}" if figure.state else ""
    verdict = f'<div class="more {figure.state or ""}">{escape(judged)}</div>' if judged else ""
    return _lines([
        f'<td class="card is-{figure.state or "plain"}">',
        f'<div class="name">{escape(figure.label)}</div>',
        f'<div class="value">{escape(number(figure.value, figure.kind))}</div>{verdict}',
        *(f'<div class="more">{_against(one)}</div>' for one in figure.against),
        "</td>",
    ])  # fmt: skip


def _against(against: Against) -> str:
    state = {True: "good", False: "bad", None: ""}[against.better]
    return f'<span class="{state}">{escape(against.change)}</span> / {escape(against.label)}'


def _table(whole: Table, zone: ZoneInfo, *, alone: bool) -> str:
    table = on_paper(whole)
    title = "" if alone else f"<h3>{escape(table.title)}</h3>"
    if not table.rows:
        return f'{title}<p class="note">{escape(table.empty)}</p>'
    bars = _bars(whole)
    rows = [
        _row(line(row, table.columns, zone), table.columns, "td", bar)
        for row, bar in zip(table.rows, bars, strict=True)
    ]
    last = () if table.total is None else (total_line(table.total, table.columns, zone),)
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    key = _key(whole, whole.chart) if whole.chart else ""
    return _lines([
        f'{title}{note}{key}<div class="wide"><table class="data">',
        f"<thead>{_heads(table)}</thead><tbody>",
        *rows,
        *(_row(cells, table.columns, "td", "<td></td>" if whole.chart else "", total=True)
          for cells in last),
        "</tbody></table></div>",
    ])  # fmt: skip


def _heads(table: Table) -> str:
    labels = [column.label for column in table.columns]
    words = escape(_("Drawn"))
    bar = f'<th scope="col" class="text">{words}</th>' if table.chart else ""
    return _row(labels, table.columns, "th", bar)


def _row(
    cells: Iterable[str], columns: Iterable[Column], tag: str, bar: str, *, total: bool = False
) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    told = [
        f"<{tag}{scope}{_class(column)}>{escape(cell)}</{tag}>"
        for cell, column in zip(cells, columns, strict=True)
    ]
    return f"<tr{' class=total' if total else ''}>{''.join(told)}{bar}</tr>"


def _class(column: Column) -> str:
    return ' class="text"' if column.kind in ("text", "clock", "moment", "day") else ""


# ── bars ──────────────────────────────────────────────────────────────────


def _bars(table: Table) -> list[str]:
    """A cell for each row: what became of its contacts, as long as the largest allows."""
    if table.chart is None:
        return [""] * len(table.rows)
    places = {column.key: at for at, column in enumerate(table.columns)}
    keys = [key for key in table.chart.stacked if key in places]
    parts = [[_count(row[places[key]]) for key in keys] for row in table.rows]
    most = max((sum(counts) for counts in parts), default=0) or 1
    return [_bar(counts, most) for counts in parts]


def _bar(counts: Sequence[float], most: float) -> str:
    widths = [round(120 * count / most) for count in counts]
    cells = [
        f'<td style="width:{width}px;background:{colour}"></td>'
        for width, colour in zip(widths, PARTS, strict=False)
        if width
    ]
    drawn = f'<table role="presentation"><tr>{"".join(cells)}</tr></table>' if cells else ""
    return f'<td class="bar" aria-hidden="true">{drawn}</td>'


def _key(table: Table, chart: Chart) -> str:
    """Which colour is what."""
    labels = {column.key: column.label for column in table.columns}
    named = [labels[key] for key in chart.stacked if key in labels]
    told = [
        f'<span><i style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour in zip(named, PARTS, strict=False)
    ]
    return f'<p class="key">{"".join(told)}</p>'


def _count(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)
