"""Workbooks (XLSX, XLS) → rows of cells, as text.

A date is ``2026-01-31T09:05:00`` whatever the sheet shows, a time of day or a duration
``0:01:15``, a number has a decimal point.  A row's bytes are its cells as one line of CSV.
"""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ingest.errors import WrongFormat
from ingest.formats.table.delimited import Row

#: A workbook is unpacked in memory: one that would fill it is refused.
MOST_BYTES = 1 << 29
MOST_CELLS = 20_000_000
_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_CHUNK = 1 << 20
_ADDRESS = re.compile(rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_LONGEST_ADDRESS = 16
#: What zipfile raises for one that is damaged, beside its own.
_ODD_ZIP = (NotImplementedError, ValueError, EOFError, struct.error)
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
    except CalamineError as error:
        raise WrongFormat(f"{path} cannot be read as a workbook: {error}") from error


def _refuse_bomb(path: Path) -> None:
    """Refuse what would fill the memory: the reader holds every cell between the outermost ones.

    One blank put into the last cell of a sheet is half a terabyte.
    """
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as packed:
            _refuse_size(path, packed.infolist())
            for sheet in packed.namelist():
                if sheet.startswith("xl/worksheets/"):
                    with packed.open(sheet) as xml:
                        _refuse_area(path, xml)
    except (zipfile.BadZipFile, zlib.error, *_ODD_ZIP) as error:
        raise WrongFormat(f"{path} cannot be read as a workbook: {error}") from error


def _refuse_size(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if not any(member.filename == "xl/workbook.xml" for member in members):
        raise WrongFormat(f"{path} is packed, but no XLSX: save it as XLSX or CSV")
    if (size := sum(member.file_size for member in members)) > MOST_BYTES:
        raise WrongFormat(f"{path} unpacks to {size:,} bytes: save it as CSV")


def _refuse_area(path: Path, xml: IO[bytes]) -> None:
    """By the addresses of the cells, since what the sheet says of its size may be wrong."""
    widest = deepest = 0
    rest = b""
    while chunk := xml.read(_CHUNK):
        rest += chunk
        found = _ADDRESS.findall(rest)
        widest = max([widest, *map(_column, {column for column, _ in found})])
        deepest = max([deepest, *map(int, {row for _, row in found})])
        if widest * deepest > MOST_CELLS:
            raise WrongFormat(
                f"a sheet of {path} has a cell in row {deepest:,}, column {widest:,}: "
                "delete what lies outside of the table, or save it as CSV"
            )
        rest = rest[-_LONGEST_ADDRESS:]


def _column(letters: bytes) -> int:
    """«A» is 1, «AA» 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


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
