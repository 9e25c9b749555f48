"""CSV: one line a value, so that tables of every shape fit into one file.

A line has table, row (its number or «total»), the dimensions and the interval of the row, then
key, unit and value: raw, as ``vigie kpis`` gives them.  No text is a formula.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from app.printing import Format, Row, print_rows
from app.reports.model import Cell, Content, Figure, Section, Table

MEDIA_TYPE = "text/csv; charset=utf-8"
#: What names a row.
PLACES = ("from", "to", "channel", "queue", "reason", "segment", "site", "source")


def render(content: Content) -> bytes:
    """The lines of the report, its sections in order."""
    out = io.StringIO()
    print_rows(list(_lines(content)), Format.csv, out)
    return out.getvalue().encode()


def _lines(content: Content) -> Iterator[Row]:
    told = {"start": content.start, "end": content.end, "as_of": content.as_of}
    words = {
        "report": content.report, "zone": content.zone, "formula": content.formula,
        "sites": ", ".join(content.scope.sites or ()),
        "channels": ", ".join(content.scope.channels or ()),
    }  # fmt: skip
    for key, value in (words | told).items():
        yield _value("report", 1, {}, key, "text" if key in words else "moment", value)
    for section in content.sections:
        yield from _section(section, ZoneInfo(content.zone))


def _section(section: Section, zone: ZoneInfo) -> Iterator[Row]:
    for number, finding in enumerate(section.findings, start=1):
        yield _value(section.key, number, {}, f"finding_{finding.state}", "text", finding.words)
    for figure in section.figures:
        yield from _figure(section.key, figure)
    for table in section.tables:
        yield from _table(table, zone)


def _figure(table: str, figure: Figure) -> Iterator[Row]:
    yield _value(table, 1, {}, figure.key, figure.kind, figure.value)
    if figure.target is not None:
        yield _value(table, 1, {}, f"{figure.key}_target", figure.kind, figure.target)
    for number, against in enumerate(figure.against, start=1):
        key = f"{figure.key}_before_{number}"
        yield _value(table, 1, {}, key, figure.kind, against.value)


def _table(table: Table, zone: ZoneInfo) -> Iterator[Row]:
    numbered: list[tuple[int | str, tuple[Cell, ...]]] = list(enumerate(table.rows, start=1))
    if table.total is not None:
        numbered.append(("total", table.total))
    for number, row in numbered:
        cells = [(c, _local(value, zone)) for c, value in zip(table.columns, row, strict=True)]
        places = {column.key: value for column, value in cells if column.key in PLACES}
        for column, value in cells:
            if column.key not in PLACES:
                yield _value(table.key, number, places, column.key, column.kind, value)


def _value(
    table: str, row: int | str, places: dict[str, Cell], key: str, unit: str, value: Cell
) -> Row:
    named = {place: places.get(place) for place in PLACES}
    return {"table": table, "row": row, **named, "key": key, "unit": unit, "value": value}


def _local(value: Cell, zone: ZoneInfo) -> Cell:
    return value.astimezone(zone) if isinstance(value, datetime) else value
