"""Cursors as the store keeps them: JSON text of a struct of ours."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decoded(cursor: str | None, kind: type[T]) -> T | None:
    """What a cursor says; None where there is none yet, or where an older version wrote it.

    None means «from the start», which takes longer and counts nothing twice.
    """
    try:
        return msgspec.json.decode(cursor, type=kind) if cursor else None
    except msgspec.DecodeError:
        return None


def encoded(cursor: object) -> str:
    """The text to store."""
    return msgspec.json.encode(cursor).decode()
