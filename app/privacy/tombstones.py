"""The file of erasures: an older backup knows nothing of them, so they are told to it again.

One JSON line an erasure: when, and the numbers under which :mod:`ingest.erasing` buries
identities and threads.  They lead to nobody, also with VIGIE_SECRET_KEY.  A line is only ever
added, and is on the disk before the erasure is committed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from app.errors import AppError
from app.settings import Settings

NAME = "erasures.jsonl"


class Tombstones(msgspec.Struct, frozen=True):
    """One erasure.  `identities` and `kinds` go together."""

    erased_at: datetime
    kinds: list[str]
    identities: list[int]
    threads: list[int]


def place_of(settings: Settings) -> Path:
    """Where this house remembers its erasures."""
    told = settings.tables().privacy.erasures
    return settings.home / NAME if told is None else told


def remember(path: Path, erasure: Tombstones) -> None:
    """Add a line that survives a power cut.  Raises AppError: then nothing must be erased."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(erasure) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AppError(
            f"cannot write {path} ({error.strerror}): erasures must survive the restore of a "
            "backup; make it writable, or name another file as erasures in [privacy]"
        ) from error


def remembered(paths: Iterable[Path]) -> list[Tombstones]:
    """Every erasure that these files tell, each once; a file that is not there tells none.

    A last line that was cut short was never committed.  Raises AppError for any other damage.
    """
    found: dict[bytes, Tombstones] = {}
    for path in dict.fromkeys(path.absolute() for path in paths):
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        for number, line in enumerate(lines, 1):
            try:
                if line:
                    found[line] = msgspec.json.decode(line, type=Tombstones)
            except msgspec.MsgspecError as error:
                if number < len(lines):
                    raise AppError(f"{path} is damaged in line {number}: {error}") from error
    return list(found.values())
