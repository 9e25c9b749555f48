"""Workbooks (XLSX, XLS, ODS) → rows of cells, as text.

A date is ``2026-01-31T09:05:00`` whatever the sheet shows, a time of day or a duration
``0:01:15``, a number has a decimal point.  A row's bytes are its cells as one line of CSV.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ingest.errors import WrongFormat
from ingest.table.delimited import Row

#: A workbook is unpacked in memory: one that would fill it is refused.
MOST_BYTES = 1 << 30
_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_Cell = int | float | str | bool | time | date | datetime | timedelta


def is_workbook(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8).startswith(_MAGIC)


def sheets(path: Path, named: str | None, delimiter: str) -> Iterator[tuple[str, Iterator[Row]]]:
    """(name, rows) of the sheet named, else of every sheet that can be seen.

    Raises WrongFormat: no workbook, protected, too large, or without such a sheet.
    """
    try:
        _refuse_bomb(path)
        with CalamineWorkbook.from_path(path) as book:
            for name in _names(book, named, path):
                yield name, _rows(book.get_sheet_by_name(name), delimiter)
    except PasswordError as error:
        raise WrongFormat(f"{path} is protected: save it without a password") from error
    except (CalamineError, zipfile.BadZipFile) as error:
        raise WrongFormat(f"{path} cannot be read as a workbook: {error}") from error


def _refuse_bomb(path: Path) -> None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            size = sum(each.file_size for each in packed.infolist())
        if size > MOST_BYTES:
            raise WrongFormat(f"{path} unpacks to {size:,} bytes: save it as CSV")


def _names(book: CalamineWorkbook, named: str | None, path: Path) -> list[str]:
    if named is not None:
        if named not in book.sheet_names:
            there = ", ".join(book.sheet_names)
            raise WrongFormat(f"{path} has no sheet «{named}»; there are: {there}")
        return [named]
    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]


def _rows(sheet: CalamineSheet, delimiter: str) -> Iterator[Row]:
    """Rows that say anything."""
    line = io.StringIO()
    writer = csv.writer(line, delimiter=delimiter, lineterminator="")
    for cells in sheet.iter_rows():
        texts = [_text(cell) for cell in cells]
        if any(texts):
            line.seek(0)
            line.truncate()
            writer.writerow(texts)
            yield Row(line.getvalue().encode("utf-8", "surrogatepass"), texts)


def _text(cell: _Cell) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.isoformat()
        case date():
            return f"{cell.isoformat()}T00:00:00"
        case timedelta():
            return _duration(cell)
        case _:
            return str(cell)


def _duration(told: timedelta) -> str:
    minus, told = ("-", -told) if told < timedelta() else ("", told)
    minutes, seconds = divmod(told.seconds, 60)
    part = f".{told.microseconds:06}" if told.microseconds else ""
    return f"{minus}{told.days * 24 + minutes // 60}:{minutes % 60:02}:{seconds:02}{part}"
