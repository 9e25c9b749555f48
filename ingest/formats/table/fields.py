"""The cells of one row, by field: texts, instants, durations, identities, and the row's id."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain, islice
from typing import NamedTuple

from ingest.connector import Source
from ingest.errors import RejectedEvent
from ingest.events import Identity, Rejected
from ingest.formats.table.amounts import milliseconds
from ingest.formats.table.clocks import Instant, Reader, formats_of, instant, or_iso, reader
from ingest.formats.table.delimited import Row
from ingest.formats.table.layout import Table, plain
from ingest.formats.table.mapping import CANONICAL, TIMES, Columns, Mapping, WrongMapping, several

#: A format that is not told is detected in so many rows.
DETECTED_IN = 1000
#: Options of the source that hold for all its rows, where the mapping says nothing.
_OPTIONS = ("channel", "queue", "site")

Cells = list[str]
Get = Callable[[Cells], str]


class Words(NamedTuple):
    """What a row says that every one of its events repeats."""

    channel: str
    direction: str
    queue: str | None
    reason: str | None
    segment: str | None
    site: str | None
    agent: str | None
    #: Of the same row exported again, the one updated later.
    revision: int


class Fields:
    """How one table's rows are read; keeps count of rows that are alike."""

    def __init__(self, mapping: Mapping, table: Table, source: Source, seen: Counter[int]) -> None:
        self._mapping, self._zone, self._seen = mapping, source.zone, seen
        self._empty = frozenset(mapping.file.empty) | {""}
        self._width = len(table.names)
        self._at = {plain(name): place for place, name in enumerate(table.names) if name}
        self._least = max((self._at[plain(each)] for each in mapping.headers()), default=0) + 1
        self._get = {field: self._getter(each) for field, each in mapping.columns.items()}
        self._customer = [
            (kind, self._getter(each))
            for kind, columns in mapping.customer.items()
            for each in several(columns)
        ]
        self._attributes = [(k, self._getter(each)) for k, each in mapping.attributes.items()]
        self._values = {
            field: {plain(cell): word for cell, word in values.items()}
            for field, values in mapping.values.items()
        }
        told = {n: v for n in _OPTIONS if isinstance(v := source.options.get(n), str) and v}
        self._constants = {**told, **mapping.constants}
        self._decimal = mapping.file.decimal
        self._readers: dict[str, Reader] = {}

    def detected(self, rows: Iterable[Row | Rejected]) -> Iterable[Row | Rejected]:
        """The same rows, once every time's format is known.

        Raises WrongMapping for a column whose dates can be read in two ways, or in none.
        """
        rows = iter(rows)
        first: list[Row | Rejected] = []
        for field in (each for each in TIMES if each in self._get):
            if (format := self._mapping.times.get(field)) is None:
                first = first or list(islice(rows, DETECTED_IN))
                cells = [row.cells for row in first if isinstance(row, Row)]
                format = self._detected(field, [each for each in cells if self._fits(each)])
            self._readers[field] = or_iso(reader(format))
        return chain(first, rows)

    def check(self, row: Row) -> None:
        """Refuse a row that was cut short, or that has more cells than the header."""
        if not self._fits(row.cells):
            raise RejectedEvent(
                "bad_record", f"{len(row.cells)} cells, the header has {self._width}"
            )

    def text(self, cells: Cells, field: str) -> str | None:
        """The cell in the words of the mapping, else the constant."""
        if (get := self._get.get(field)) and (cell := get(cells)):
            values = self._values.get(field)
            return values.get(plain(cell), cell) if values else cell
        return self._constants.get(field)

    def word(self, cells: Cells, field: str) -> str | None:
        """The cell's word in lower case with low lines: a channel, a kind, an outcome."""
        told = self.text(cells, field)
        return told and plain(told).replace(" ", "_").replace("-", "_")

    def words(self, cells: Cells) -> Words:
        """Raises RejectedEvent where no channel is told."""
        channel = self.word(cells, "channel")
        if not channel:
            raise RejectedEvent("missing_field", "the channel is empty")
        updated = self.time(cells, "updated_at")
        return Words(
            channel,
            self.word(cells, "direction") or "in",
            self.text(cells, "queue"),
            self.text(cells, "reason"),
            self.text(cells, "segment"),
            self.text(cells, "site"),
            self.text(cells, "agent"),
            0 if updated is None else max(0, int(updated.at.timestamp() * 1000)),
        )

    def time(self, cells: Cells, field: str, after: datetime | None = None) -> Instant | None:
        """The instant, None where the cell is empty.  Raises RejectedEvent."""
        if (get := self._get.get(field)) is None or not (cell := get(cells)):
            return None
        try:
            return instant(self._readers[field](cell), self._zone, after)
        except (ValueError, OverflowError) as error:
            raise RejectedEvent("bad_time", f"{field} is not in its format") from error

    def duration(self, cells: Cells, field: str) -> int | None:
        """Milliseconds, None where the cell is empty.  Raises RejectedEvent."""
        if (get := self._get.get(field)) is None or not (cell := get(cells)):
            return None
        return milliseconds(field, cell, self._mapping.durations.get(field), self._decimal)

    def identities(self, cells: Cells) -> tuple[Identity, ...]:
        return tuple(Identity(kind, cell) for kind, get in self._customer if (cell := get(cells)))

    def attributes(self, cells: Cells) -> dict[str, str | int | float | bool | None]:
        return {name: cell for name, get in self._attributes if (cell := get(cells))}

    def key(self, row: Row, once: bool) -> str:
        """The row's id: its column, else a hash of its cells and, unless `once`, which of the
        rows alike it is.  The same in every file that holds the row."""
        if (get := self._get.get("id")) is not None:
            if not (told := get(row.cells)):
                raise RejectedEvent("missing_field", "the id is empty")
            return told
        said = "\x1f".join(cell.strip() for cell in row.cells).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(said, digest_size=16).digest()
        if once if self._mapping.repeated is None else self._mapping.repeated == "once":
            return digest.hex()
        short = int.from_bytes(digest[:8], "big")
        self._seen[short] += 1
        return digest.hex() if self._seen[short] == 1 else f"{digest.hex()}#{self._seen[short]}"

    def quoted(self, table: Table, raw: bytes) -> bytes:
        """What goes to quarantine: the row, with its header unless that is the usual one."""
        if tuple(table.names) == CANONICAL and table.delimiter == ",":
            return raw
        return table.header.raw + b"\n" + raw

    def _fits(self, cells: Cells) -> bool:
        return self._least <= len(cells) and not any(cells[self._width :])

    def _getter(self, columns: Columns) -> Get:
        places = [self._at[plain(name)] for name in several(columns)]
        empty = self._empty

        def one(cells: Cells, place: int = places[0]) -> str:
            cell = cells[place].strip()
            return "" if cell in empty else cell

        if len(places) == 1:
            return one
        return lambda cells: _joined([one(cells, place) for place in places])

    def _detected(self, field: str, rows: list[Cells]) -> str:
        cells = [cell for row in rows if (cell := self._get[field](row))]
        formats = formats_of(cells)
        if len(formats) == 1 or not cells:
            return formats[0] if formats else "iso"
        column = " + ".join(several(self._mapping.columns[field]))
        if not formats:
            raise WrongMapping(
                f"«{cells[0][:40]}» in the column «{column}» is no time that is known: "
                f'say [times] {field} = "%d/%m/%Y %H:%M" or what it is'
            )
        ways = " or ".join(f'"{format}"' for format in formats[:3])
        raise WrongMapping(
            f"«{cells[0][:40]}» in the column «{column}» can be read in two ways: "
            f"say [times] {field} = {ways}"
        )


def _joined(parts: list[str]) -> str:
    """A date and a time of day; a workbook's date has a midnight that the time replaces."""
    return " ".join(part.removesuffix("T00:00:00") for part in parts if part)
