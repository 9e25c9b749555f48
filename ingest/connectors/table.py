"""Tables: any CSV, TSV or workbook, with a mapping file that says which column is what.

The way in for every tool that has no connector of its own: ``vigie sources map FILE`` proposes
the mapping, ``docs/table.md`` describes it.  A file whose columns bear our own names
(:data:`ingest.table.mapping.CANONICAL`) needs none.

Options: ``mapping`` (the file's path), ``channel``, ``queue``, ``site`` (for all rows, where
the mapping says nothing).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from ingest.connector import Parsed, Source
from ingest.errors import IngestError, RejectedEvent, WrongFormat
from ingest.events import Rejected
from ingest.table.contacts import contact_events
from ingest.table.delimited import Row
from ingest.table.facts import fact_events
from ingest.table.fields import Fields
from ingest.table.layout import (
    IsHeader,
    Table,
    first_rows,
    names_of,
    plain,
    shown,
    tables,
)
from ingest.table.mapping import (
    CANONICAL,
    NEEDED,
    Form,
    Mapping,
    WrongMapping,
    canonical,
    mapping_of,
)


class TableConnector:
    """FileConnector."""

    name: ClassVar[str] = "table"

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """Every row of the file, or of every sheet that has the columns.

        Raises WrongMapping where the mapping does not fit, WrongFormat without one.
        """
        mapping = mapping_of(source)
        seen: Counter[int] = Counter()
        found = False
        for table in tables(path, mapping.file if mapping else Form(), _has_columns(mapping)):
            found = True
            yield from _parsed(table, mapping or _canonical(table.names), source, seen)
        if not found and (rows := first_rows(path, Form(sheet=mapping and mapping.file.sheet))):
            raise _unfit(path, mapping, rows)

    def again(self, raw: bytes, source: Source) -> Iterable[Parsed]:
        """One row out of the quarantine, with its header where that was an unusual one."""
        if mapping_of(source) is None and b"\n" not in raw:
            raw = ",".join(CANONICAL).encode() + b"\n" + raw
        with TemporaryDirectory() as folder:
            (path := Path(folder) / "quarantine").write_bytes(raw)
            try:
                return list(self.read(path, source))
            except WrongMapping as error:
                raise WrongFormat(str(error)) from error

    def check(self, source: Source) -> None:
        """Raise WrongMapping where the mapping cannot be read."""
        mapping_of(source)


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
