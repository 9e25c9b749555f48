"""Whatever table is taken away holds what was shown, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
from datetime import datetime
from io import BytesIO, StringIO

import pytest
from python_calamine import CalamineWorkbook

from tests.app.conftest import Login

PATH = "/api/v1/takeaway"
COLUMNS = [
    {"label": "Heure", "kind": "moment"},
    {"label": "File é", "kind": "text"},
    {"label": "QS", "kind": "percent"},
    {"label": "=Présentés", "kind": "integer"},
]
ROWS = [
    ["2026-11-22T09:15:00+00:00", "=HYPERLINK(\"http://x\")", 0.8113, 12],
    ["2026-11-22T09:30:00+00:00", "-1+1", None, 0],
]  # fmt: skip


def asked(format: str, **changes: object) -> dict[str, object]:
    return {"format": format, "name": "qs par heure/é", "columns": COLUMNS, "rows": ROWS} | changes


def test_a_csv_holds_raw_numbers_and_no_formula(log_in: Login) -> None:
    answer = log_in("vera").post(PATH, json=asked("csv"))
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="qs-par-heure.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, first, second = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    assert head == ["Heure", "File é", "QS", "'=Présentés"]
    assert first == ["2026-11-22T09:15:00+00:00", '\'=HYPERLINK("http://x")', "0.8113", "12"]
    assert second[1:] == ["'-1+1", "", "0"]


def test_a_workbook_holds_numbers_texts_and_times_of_the_site(log_in: Login) -> None:
    answer = log_in("vera").post(PATH, json=asked("xlsx"))
    assert answer.status_code == 200
    sheet = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0)
    head, first, second = sheet.to_python()
    assert head == ["Heure", "File é", "QS", "=Présentés"]
    assert first == [
        datetime.fromisoformat("2026-11-22T10:15"),
        '=HYPERLINK("http://x")',
        0.8113,
        12,
    ]
    assert second[1:] == ["-1+1", "", 0]
    assert b"<f>" not in answer.content


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "exe"},
        {"columns": []},
        {"rows": [["one cell only"]]},
        {"rows": [["x", "x" * 32_768, 1, 1]]},
        {"rows": [["x", "x", 10**301, 1]]},
    ],
)
def test_what_is_no_table_is_refused_in_a_line(log_in: Login, wrong: dict[str, object]) -> None:
    answer = log_in("vera").post(PATH, json=asked("xlsx") | wrong)
    assert answer.status_code == 422
    assert answer.json()["detail"]
