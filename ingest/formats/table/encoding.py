"""A text file's lines in UTF-8, whatever it was written in.

A byte-order mark decides; else a file whose lines beyond ASCII are mostly UTF-8 is UTF-8, and
another one is cp1252, as Windows writes it.  A line that is not in the file's encoding comes
as it is: it is refused by itself.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from ingest.reading.lines import LONGEST_LINE, lines

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 4096
_CHUNK = 65_536


def known(encoding: str) -> bool:
    """Whether Python has such an encoding of text."""
    try:
        return codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        return False


def encoding_of(path: Path) -> str:
    """The encoding that the bytes speak for."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 3:
        return "utf-16-be"
    return "utf-8" if _mostly_utf8(path) else "cp1252"


def utf8_lines(path: Path, encoding: str | None) -> Iterator[bytes]:
    """Every line without its end and without a byte-order mark."""
    told = codecs.lookup(encoding or encoding_of(path)).name
    if told.startswith(("utf-16", "utf-32")):
        found = _wide(path, told)
    elif told in ("utf-8", "ascii", "utf-8-sig"):
        found = lines(path)
    else:
        found = (_again(line, told) for line in lines(path))
    first = next(found, None)
    if first is not None:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from found


def _mostly_utf8(path: Path) -> bool:
    good = bad = 0
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            if not line.isascii():
                if _is_utf8(line):
                    good += 1
                else:
                    bad += 1
    return good >= bad


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _again(line: bytes, encoding: str) -> bytes:
    if line.isascii() or len(line) > LONGEST_LINE:
        return line
    try:
        return line.decode(encoding).encode()
    except UnicodeError:
        return line


def _wide(path: Path, encoding: str) -> Iterator[bytes]:
    """Lines of UTF-16 or UTF-32; one that was damaged holds a byte that is not UTF-8."""
    decode = codecs.getincrementaldecoder(encoding)("replace").decode
    rest = ""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            *whole, rest = (rest + decode(chunk)).split("\n")
            yield from map(_narrow, whole)
            rest = rest[: LONGEST_LINE + 1]
    if rest := rest + decode(b"", True):
        yield _narrow(rest)


def _narrow(line: str) -> bytes:
    return line.rstrip("\r").encode().replace("\ufffd".encode(), b"\xff")[: LONGEST_LINE + 1]
