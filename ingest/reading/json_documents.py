"""The JSON objects of a file, one by one, however they follow each other.

One document, documents one after the other with or without a line between them (Firehose
writes them so), JSON lines, an array of objects, pretty-printed or not, gzipped or not.  A
damaged object is told as such, and its neighbours are found again: at the next line that
begins with ``{``, or where ``}{`` meets.
"""

from __future__ import annotations

import gzip
import mmap
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import msgspec

from ingest.errors import WrongFormat

#: What a gzipped file may unpack to.
LONGEST_UNPACKED = 1 << 30
#: So much of what cannot be read is kept to be looked at.
LONGEST_RAW = 65_536

_PIECE = 1 << 20
_GZIP = b"\x1f\x8b"
#: Up to the next brace that is no part of a string; strings do not span lines.
_BRACE = re.compile(rb'(?:[^"{}]++|"(?:[^"\\\n]++|\\.)*+"|")*+([{}])')
_BETWEEN = b" \t\r\n,[]"
_SPACE = b" \t\r\n"
#: What an object may follow inside of another one.
_BEFORE_A_VALUE = b":,["


@dataclass(frozen=True, slots=True)
class Document:
    """One object: its bytes, what they say (None: they cannot be read), and where it ends."""

    raw: bytes
    value: object
    end: int


Bytes = bytes | mmap.mmap


@contextmanager
def opened(path: Path) -> Iterator[Bytes]:
    """The file's bytes, unpacked.  Raises WrongFormat for a broken or bursting gzip file."""
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        if not packed:
            with _mapped(file) as data:
                yield data
            return
        with TemporaryFile() as unpacked:
            _unpack(file, unpacked, path)
            with _mapped(unpacked) as data:
                yield data


def documents(data: Bytes, start: int = 0) -> Iterator[Document]:
    """Every object from the offset on, in order; what lies between them and is none, too."""
    for begin, end in _spans(data, start):
        raw = data[begin:end]
        value = decoded(raw)
        if value is None and len(pieces := re.split(rb"\n(?=\{)", raw)) > 1:
            yield from _salvaged(pieces, begin)
        else:
            yield Document(raw.rstrip(), value, end)


def decoded(raw: bytes) -> object:
    """What the bytes say as JSON; None where they are none (or say null)."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _salvaged(pieces: list[bytes], begin: int) -> Iterator[Document]:
    """A cut-off object took the following lines with it: each by itself."""
    for piece in pieces:
        begin += len(piece) + 1
        yield Document(piece.rstrip(), decoded(piece), begin - 1)


def _spans(data: Bytes, start: int) -> Iterator[tuple[int, int]]:
    depth, begin, at = 0, start, start
    while found := _BRACE.match(data, at):
        brace, at = found.start(1), found.end()
        if found[1] == b"}":
            depth -= depth > 0
            if depth == 0:
                yield begin, at
                begin = at
            continue
        if depth == 0 or _cut_off(data, begin, brace):
            if data[begin:brace].strip(_BETWEEN):
                yield begin, brace
            depth, begin = 0, brace
        depth += 1
    if data[begin:].strip(_BETWEEN):
        yield begin, len(data)


def _cut_off(data: Bytes, begin: int, brace: int) -> bool:
    """Whether the object before this brace never ended: no JSON goes on like this."""
    before = data[max(begin, brace - 64) : brace]
    last = before.rstrip(_SPACE)[-1:]
    return last not in _BEFORE_A_VALUE and (last == b"}" or before.endswith(b"\n"))


@contextmanager
def _mapped(file: IO[bytes]) -> Iterator[Bytes]:
    if file.seek(0, 2) == 0:
        yield b""
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _unpack(packed: IO[bytes], into: IO[bytes], path: Path) -> None:
    try:
        with gzip.open(packed) as file:
            while piece := file.read(_PIECE):
                into.write(piece)
                if into.tell() > LONGEST_UNPACKED:
                    raise WrongFormat(f"{path} unpacks to over 1 GB: split it")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise WrongFormat(f"{path} is not a whole gzip file: fetch it again") from error
    into.flush()
