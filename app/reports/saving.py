"""Files that are whole or not there: written beside their place, then moved onto it."""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from app.errors import AppError, WrongUse

#: What a file is called until it is whole and in its place.
_BEGIN, _END = ".vigie-", ".part"


def place(path: Path) -> None:
    """Could a file be written there?  Raises WrongUse: no such folder, or no plain file."""
    if not path.parent.is_dir():
        raise WrongUse(f"there is no folder {path.parent}: create it first")
    if path.is_dir() or not path.name:
        raise WrongUse(f"{path} is a folder: name a file in it")
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise WrongUse(f"{path} is no plain file: name one that a report may replace")


def save(written: bytes, path: Path, *, private: bool = False) -> None:
    """Put the bytes there, whole or not at all.  Raises WrongUse, AppError."""
    place(path)
    try:
        _replace(written, path, 0o600 if private else 0o666)
    except OSError as error:
        raise AppError(f"cannot write {path}: {error.strerror}; choose another --out") from error


def _replace(written: bytes, path: Path, mode: int) -> None:
    """Whoever is killed in the middle leaves nothing beside it, where the folder can do that; but
    for the moment between a whole file's two names.  What is left then, the next one takes away.
    """
    _sweep(path.parent)
    beside = path.parent / f"{_BEGIN}{uuid4().hex}{_END}"
    number = _nameless(path.parent, mode)
    named = number is None
    try:
        with os.fdopen(_held(beside, mode) if number is None else number, "wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
            if not named:
                _name(file.fileno(), beside)
            os.replace(beside, path)  # still locked: nobody takes it for a left one
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(beside)
        raise


def _sweep(folder: Path) -> None:
    """Take away what those who were killed have left: nobody holds its lock any more."""
    for left in folder.glob(f"{_BEGIN}*{_END}"):
        with suppress(OSError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def _name(number: int, path: Path) -> None:
    """Give a file without a name this one."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:  # only beside a folder's number does Python follow the link to the file itself
        os.link(f"/proc/self/fd/{number}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _nameless(folder: Path, mode: int) -> int | None:
    """A file that has no name yet and is gone with its process; None: not in this folder."""
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        number = os.open(folder, os.O_WRONLY | os.O_TMPFILE, mode)
    except OSError:
        return None  # some file systems cannot
    fcntl.flock(number, fcntl.LOCK_EX)
    return number


def _held(path: Path, mode: int) -> int:
    """A new file of that name, which nobody takes for a left one."""
    while True:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        fcntl.flock(number, fcntl.LOCK_EX)
        if os.fstat(number).st_nlink:
            return number
        os.close(number)  # it was, before it was held
