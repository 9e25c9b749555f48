"""A chart of a sheet: columns one upon the other, a share as a line against its own axis."""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from app.reports.model import Chart, Column
from app.reports.palette import INK, PARTS

_SIZE = {"width": 960, "height": 320}
_ROWS = 17


def draw(
    workbook: Workbook,
    sheet: Worksheet,
    chart: Chart,
    columns: Sequence[Column],
    rows: tuple[int, int],
    at: tuple[int, int],
) -> int:
    """Draw it at that row and column over the cells of `rows`; gives the row below it."""
    places = {column.key: number for number, column in enumerate(columns)}
    drawn = workbook.add_chart({"type": "column", "subtype": "stacked"})
    for number, key in enumerate(key for key in chart.stacked if key in places):
        drawn.add_series({
            **_data(sheet, chart, places, rows, key),
            "fill": {"color": PARTS[number % len(PARTS)]},
            "gap": 40,
        })  # fmt: skip
    if chart.line in places:
        drawn.combine(_line(workbook, sheet, chart, places, rows))
    drawn.set_title({"name": chart.words, "name_font": {"size": 11, "bold": False}})
    drawn.set_legend({"position": "bottom"})
    drawn.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {
        "color": "#e3e8ee"}}})  # fmt: skip
    drawn.set_size(_SIZE)
    sheet.insert_chart(*at, drawn, {"description": chart.words})
    return at[0] + _ROWS


def _line(
    workbook: Workbook,
    sheet: Worksheet,
    chart: Chart,
    places: dict[str, int],
    rows: tuple[int, int],
) -> object:
    line = workbook.add_chart({"type": "line"})
    line.add_series({
        **_data(sheet, chart, places, rows, str(chart.line)),
        "y2_axis": True,
        "line": {"color": INK, "width": 2},
    })  # fmt: skip
    line.set_y2_axis({"min": 0, "max": 1, "num_format": "0%"})
    return line


def _data(
    sheet: Worksheet, chart: Chart, places: dict[str, int], rows: tuple[int, int], key: str
) -> dict[str, object]:
    first, last = rows
    x, y = places[chart.x], places[key]
    return {
        "name": [sheet.get_name(), first - 1, y],
        "categories": [sheet.get_name(), first, x, last, x],
        "values": [sheet.get_name(), first, y, last, y],
    }
