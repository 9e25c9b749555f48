"""Tables: any CSV, TSV or workbook, with a mapping file that says which column is what.

The way in for every tool that has no connector of its own: ``vigie sources map FILE`` proposes
the mapping, ``docs/table.md`` describes it.  A file whose columns bear our own names
(:data:`ingest.formats.table.mapping.CANONICAL`) needs none.

Options: ``mapping`` (the file's path), ``path`` (a folder whose new and grown files are read by
the worker), ``channel``, ``queue``, ``site`` (for all rows, where the mapping says nothing).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from msgspec.structs import replace

from ingest.connector import Page, Parsed, Source
from ingest.errors import IngestError, RejectedEvent, Retriable, WrongFormat
from ingest.events import Rejected
from ingest.formats.table.contacts import contact_events
from ingest.formats.table.delimited import Row
from ingest.formats.table.facts import fact_events
from ingest.formats.table.fields import Fields
from ingest.formats.table.folder import begun, finished, look, mark_of, records_told
from ingest.formats.table.layout import (
    IsHeader,
    Table,
    first_rows,
    names_of,
    plain,
    shown,
    tables,
)
from ingest.formats.table.mapping import (
    CANONICAL,
    NEEDED,
    Form,
    Mapping,
    WrongMapping,
    canonical,
    mapping_of,
)
from ingest.reading import options


class TableConnector:
    """FileConnector and PullConnector."""

    name: ClassVar[str] = "table"
    #: At most so many records are one page.
    page_records: ClassVar[int] = 10_000

    def __init__(self) -> None:
        #: Source → the cursor after a page and the file open behind it, so that a long file is
        #: not read from its start for every page.  Losing it costs time only.
        self._open: dict[str, tuple[str, Iterator[Parsed]]] = {}

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """Every row of the file, or of every sheet that has the columns.

        Raises WrongMapping where the mapping does not fit, WrongFormat without one.
        """
        mapping = mapping_of(source)
        return _read(path, source, mapping, mapping.file if mapping else Form())

    def again(self, raw: bytes, source: Source) -> Iterable[Parsed]:
        """One row out of the quarantine, with its header where that was an unusual one."""
        try:
            mapping = mapping_of(source)
            if mapping is None and b"\n" not in raw:
                raw = ",".join(CANONICAL).encode() + b"\n" + raw
            form = replace(mapping.file if mapping else Form(), encoding="utf-8")
            with TemporaryDirectory() as folder:
                (path := Path(folder) / "quarantine").write_bytes(raw)
                return list(_read(path, source, mapping, form))
        except WrongMapping as error:
            raise WrongFormat(str(error)) from error

    def check(self, source: Source) -> None:
        """Raise Fatal where the mapping cannot be read or ``path`` names no folder."""
        mapping_of(source)
        if self.pulled(source):
            _folder(source)

    def pulled(self, source: Source) -> bool:
        """Whether the table names a folder; else the source is filled by ``vigie load``."""
        return "path" in source.options

    def pull(self, source: Source, cursor: str | None) -> Page:
        """The next records of the folder's files.  Raises Retriable while it is not there."""
        mapping_of(source)
        folder, mark = _folder(source), mark_of(cursor)
        now = look(folder, mark)
        if not now.waiting:
            return Page([], finished(mark, now).text())
        told = records_told(mark, now)
        records = self._records(source, cursor if told else None, folder / now.waiting[0], told)
        page = list(islice(records, self.page_records))
        if len(page) < self.page_records:
            return Page(page, finished(mark, now).text(), len(now.waiting) > 1)
        after = begun(mark, now, told + len(page)).text()
        self._open[source.name] = after, records
        return Page(page, after, True)

    def _records(
        self, source: Source, cursor: str | None, path: Path, told: int
    ) -> Iterator[Parsed]:
        """The records of the file after the first so many."""
        before, records = self._open.pop(source.name, (None, iter(())))
        if cursor is not None and before == cursor:
            return records
        return islice(self._read_or_refused(path, source), told, None)

    def _read_or_refused(self, path: Path, source: Source) -> Iterator[Parsed]:
        """The file's records; a file that is no table of this source is refused as a whole."""
        try:
            yield from self.read(path, source)
        except (WrongFormat, WrongMapping) as error:
            raw = str(path).encode(errors="replace")
            yield Rejected(reason="bad_record", detail=str(error), raw=raw)
        except OSError as error:
            raise Retriable(f"cannot read {path}: {error.strerror}") from error


def _folder(source: Source) -> Path:
    return options.needed_path(source, "/srv/exports")


def _read(path: Path, source: Source, mapping: Mapping | None, form: Form) -> Iterator[Parsed]:
    seen: Counter[int] = Counter()
    found = False
    for table in tables(path, form, _has_columns(mapping)):
        found = True
        yield from _parsed(table, mapping or _canonical(table.names), source, seen)
    if not found and (rows := first_rows(path, Form(sheet=form.sheet))):
        raise _unfit(path, mapping, rows)


def _parsed(table: Table, mapping: Mapping, source: Source, seen: Counter[int]) -> Iterator[Parsed]:
    fields = Fields(mapping, table, source, seen)
    events = fact_events if mapping.row == "event" else contact_events
    for row in fields.detected(table.rows):
        if not isinstance(row, Row):
            yield Rejected(reason=row.reason, detail=row.detail, raw=fields.quoted(table, row.raw))
            continue
        try:
            yield from events(row, fields)
        except RejectedEvent as error:
            yield Rejected(
                reason=error.reason, detail=error.detail, raw=fields.quoted(table, row.raw)
            )


def _has_columns(mapping: Mapping | None) -> IsHeader:
    if mapping is None:
        return lambda names: canonical(map(plain, names)) is not None
    needed = {plain(name) for name in mapping.headers()}
    return lambda names: needed.issubset(map(plain, names))


def _canonical(names: list[str]) -> Mapping:
    mapping = canonical(map(plain, names))
    assert mapping is not None  # the header was found by it
    return mapping


def _unfit(path: Path, mapping: Mapping | None, rows: list[list[str]]) -> IngestError:
    """What is missing, and the columns that exist: of the row with most of what is asked for."""
    if mapping is None:
        ours = " or ".join(f"«{each[0]}»" for each in NEEDED.values())
        return WrongFormat(
            f"{path} is not what was expected: a table with a column {ours}; it has: "
            f"{shown(rows[0])}; `vigie sources map {path}` proposes a mapping"
        )
    asked = mapping.headers()

    def lacking(cells: list[str]) -> list[str]:
        there = set(map(plain, names_of(cells)))
        return [name for name in asked if plain(name) not in there]

    likeliest = min(rows, key=lambda cells: len(lacking(cells)))
    return WrongMapping(
        f"{path} has no column «{lacking(likeliest)[0]}»; it has: {shown(names_of(likeliest))}"
    )
