"""A file's lines as bytes, whatever is in the file; and a line as text, or why not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from ingest.connector import Parsed
from ingest.errors import RejectedEvent, WrongFormat
from ingest.events import Event

#: No record of a line-based source is longer; what is has lost its line ends.
LONGEST_LINE = 65_536
#: So many records may be broken before the file is taken for another's.
PROBE = 50

_CHUNK = 8_192


def lines(path: Path, cut: list[bytes] | None = None) -> Iterator[bytes]:
    """Every line without its end; an overlong one comes cut to ``LONGEST_LINE`` + 1 bytes.

    `cut`, where given, takes a last line that has no end: it may still be being written.
    """
    with path.open("rb") as file:
        while piece := file.readline(LONGEST_LINE + 1):
            ended = piece.endswith(b"\n")
            whole = ended or len(piece) <= LONGEST_LINE
            if cut is not None and whole and not ended:
                cut.append(piece)
                return
            yield piece.rstrip(b"\r\n")
            while not whole:
                rest = file.readline(_CHUNK)
                whole = not rest or rest.endswith(b"\n")


def text_of(line: bytes) -> str:
    """The line as text.  Raises RejectedEvent: too_long, bad_text (NUL) or bad_encoding."""
    if len(line) > LONGEST_LINE:
        raise RejectedEvent("too_long", f"the line is longer than {LONGEST_LINE} bytes")
    if b"\x00" in line:
        raise RejectedEvent("bad_text", "the line holds a NUL character")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise RejectedEvent("bad_encoding", f"byte {error.start} is not UTF-8") from error


def recognised(parsed: Iterator[Parsed], path: Path, expected: str) -> Iterator[Parsed]:
    """The same records, once one of the first ``PROBE`` could be read.

    Raises WrongFormat where none could: the file is another's.  An empty file is nobody's.
    """
    first: list[Parsed] = []
    for record in parsed:
        first.append(record)
        if isinstance(record, Event):
            return chain(first, parsed)
        if len(first) == PROBE:
            break
    if first:
        raise WrongFormat(f"{path} is not what was expected: {expected}")
    return iter(())
