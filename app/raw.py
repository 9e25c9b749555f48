"""Bytes of anybody, made fit for a screen: nothing in them can act, hide or turn the text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

#: As much as fits a screen.
SHOWN_BYTES = 4_000
_ROW = 8
#: Of a hundred characters; above it is no text.
_ODD = 10


@dataclass(frozen=True, slots=True)
class Raw:
    """What is shown of some bytes: escaped text, or rows of hexadecimal numbers."""

    text: str
    encoding: Literal["text", "hex"]
    #: Whether there is more than is shown.
    cut: bool


def shown(raw: bytes, most: int = SHOWN_BYTES) -> Raw:
    """The first bytes as text where they are text, else as hexadecimal."""
    head, cut = raw[:most], len(raw) > most
    try:
        text = _decoded(head, cut)
    except UnicodeDecodeError:
        return Raw(_hex(head), "hex", cut)
    if sum(map(_is_odd, text)) * 100 > len(text) * _ODD:
        return Raw(_hex(head), "hex", cut)
    return Raw("".join(map(_printable, text)), "text", cut)


def _decoded(head: bytes, cut: bool) -> str:
    """A character that the cut has halved is left out."""
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        if cut and error.start > len(head) - 4:
            return head[: error.start].decode()
        raise


def _is_odd(character: str) -> bool:
    """Controls, and what turns, joins or hides the text around it."""
    return character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co")


def _printable(character: str) -> str:
    return character.encode("unicode_escape").decode() if _is_odd(character) else character


def _hex(head: bytes) -> str:
    rows = (head[at : at + _ROW] for at in range(0, len(head), _ROW))
    return "\n".join(f"{number * _ROW:04x}  {_pairs(row)}" for number, row in enumerate(rows))


def _pairs(row: bytes) -> str:
    letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
    return f"{row.hex(' '):<23}  {letters}"
