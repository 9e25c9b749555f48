"""Files that are whole or not there: written beside their place, then moved onto it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from app.errors import AppError, WrongUse


def place(path: Path) -> None:
    """Could a file be written there?  Raises WrongUse: no such folder, or no plain file."""
    if not path.parent.is_dir():
        raise WrongUse(f"there is no folder {path.parent}: create it first")
    if path.is_dir() or not path.name:
        raise WrongUse(f"{path} is a folder: name a file in it")
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise WrongUse(f"{path} is no plain file: name one that a report may replace")


def save(written: bytes, path: Path) -> None:
    """Put the bytes there, whole or not at all.  Raises WrongUse, AppError."""
    place(path)
    try:
        number, name = mkstemp(prefix=".vigie-", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(written)
                os.fchmod(file.fileno(), 0o666 & ~_umask())
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(name)
            raise
    except OSError as error:
        raise AppError(f"cannot write {path}: {error.strerror}; choose another --out") from error


def _umask() -> int:
    """The mask of this process, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
