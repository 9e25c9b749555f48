"""Every number on paper and in files, found again through `vigie kpis`, of a simulated day."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import openpyxl
import pytest

from app.bootstrap import House
from app.i18n import speaking
from app.reports.formats.pdf_file import document
from app.reports.model import Content
from app.reports.tables import MAIN
from app.reports.writer import Wish, render, tell
from app.reports.writing import number, shown_interval
from kpis.catalogue import catalogue
from sample_data.simulator import Simulator
from tests.house import Vigie

PARIS = ZoneInfo("Europe/Paris")
DAY = "2026-03-10"
MIDNIGHT = datetime(2026, 3, 10, tzinfo=PARIS).astimezone(UTC)
#: Tables on paper, by what `vigie kpis` is asked.
TABLES = {
    "by_hour": ("--grain", "hour"), "channels": ("--by", "channel"),
    "queues": ("--by", "channel,queue"), "reasons": ("--by", "reason"),
    "segments": ("--by", "segment"), "sites": ("--by", "site"),
}  # fmt: skip
NAMES = ("channel", "queue", "reason", "segment", "site")
Row = dict[str, object]


@pytest.fixture
def asked(vigie: Vigie, tmp_path: Path) -> dict[str, list[Row]]:
    """What `vigie kpis` says of the simulated day, for each table."""
    simulator = Simulator(3, MIDNIGHT)
    lines = b"\n".join(map(msgspec.json.encode, simulator.advance(MIDNIGHT + timedelta(days=1))))
    (tmp_path / "day.jsonl").write_bytes(lines)
    assert vigie("load", "simulator", tmp_path / "day.jsonl", "--source", "sim").code == 0
    day = ("kpis", "--from", DAY, "--to", "2026-03-11", "--zone", "Europe/Paris")
    return {
        name: json.loads(vigie(*day, *words, "--format", "json").out)
        for name, words in TABLES.items()
    }


@pytest.fixture
def content(house: House, asked: dict[str, list[Row]]) -> Content:
    wish = Wish(
        report="daily", first=DAY, last=None, zone="Europe/Paris", language="fr", as_of=None
    )
    return tell(house.database.engine, wish, datetime.now(UTC))


def words_of(row: Row) -> dict[str, str]:
    """The KPIs of a row as people read them, by their French names."""
    with speaking("fr"):
        return {
            catalogue()[key].labels["fr"]: number(row[key], catalogue()[key].unit)  # type: ignore[arg-type]
            for key in MAIN
        }


def place(row: Row) -> tuple[object, ...]:
    return row["from"], *(row[name] for name in NAMES if name in row)


def test_every_number_on_paper_and_in_files_is_what_the_kpis_say(
    content: Content, asked: dict[str, list[Row]]
) -> None:
    on_paper(content, asked)
    printed(content, asked)
    in_files(content, asked)


def on_paper(content: Content, asked: dict[str, list[Row]]) -> None:
    """In the PDF and in the mail, as people read them."""
    with speaking("fr"):
        told = document(content)
    page = render(content, "html").decode()
    drawn = {
        table["title"]: table
        for section in told["sections"] for table in section["tables"]  # type: ignore[attr-defined]
    }  # fmt: skip
    found = 0
    for table in content.tables:
        if table.key not in TABLES:
            continue
        rows = list(in_order(asked[table.key], content, table.key))
        paper = drawn[table.title]
        labels = [column["label"] for column in paper["columns"]]
        worth = [row for row in rows if table.key == "by_hour" or row["offered"]]
        assert len(paper["rows"]) == len(worth) > 1, table.key
        for cells, row in zip(paper["rows"], worth, strict=True):
            words = words_of(row)
            shown = dict(zip(labels, cells, strict=True))
            assert {name: shown[name] for name in words if name in shown} == {
                name: told for name, told in words.items() if name in shown
            }
            found += sum(name in shown for name in words)
            assert "</td><td>".join(escape(cell) for cell in cells[-3:]) in page
    assert found > 300


def in_order(rows: list[Row], content: Content, key: str) -> Iterator[Row]:
    """The rows in the order of the report."""
    table = next(one for one in content.tables if one.key == key)
    by_place = {place(row)[1:] if key != "by_hour" else moment(row["from"]): row for row in rows}
    names = [c.key for c in table.columns if c.kind == "text"]
    for row in table.rows:
        yield by_place[tuple(row[: len(names)]) if names else row[0].astimezone(UTC)]  # type: ignore[union-attr]


def moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text)).astimezone(UTC)


def printed(content: Content, asked: dict[str, list[Row]]) -> None:
    """The PDF as another program reads it, where there is one on this machine."""
    if not (reader := shutil.which("pdftotext")):
        return
    written = render(content, "pdf")
    done = subprocess.run(
        [reader, "-layout", "-", "-"], input=written, capture_output=True, check=True
    )
    text = " ".join(done.stdout.decode().split())
    with speaking("fr"):
        for row in asked["by_hour"]:
            start = moment(row["from"])
            assert (
                shown_interval(start, start + timedelta(hours=1), PARIS).partition("–")[0] in text
            )
            assert " ".join(number(row["offered"], "count").split()) in text  # type: ignore[arg-type]


def in_files(content: Content, asked: dict[str, list[Row]]) -> None:
    """In the workbook and in the CSV, to the last digit."""
    book = openpyxl.load_workbook(io.BytesIO(render(content, "xlsx")))
    numbers = {
        cell.value for sheet in book for line in sheet.iter_rows() for cell in line
        if isinstance(cell.value, int | float)
    }  # fmt: skip
    values = {
        (line["table"], line["from"], line["channel"], line["queue"], line["reason"],
         line["segment"], line["site"], line["key"]): line["value"]
        for line in csv.DictReader(io.StringIO(render(content, "csv").decode()))
        if line["row"] != "total"
    }  # fmt: skip
    for table, rows in asked.items():
        for row in rows:
            for key in catalogue():
                if not catalogue()[key].live:
                    told = [
                        str(row.get(d) or "")
                        for d in ("channel", "queue", "reason", "segment", "site")
                    ]
                    start = str(row["from"]) if table == "by_hour" else ""
                    found = values[table, start, *told, key]  # type: ignore[index]
                    assert found == ("" if row[key] is None else str(row[key])), (table, key)
                    assert row[key] is None or row[key] in numbers, (table, key)
