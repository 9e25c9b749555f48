"""A folder into which objects arrive as into an S3 bucket: which of them are new.

Objects are written once, under ``…/2026/11/16/09/name`` (Firehose's hours, UTC; days do as
well), and some of them late.  So the mark holds the hour reached and the objects of the last
:data:`WINDOW` seen; what arrives later than that is for ``vigie load``.  An object outside of
any dated folder has the hour of its last change.  The hour reached never goes back.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from ingest.errors import Fatal, Retriable
from ingest.reading.cursors import decoded

WINDOW = timedelta(hours=48)

_MONTH = r"(?:^|/)(?:year=)?(20\d\d)/(?:month=)?(\d\d)"
_DAY = r"/(?:day=)?(\d\d)(?:/(?:hour=)?(\d\d))?"
_DATED = re.compile(_MONTH + _DAY + r"(?=/|$)")
_BEGUN = re.compile(_MONTH + f"(?:{_DAY})?$")


class Mark(msgspec.Struct, frozen=True):
    """How far the folder was read.

    `hour` is the newest one reached (``2026/11/16/09``); `seen` the objects of its window;
    `under_way` the object that is being read and the offset reached in it.
    """

    hour: str = ""
    seen: tuple[str, ...] = ()
    under_way: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object not yet read to its end: where it is, its hour, its fingerprint."""

    path: Path
    hour: str
    name: str


def mark_of(cursor: str | None) -> Mark:
    """The mark; a new one where there is none."""
    return decoded(cursor, Mark) or Mark()


def arrivals(folder: Path, mark: Mark) -> list[Arrival]:
    """The objects to read, oldest hour first.  Raises Retriable without the folder, or Fatal."""
    if not folder.is_dir():
        raise Retriable(f"there is no folder {folder}: check the line path, or create it")
    horizon, seen = _horizon(mark.hour), set(mark.seen)
    try:
        found = [each for each in _objects(folder, horizon) if each.hour >= horizon]
    except PermissionError as error:
        raise Fatal(f"cannot read {error.filename}: {error.strerror}") from error
    except OSError as error:
        raise Retriable(f"cannot read {folder}: {error.strerror}") from error
    new = [each for each in found if each.name not in seen]
    return sorted(new, key=lambda each: (each.hour, str(each.path)))


def done(mark: Mark, arrival: Arrival, folder: Path) -> Mark:
    """The mark after the object was read to its end; what has left the window is forgotten."""
    hour = max(mark.hour, arrival.hour)
    seen = [*mark.seen, arrival.name]
    if _horizon(hour) != _horizon(mark.hour):
        here = {each.name for each in _objects(folder, _horizon(hour))}
        seen = [name for name in seen if name in here]
    return Mark(hour, tuple(seen))


def partly(mark: Mark, arrival: Arrival, offset: int) -> Mark:
    """The mark in the middle of an object."""
    return msgspec.structs.replace(mark, under_way=arrival.name, offset=offset)


def _objects(folder: Path, horizon: str) -> Iterator[Arrival]:
    """Every object at or after the horizon; folders that lie before it are not looked into."""
    for root, folders, names in os.walk(folder, onerror=_raise):
        where = Path(root).relative_to(folder).as_posix()
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not _is_before(f"{where}/{name}", horizon)
        )
        for name in names:
            if not name.startswith(".") and (found := _arrival(folder, Path(root, name))):
                yield found


def _raise(error: OSError) -> None:
    raise error


def _arrival(folder: Path, path: Path) -> Arrival | None:
    try:
        told = path.stat()
    except FileNotFoundError:  # it was renamed or removed while we looked
        return None
    if not stat.S_ISREG(told.st_mode):  # a pipe would keep its reader waiting for ever
        return None
    name = path.relative_to(folder).as_posix()
    hour = _hour(name.rpartition("/")[0]) or _text(datetime.fromtimestamp(told.st_mtime, UTC))
    digest = hashlib.blake2b(f"{name}\x1f{told.st_size}".encode(), digest_size=9)
    return Arrival(path, hour, digest.hexdigest())


def _hour(where: str) -> str:
    """``2026/11/16/09`` of a dated folder, its day's last hour where only the day is told."""
    found = _DATED.search(where)
    return "/".join(part or "23" for part in found.groups()) if found else ""


def _is_before(where: str, horizon: str) -> bool:
    """Whether the folder is of a month, a day or an hour before the horizon's."""
    found = _BEGUN.search(where)
    dated = "/".join(part for part in found.groups() if part) if found else ""
    return dated < horizon[: len(dated)]


def _horizon(hour: str) -> str:
    """The first hour of the window that ends with this one; before all hours for none."""
    try:
        year, month, day, of_day = (int(part) for part in hour.split("/"))
        return _text(datetime(year, month, day, of_day, tzinfo=UTC) - WINDOW)
    except (ValueError, OverflowError):
        return ""


def _text(moment: datetime) -> str:
    return moment.strftime("%Y/%m/%d/%H")
