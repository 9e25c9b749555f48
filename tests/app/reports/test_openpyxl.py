"""The workbook as another program reads it: no formula, real numbers, frozen heads."""

from __future__ import annotations

import io

import openpyxl

from app.bootstrap import House
from app.reports.writer import render
from tests.app.reports.telling import HOSTILE, TUESDAY, hours, report, tell


def test_openpyxl_finds_no_formula_whatever_names_hold(house: House) -> None:
    for number, name in enumerate(HOSTILE):
        tell(house, hours(TUESDAY, number, number + 1, queue=name, reason=name))
    book = openpyxl.load_workbook(io.BytesIO(render(report(house), "xlsx")))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert [cell.coordinate for cell in cells if cell.hyperlink] == []
    texts = {cell.value for cell in cells if cell.data_type == "s"}
    assert set(HOSTILE) - {"\t=1"} <= texts
    assert book["Course"].freeze_panes is not None
    shares = [cell for cell in book["Channels"]["E"] if isinstance(cell.value, float)]
    assert shares
    assert {cell.number_format for cell in shares} == {"0.0%"}
    assert f"{book.properties.created}" == "2024-05-01 07:00:00"
