"""A folder into which a tool drops its exports: which file is read next, and from which record.

A file that is new or has changed is read from its start: its rows have their ids, so nothing
counts twice.  One that may still be being written (no end of line at its end, no directory at
the end of a workbook) is left until a second look finds it unchanged.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ingest.errors import Fatal, Retriable
from ingest.formats.table.workbook import is_workbook
from ingest.reading.cursors import decoded, encoded


class Mark(msgspec.Struct, frozen=True):
    """How far the folder was read: file → its size and last change, as read and as last seen."""

    read: dict[str, str] = {}
    seen: dict[str, str] = {}
    #: The file that is being read, and the records told of it so far.
    under_way: str = ""
    records: int = 0

    def text(self) -> str:
        return encoded(self)


@dataclass(frozen=True, slots=True)
class Look:
    """What lies in the folder now: every file, and those to be read, longest unchanged first."""

    here: dict[str, str]
    waiting: list[str]


def mark_of(cursor: str | None) -> Mark:
    """The mark; a new one where there is none."""
    return decoded(cursor, Mark) or Mark()


def look(folder: Path, mark: Mark) -> Look:
    """Raises Retriable where the folder is not there (yet), Fatal where it may not be read."""
    try:
        found = sorted(_files(folder))
        here = {name: print for _, name, print in found}
        changed = [name for name in here if mark.read.get(name) != here[name]]
        ready = [n for n in changed if mark.seen.get(n) == here[n] or _ends_well(folder / n)]
    except FileNotFoundError as error:
        raise Retriable(f"there is no {error.filename}: check the line path") from error
    except (PermissionError, NotADirectoryError) as error:
        raise Fatal(f"cannot read {error.filename}: {error.strerror}") from error
    except OSError as error:
        raise Retriable(f"cannot read {folder}: {error.strerror}") from error
    return Look(here, sorted(ready, key=lambda name: name != mark.under_way))


def begun(mark: Mark, now: Look, records: int) -> Mark:
    """The mark in the middle of the first file that waits."""
    return Mark(_still(mark, now), now.here, now.waiting[0], records)


def finished(mark: Mark, now: Look) -> Mark:
    """The mark after the first file that waits, if any does; files that are gone are forgotten."""
    read = _still(mark, now)
    if now.waiting:
        read[now.waiting[0]] = now.here[now.waiting[0]]
    return Mark(read, now.here)


def records_told(mark: Mark, now: Look) -> int:
    """How many records of the first file that waits are stored: none where it has changed."""
    first = now.waiting[0]
    same = mark.under_way == first and mark.seen.get(first) == now.here[first]
    return mark.records if same else 0


def _still(mark: Mark, now: Look) -> dict[str, str]:
    return {name: print for name, print in mark.read.items() if name in now.here}


def _files(folder: Path) -> Iterator[tuple[int, str, str]]:
    """(last change, name, size and last change) of every file that can be seen."""
    for path in folder.iterdir():
        if path.is_file() and not path.name.startswith((".", "~$")):
            told = path.stat()
            yield told.st_mtime_ns, path.name, f"{told.st_size}:{told.st_mtime_ns}"


def _ends_well(path: Path) -> bool:
    """Whether the file is whole by its own account."""
    if is_workbook(path):
        return zipfile.is_zipfile(path)
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2))
        return file.read().rstrip(b"\x00").endswith(b"\n")
