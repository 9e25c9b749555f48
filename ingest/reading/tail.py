"""Reading on in a log that grows and rotates, from where it was left.

A :class:`Place` says where: the file's inode, a hash of its first bytes, and the offset.
Rotation by rename is followed by inode, rotation by copy-and-truncate by the first bytes:
the old generation (``log.1``, ``log-20240131``…) is finished before the next one begins.
A last line without its end is left for the next time, unless its file is finished.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from ingest.errors import Fatal, Retriable
from ingest.reading.lines import LONGEST_LINE

#: A fair number of bytes to read at once: about ten thousand lines, one batch.
LIMIT = 1 << 20
#: The first bytes that tell one generation from another.
HEAD_BYTES = 256

log = structlog.get_logger(__name__)


class Place(msgspec.Struct, frozen=True):
    """Where reading stopped; `head` is the hash of the first bytes before `offset`."""

    inode: int
    head: str
    offset: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The lines read (without their ends), where that leaves us, and whether more is there."""

    lines: list[bytes]
    place: Place
    more: bool


def read_on(path: Path, place: Place | None, limit: int) -> Stretch:
    """At most `limit` bytes of whole lines from `place` on (None: from the file's start).

    Raises Retriable where the file is not there (yet), Fatal where it may not be read.
    """
    try:
        return _read_on(path, place, limit)
    except FileNotFoundError as error:
        raise Retriable(f"there is no {path}: check it, or wait for its first line") from error
    except (PermissionError, IsADirectoryError) as error:
        raise Fatal(f"cannot read {path}: {error.strerror}") from error
    except OSError as error:
        raise Retriable(f"cannot read {path}: {error.strerror}") from error


def _read_on(path: Path, place: Place | None, limit: int) -> Stretch:
    file = _located(path, place)
    if file is None and place is not None and place.offset:
        log.warning(
            "log_generation_gone",
            path=str(path),
            offset=place.offset,
            remedy="load the rotated file with `vigie load`: nothing is counted twice",
        )
    offset = place.offset if file and place else 0
    return _read_from(path, file or path, offset, limit)


def _read_from(path: Path, file: Path, offset: int, limit: int) -> Stretch:
    """Never leaves us at the start of a generation: one that is copied and emptied before a
    line of it was read could not be told from the next."""
    while True:
        # Asked before reading: once the next generation has lines, this one gets no more.
        following = _following(path, file)
        chunk = _bytes(file, offset, limit)
        at_end = len(chunk) < limit
        lines, used = _whole_lines(chunk, last=at_end and following is not None, full=not at_end)
        if used or not at_end or following is None or not _has_line(following, path, limit):
            more = not at_end or (used > 0 and following is not None)
            return Stretch(lines, _place(file, offset + used), more)
        file, offset = following, 0


def _has_line(following: Path, path: Path, limit: int) -> bool:
    """Whether there is something to read in it; the newest may have half a line only."""
    chunk = _bytes(following, 0, limit) if following == path else b"\n"
    return b"\n" in chunk or len(chunk) == limit


def _located(path: Path, place: Place | None) -> Path | None:
    """The file that the place is in; None where it is gone (or nothing was read yet)."""
    if place is None:
        return None
    files = [file for file in (path, *_rotated(path)) if file.exists()]
    alike = [file for file in files if _matches(file, place)]
    same = [file for file in alike if file.stat().st_ino == place.inode]
    if same or place.offset:
        return next(iter(same or alike), None)
    return None


def _matches(file: Path, place: Place) -> bool:
    return file.stat().st_size >= place.offset and _head(file, place.offset) == place.head


def _following(path: Path, file: Path) -> Path | None:
    """The generation after `file` if it has lines already; None for the newest."""
    if file == path:
        return None
    chain = sorted((_age(path, one), one) for one in _rotated(path))
    younger = [one for age, one in chain if age > _age(path, file)]
    return next((one for one in [*younger, path] if one.exists() and one.stat().st_size), None)


def _age(path: Path, file: Path) -> tuple[int, int]:
    """Grows with time: when it was written last, then its name (``.1`` is younger than ``.2``,
    ``-20240102`` than ``-20240101``)."""
    digits = re.sub(r"\D", "", file.name[len(path.name) :])
    return file.stat().st_mtime_ns, int(digits) if len(digits) > 5 else -int(digits)


def _rotated(path: Path) -> list[Path]:
    """Older generations beside the file: ``log.1``, ``log-20240131``; compressed ones are not."""
    number = re.compile(re.escape(path.name) + r"[.\-_]\d[\d.:T_\-]*")
    return [file for file in path.parent.iterdir() if number.fullmatch(file.name)]


def _bytes(file: Path, offset: int, limit: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(offset)
        return opened.read(limit)


def _whole_lines(chunk: bytes, *, last: bool, full: bool) -> tuple[list[bytes], int]:
    """The lines of a chunk and the bytes they take; the rest is a line still being written."""
    used = chunk.rfind(b"\n") + 1
    if last or (full and not used):
        # No end of line in so much: no record, cut so that it is refused rather than kept.
        used = len(chunk)
    lines = chunk[:used].split(b"\n")
    return [line.rstrip(b"\r")[: LONGEST_LINE + 1] for line in lines if line], used


def _place(file: Path, offset: int) -> Place:
    return Place(os.stat(file).st_ino, _head(file, offset), offset)


def _head(file: Path, offset: int) -> str:
    head = _bytes(file, 0, min(offset, HEAD_BYTES))
    return hashlib.blake2b(head, digest_size=16).hexdigest()
