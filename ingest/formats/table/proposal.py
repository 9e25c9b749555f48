"""The guesses as a mapping file: TOML with comments that say what was guessed from what.

What cannot be told is left open, as a comment to uncomment; above all whether 01/02 is the
first of February or the second of January.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.formats.table.clocks import formats_of
from ingest.formats.table.encoding import encoding_of
from ingest.formats.table.guess import Column, Guess, guessed
from ingest.formats.table.mapping import DURATIONS, OUTCOMES, TIMES
from ingest.formats.table.words import SPEAKS_OF, VALUES, our_word
from ingest.formats.table.workbook import is_workbook

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DECIMAL = re.compile(r"-?\d+([.,])(\d{1,2}|\d{4,})|-?0([.,])\d+")
_TWO_PARTS = re.compile(r"(\d{1,4}):\d\d")
#: A unit in a header: «Wait (ms)», «Durée (min)».
_UNITS = (
    ("ms", r"\bms\b|milli"),
    ("min", r"\bmins?\b|\bmn\b|minut"),
    ("h", r"\bhours?\b|\bheures?\b"),
    ("s", r"\bs\b|\bsecs?\b|second"),
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping file, and what a person must still say in it."""

    toml: str
    open: list[str]


def proposed(path: Path) -> Proposal:
    """The mapping that the file's header and first rows speak for.  Raises WrongFormat."""
    guess = guessed(path)
    unsaid: list[str] = []
    parts = [
        _head(path, guess),
        _file(path, guess),
        _columns(guess),
        _customer(guess),
        _constants(guess),
        _times(guess, unsaid),
        _durations(guess, unsaid),
        *(_values(guess, field, unsaid) for field in VALUES),
        _rest(guess),
    ]
    return Proposal("\n\n".join("\n".join(part) for part in map(list, parts) if part), unsaid)


def _head(path: Path, guess: Guess) -> Iterator[str]:
    yield f"# Proposed by `vigie sources map` from the header and {guess.rows} rows of"
    yield f"# {_said(path.name)}."
    yield "# Read it, then: vigie load table FILE --source NAME --mapping THIS --zone Europe/Paris"
    kind = guess.columns.get("kind")
    if guess.row == "event" and kind:
        contact = _name(guess.columns["contact"][0])
        yield f"# One row an event: {contact} repeats, {_name(kind[0])} says what happened."
    yield f'row = "{guess.row}"'
    if guess.row == "contact" and "id" not in guess.columns:
        repeated = "once" if guess.customer else "count"
        yield "# No column is an id: a row is known by its cells.  Rows alike in all of them are"
        yield '# one contact told twice ("once"), or so many contacts ("count").'
        yield f'repeated = "{repeated}"'


def _file(path: Path, guess: Guess) -> Iterator[str]:
    lines = []
    if is_workbook(path):
        if guess.table.name is not None:
            lines.append(f"sheet = {_text(guess.table.name)}")
    else:
        lines.append(f"delimiter = {_text(guess.table.delimiter)}")
        if not encoding_of(path).startswith("utf-8"):
            lines.append(f'encoding = "{encoding_of(path).removesuffix("-le")}"')
    lines += _decimal(guess)
    if lines:
        yield "[file]"
        yield from lines


def _decimal(guess: Guess) -> list[str]:
    """The decimal sign, where numbers show it; nothing where they disagree or have none."""
    amounts = [column for name in DURATIONS for column in guess.columns.get(name, [])]
    signs: dict[str, str] = {}
    for column in amounts:
        for value in column.values:
            if found := _DECIMAL.fullmatch(value):
                signs.setdefault(found[1] or found[3], f"«{_said(value)}» in {_name(column)}")
    return [f'decimal = "{sign}"  # {seen}' for sign, seen in signs.items()][: len(signs) == 1]


def _columns(guess: Guess) -> Iterator[str]:
    yield "[columns]"
    for field, columns in guess.columns.items():
        named = [_text(column.name) for column in columns]
        shown = f"  # such as «{_said(columns[0].values[0])}»" if field in TIMES else ""
        all_of_them = named[0] if len(named) == 1 else "[" + ", ".join(named) + "]"
        yield f"{field} = {all_of_them}{shown}"


def _customer(guess: Guess) -> Iterator[str]:
    if guess.customer:
        yield "# Who the customer is: stored as a keyed hash only."
        yield "[customer]"
        for kind, column in guess.customer.items():
            yield f"{kind} = {_text(column.name)}"


def _constants(guess: Guess) -> Iterator[str]:
    if "channel" in guess.columns:
        return
    headers = " ".join(column.said for column in _all(guess))
    spoken = (channel for channel, words in SPEAKS_OF.items() if re.search(words, headers))
    yield "[constants]"
    yield "# No column is the channel.  Guessed from the headers: change it where it is another."
    yield f'channel = "{next(spoken, "phone")}"'


def _times(guess: Guess, unsaid: list[str]) -> Iterator[str]:
    fields = [field for field in TIMES if field in guess.columns]
    yield "# Local times are read in the zone of the source, else of --zone, else of the site."
    yield "[times]"
    for field in fields:
        columns = guess.columns[field]
        cells = _joined(columns)
        formats = formats_of(cells)
        if len(formats) == 1:
            yield f"{field} = {_text(formats[0])}"
            continue
        if formats:
            yield f"# «{_said(cells[0])}» can be read in two ways: uncomment the one that is true."
        else:
            yield f"# «{_said(cells[0])}» is no time that is known: say how it is written."
        yield from (f"# {field} = {_text(each)}" for each in formats[:3] or ["%d/%m/%Y %H:%M"])
        unsaid.append(f"[times] {field}: how {_name(columns[0])} is written")


def _joined(columns: list[Column]) -> list[str]:
    """The cells of a row as one, of the rows that say something."""
    rows = zip(*(column.cells for column in columns), strict=True)
    joined = (" ".join(cell.removesuffix("T00:00:00") for cell in row if cell) for row in rows)
    return [cell for cell in joined if cell]


def _durations(guess: Guess, unsaid: list[str]) -> Iterator[str]:
    fields = [field for field in DURATIONS if field in guess.columns]
    if not fields:
        return
    yield "[durations]"
    for field in fields:
        column = guess.columns[field][0]
        unit, why = _unit(column)
        if unit:
            yield f'{field} = "{unit}"{why}'
        else:
            yield f"# {_name(column)} may be minutes and seconds, or hours and minutes:"
            yield f'# {field} = "mm:ss"'
            yield f'# {field} = "hh:mm"'
            unsaid.append(f"[durations] {field}: what {_name(column)} counts")


def _unit(column: Column) -> tuple[str | None, str]:
    """The unit and why, None where it can be two."""
    if column.look == "clock":
        two_parts = filter(None, map(_TWO_PARTS.fullmatch, column.values))
        firsts = [int(found[1]) for found in two_parts]
        if not firsts:
            return "hh:mm:ss", ""
        long = max(firsts)
        return ("mm:ss", f"  # up to {long}: no hours") if long >= 24 else (None, "")
    named = next((unit for unit, words in _UNITS if re.search(words, column.said)), None)
    if named or column.look == "spelt":
        return named or "s", f"  # by its name, {_name(column)}" if named else ""
    return "s", "  # guessed: bare numbers; say ms, min or h where they are"


def _values(guess: Guess, field: str, unsaid: list[str]) -> Iterator[str]:
    if field not in guess.columns:
        return
    column = guess.columns[field][0]
    yield f"# What {_name(column)} says, in our words."
    yield f"[values.{field}]"
    for value in column.values:
        ours = _meant(guess, field, value)
        if ours:
            yield f"{_text(value)} = {_text(ours)}"
        else:
            yield f"# {_text(value)} = …: left open{_OPEN.get(field, '')}"
            unsaid.append(f"[values.{field}] «{_said(value)}»")


#: What becomes of a value that is left open.
_OPEN = {
    "outcome": f"; its rows wait in quarantine.  One of {', '.join(OUTCOMES)}",
    "kind": "; kept, and counted as nothing",
    "channel": "; its own name is taken",
    "direction": "; its own name is taken",
}


def _meant(guess: Guess, field: str, value: str) -> str | None:
    ours = our_word(field, value)
    ends = {"ended_at", "talk"} & guess.columns.keys()
    if ours == "closed" and field == "outcome" and "talk" in ends:
        return "answered"
    return None if ours in ("closed", "resolved") and field == "outcome" and not ends else ours


def _rest(guess: Guess) -> Iterator[str]:
    names = ", ".join(_name(column) for column in guess.rest)
    if names:
        yield f"# Left out: {names}."
    yield ""


def _all(guess: Guess) -> list[Column]:
    used = [column for columns in guess.columns.values() for column in columns]
    return [*used, *guess.customer.values(), *guess.rest]


def _name(column: Column) -> str:
    return f"«{_said(column.name)}»"


def _said(text: str) -> str:
    """A text in a comment: no line of its own."""
    return "".join(char if char.isprintable() else " " for char in text)[:60]


def _text(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
