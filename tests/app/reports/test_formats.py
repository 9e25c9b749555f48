"""The files: every number found again, the same bytes twice, no text ever run."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime

import msgspec
import pytest
from python_calamine import CalamineWorkbook

from app.bootstrap import House
from app.i18n import speaking
from app.reports.discovery import formats
from app.reports.model import Content
from app.reports.tables import kpi_columns
from app.reports.writer import period_of, render
from kpis.query import KpiQuery
from kpis.series import compute
from kpis.snapshot import snapshot
from tests.app.reports.telling import HOSTILE, LATER, PARIS, TUESDAY, hours, report, tell

DIMENSIONS = {
    "channels": "channel", "queues": "channel,queue", "reasons": "reason", "by_hour": "",
    "by_15min": "", "channels_by_hour": "channel",
}  # fmt: skip
GRAINS = {"by_hour": "hour", "by_15min": "15min", "channels_by_hour": "hour"}
FILES = ("csv", "html", "json", "xlsx")
#: What a mail is made of.
TAGS = {
    "html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "h3", "p", "ul", "li",
    "strong", "span", "i", "table", "thead", "tbody", "tr", "td", "th", "doctype",
}  # fmt: skip


@pytest.fixture
def content(house: House) -> Content:
    """A day with calls, mails and every hostile name there is."""
    events = [*hours(TUESDAY, 8, 18, reason="billing"), *hours(TUESDAY, 9, 12, "email")]
    for number, name in enumerate(HOSTILE):
        told = hours(TUESDAY, 10, 11, queue=name, reason=name)
        events += [
            msgspec.structs.replace(
                event,
                contact_id=f"{number}-{event.contact_id}",
                event_id=f"{number}-{event.event_id}",
            )
            for event in told
        ]
    tell(house, events)
    return report(house)


def test_written_twice_it_is_the_same_bytes(house: House, content: Content) -> None:
    again = report(house)
    for format in FILES:
        assert render(content, format) == render(again, format), format


def test_every_number_of_the_csv_is_found_again_in_the_series(
    house: House, content: Content
) -> None:
    wanted = {
        (table, *place, key): value
        for table in DIMENSIONS
        for place, kpis in series(house, table)
        for key, value in kpis.items()
    }
    found = {
        (line["table"], line["from"] if line["table"] in GRAINS else "",
         *(line[name] for name in DIMENSIONS[line["table"]].split(",") if name), line["key"]):
        line["value"]
        for line in csv.DictReader(io.StringIO(render(content, "csv").decode()))
        if line["table"] in DIMENSIONS and line["row"] != "total"
    }  # fmt: skip
    assert found.keys() == wanted.keys()
    for place, value in wanted.items():
        assert found[place] == ("" if value is None else str(value)), place


def test_every_number_of_the_sheets_is_found_again_in_the_series(
    house: House, content: Content
) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(render(content, "xlsx")))
    with speaking("en"):
        keys = {heading(column.label, column.kind): column.key for column in kpi_columns()}
    for sheet, table in (("Channels", "channels"), ("Queues", "queues"), ("Reasons", "reasons")):
        lines = book.get_sheet_by_name(sheet).to_python()
        at = next(number for number, line in enumerate(lines) if "Offered" in line)
        told = list(series(house, table))
        for line, (_place, kpis) in zip(lines[at + 1 : at + 1 + len(told)], told, strict=True):
            shown = {keys[str(h)]: v for h, v in zip(lines[at], line, strict=True) if h in keys}
            assert {key: value for key, value in shown.items() if value != ""} == {
                key: value for key, value in kpis.items() if key in shown and value is not None
            }


def test_json_carries_the_raw_values_under_the_keys_of_the_api(
    house: House, content: Content
) -> None:
    document = json.loads(render(content, "json"))
    tables = {table["key"]: table for one in document["sections"] for table in one["tables"]}
    for row, (place, kpis) in zip(
        tables["channels"]["rows"], series(house, "channels"), strict=True
    ):
        assert row == {"channel": place[1], **kpis}
    assert datetime.fromisoformat(document["as_of"]) == LATER


def test_no_text_of_a_workbook_is_a_formula_or_a_link_or_breaks_it(content: Content) -> None:
    with zipfile.ZipFile(io.BytesIO(render(content, "xlsx"))) as book:
        sheets = [n for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
        texts = [book.read(name).decode() for name in sheets]
        strings = book.read("xl/sharedStrings.xml").decode()
    assert len(sheets) == 12
    assert not [text for text in texts if re.search(r"<f[ >]|<hyperlink", text)]
    assert "=cmd|&#39;" in strings or "=cmd|'" in strings
    assert all(re.search(r"<pane [^>]*state=\"frozen\"", text) for text in texts[:5])


def test_numbers_of_a_workbook_are_numbers_and_have_their_formats_and_charts(
    content: Content,
) -> None:
    with zipfile.ZipFile(io.BytesIO(render(content, "xlsx"))) as book:
        styles = book.read("xl/styles.xml").decode()
        charts = [name for name in book.namelist() if re.match(r"xl/charts/chart\d", name)]
    assert "0.0%" in styles
    assert "#,##0" in styles
    assert len(charts) >= 3


def test_no_cell_of_a_csv_runs(content: Content) -> None:
    lines = list(csv.reader(io.StringIO(render(content, "csv").decode())))
    dangerous = [
        cell for line in lines for cell in line
        if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
        and not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell)
    ]  # fmt: skip
    assert dangerous == []
    assert {len(line) for line in lines} == {len(lines[0])}


def test_a_mail_holds_no_markup_that_we_did_not_write_and_loads_nothing(content: Content) -> None:
    page = render(content, "html").decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert set(re.findall(r"<(\w+)", page)) <= TAGS
    assert not re.search(r"\b(src|href|on\w+)\s*=|url\(|@import", acted_on(page))


def test_the_formats_are_found() -> None:
    assert set(FILES) <= set(formats())


def heading(label: str, kind: str) -> str:
    return f"{label} (s)" if kind == "seconds" else label


def acted_on(page: str) -> str:
    """What a browser acts on: the tags and the style."""
    return "".join(re.findall(r"<style>.*?</style>|<[^>]*>", page, re.S))


def series(house: House, table: str) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """What `vigie kpis` gives for that table, as of then: the place of each row, its KPIs."""
    period = period_of("daily", str(TUESDAY), None, PARIS, LATER)
    by = tuple(name for name in DIMENSIONS[table].split(",") if name)
    query = KpiQuery(
        from_=period.span.start, to=period.span.end, now=LATER, by=by,
        grain=GRAINS.get(table, "total"), zone=PARIS,
    )  # fmt: skip
    with snapshot(house.database.engine) as connection:
        found = compute(connection, query)
    for row in sorted(found, key=lambda one: (one.start, "email" in one.by.values())):
        start = row.start.isoformat() if table in GRAINS else ""
        yield (start, *(guarded(value) for value in row.by.values())), dict(row.kpis)


def guarded(value: object) -> str:
    """A name as a CSV holds it: nothing told is empty, what a spreadsheet would run has a mark."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "＝")) else text
