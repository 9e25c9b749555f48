"""Files that are whole or not there: written beside their place, then moved onto it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

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
        _replace(written, path)
    except OSError as error:
        raise AppError(f"cannot write {path}: {error.strerror}; choose another --out") from error


def _replace(written: bytes, path: Path) -> None:
    """Whoever is killed in the middle leaves nothing beside it, where the folder can do that."""
    beside = path.parent / f".vigie-{uuid4().hex}.part"
    number = _nameless(path.parent)
    named = number is None
    if number is None:
        number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(written)
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            file.flush()
            os.fsync(file.fileno())
            if not named:
                _name(file.fileno(), beside)
        os.replace(beside, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(beside)
        raise


def _name(number: int, path: Path) -> None:
    """Give a file without a name this one."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:  # only beside a folder's number does Python follow the link to the file itself
        os.link(f"/proc/self/fd/{number}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _nameless(folder: Path) -> int | None:
    """A file that has no name yet and is gone with its process; None: not in this folder."""
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        return os.open(folder, os.O_WRONLY | os.O_TMPFILE, 0o600)
    except OSError:
        return None  # some file systems cannot


def _umask() -> int:
    """The mask of this process, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
