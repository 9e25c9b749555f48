"""The mapping file: which column of a table is which field, and how its cells are written.

``docs/table.md`` describes it with examples.  Without one, columns of our own names are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from ingest.connector import Source
from ingest.errors import Fatal
from ingest.formats.table.amounts import UNITS
from ingest.formats.table.clocks import UnknownFormat, reader

#: One header, or several: cells joined by a space (a date and a time of day).
Columns = str | list[str]

WORDS = ("channel", "direction", "queue", "reason", "segment", "site", "agent")
DURATIONS = ("wait", "talk", "hold", "wrap")
TIMES = ("offered_at", "answered_at", "abandoned_at", "ended_at", "at", "updated_at")
#: Fields of a row, by what a row is; the first ones must be mapped.
FIELDS = {
    "contact": (
        "offered_at", "id", "answered_at", "abandoned_at", "ended_at", "updated_at", "outcome",
        *DURATIONS, *WORDS,
    ),
    "event": ("contact", "at", "kind", "id", "updated_at", *DURATIONS, *WORDS),
}  # fmt: skip
NEEDED = {"contact": ("offered_at",), "event": ("contact", "at", "kind")}
#: What a row can say of a contact's end; ``not_offered`` is kept and never counted.
OUTCOMES = (
    "answered", "abandoned", "flowed_out", "transferred", "deflected", "contained", "resolved",
    "closed", "open", "not_offered",
)  # fmt: skip
#: Cells that say nothing.
EMPTY = ("", "-", "–", "—", "n/a", "N/A", "#N/A", "null", "NULL", "(null)", "None")
#: Identities that a table of our own names may tell.
CUSTOMER = ("phone", "email", "whatsapp", "telegram", "crm", "cookie", "social")
#: Our own names, in our own order: such a file needs no mapping.
CANONICAL = (
    "id", "channel", "direction", "queue", "reason", "segment", "site", "agent", "offered_at",
    "answered_at", "ended_at", "outcome", "wait_s", "talk_s", "hold_s", "wrap_s", "phone", "email",
    "crm",
)  # fmt: skip


class WrongMapping(Fatal):
    """The mapping does not fit the file, or itself; the message says which line to change."""


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[file]``: how the file is written; what is not said is detected."""

    delimiter: str | None = None
    quote: str = '"'
    #: utf-8, utf-16, cp1252 or any other that Python knows.
    encoding: str | None = None
    #: Of a workbook; else every sheet that has the columns.
    sheet: str | None = None
    decimal: Literal[",", "."] | None = None
    empty: tuple[str, ...] = EMPTY


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping file as read."""

    row: Literal["contact", "event"] = "contact"
    #: Without an id: whether rows alike in every cell are one contact, or that many.
    repeated: Literal["once", "count"] | None = None
    file: Form = Form()
    columns: dict[str, Columns] = {}
    #: kind of identity → column, or several columns with one identity each.
    customer: dict[str, Columns] = {}
    attributes: dict[str, str] = {}
    constants: dict[str, str] = {}
    times: dict[str, str] = {}
    durations: dict[str, str] = {}
    #: field → what a cell says → our word.
    values: dict[str, dict[str, str]] = {}

    def headers(self) -> list[str]:
        """Every header that is named, once."""
        named = (*self.columns.values(), *self.customer.values(), *self.attributes.values())
        return list(dict.fromkeys(name for each in named for name in several(each)))


def several(columns: Columns) -> list[str]:
    return [columns] if isinstance(columns, str) else columns


def mapping_of(source: Source) -> Mapping | None:
    """The mapping that the source's option ``mapping`` names; None: columns of our own names.

    Raises WrongMapping, naming the file and the line.
    """
    told = source.options.get("mapping")
    if told is None:
        return None
    if not isinstance(told, str) or not told:
        raise WrongMapping(f'[sources.{source.name}] needs a line mapping = "FILE.toml"')
    try:
        return decoded(Path(told).read_bytes(), told)
    except OSError as error:
        raise WrongMapping(f"cannot read the mapping {told}: {error.strerror or error}") from error


def decoded(toml: bytes, name: str) -> Mapping:
    """The mapping that the text says.  Raises WrongMapping."""
    try:
        mapping = msgspec.toml.decode(toml, type=Mapping)
        _check(mapping)
    except (msgspec.DecodeError, UnicodeDecodeError, UnknownFormat, WrongMapping) as error:
        raise WrongMapping(f"mapping {name}: {error}") from error
    return mapping


def canonical(names: Iterable[str]) -> Mapping | None:
    """The mapping of a header of our own names; None where it is not one."""
    known = set(names)
    if known.issuperset(NEEDED["event"]):
        return _ours("event", known)
    return _ours("contact", known) if known.issuperset(NEEDED["contact"]) else None


def _ours(row: Literal["contact", "event"], known: set[str]) -> Mapping:
    durations = {name: f"{name}_s" for name in DURATIONS}
    columns: dict[str, Columns] = {
        field: header for field in FIELDS[row] if (header := durations.get(field, field)) in known
    }
    customer: dict[str, Columns] = {kind: kind for kind in CUSTOMER if kind in known}
    return Mapping(row=row, file=Form(decimal="."), columns=columns, customer=customer)


def _check(mapping: Mapping) -> None:
    fields = FIELDS[mapping.row]
    for where in ("columns", "constants", "times", "durations", "values"):
        known = {"times": TIMES, "durations": DURATIONS}.get(where, fields)
        for field in getattr(mapping, where):
            if field not in known:
                raise WrongMapping(f"[{where}] knows no «{field}»; it knows {', '.join(known)}")
    for field in NEEDED[mapping.row]:
        if not mapping.columns.get(field):
            raise WrongMapping(f'[columns] needs a line {field} = "…": the header of its column')
    for format in mapping.times.values():
        reader(format)
    _check_words(mapping)


def _check_words(mapping: Mapping) -> None:
    for field, unit in mapping.durations.items():
        if unit not in UNITS:
            raise WrongMapping(f"[durations] {field} = «{unit}»; a unit is {', '.join(UNITS)}")
    for told, outcome in mapping.values.get("outcome", {}).items():
        if outcome not in OUTCOMES:
            raise WrongMapping(
                f"[values.outcome] «{told}» = «{outcome}»; an outcome is {', '.join(OUTCOMES)}"
            )
    if len(mapping.file.delimiter or ",") != 1 or len(mapping.file.quote) != 1:
        raise WrongMapping("[file] delimiter and quote are one character each")
