"""How processes share one server: whoever comes first starts it, the last one stops it.

Two lock files in the home.  The *turn* is exclusive and short: who starts or stops.  The
*lease* is shared and as long as the process uses the server; the kernel drops it with the
process, so a kill -9 leaves nothing behind.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import DatabaseUnavailable

TURN = "postgres.turn.lock"
LEASE = "postgres.lease.lock"


@contextmanager
def turn(home: Path) -> Iterator[None]:
    """Hold the right to start or stop this home's server; waits for whoever has it."""
    handle = _open(home / TURN)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class Lease:
    """One process's use of the server, counted by the kernel."""

    def __init__(self, home: Path) -> None:
        self._path = home / LEASE
        self._handle = _open(self._path)
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def end(self) -> bool:
        """Give the lease back; True if nobody else holds one.  Call it within the turn."""
        os.close(self._handle)
        # Opened afresh: a forked child still shares the old handle and counts as a user.
        handle = _open(self._path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        return True


def _open(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseUnavailable(
            f"cannot open {path} ({error.strerror}): run vigie as the user who made this home, "
            f"or set VIGIE_HOME to a folder of yours"
        ) from error
    give_to_owner(handle, path.parent)
    return handle


def give_to_owner(handle: int, home: Path) -> None:
    """What root makes in somebody's home belongs to them, or they could not go on."""
    if os.geteuid() == 0:
        owner = home.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)
