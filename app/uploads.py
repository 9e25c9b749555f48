"""Files that come in over the cockpit, piece by piece: a request carries 1 MiB at most.

They lie in a folder of this machine until they are taken or an hour old, under a name that
nobody can guess.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.errors import Conflict, NotFound, WrongUse

MOST_BYTES = 200 << 20
KEPT_S = 3600
_TICKET = re.compile(r"[0-9a-f]{32}")
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")


class Uploads:
    """The files on their way, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, name: str) -> str:
        """A ticket for one file; its ending is kept, for readers that go by it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        ending = Path(name).suffix
        ticket = secrets.token_hex(16)
        (self._folder / f"{ticket}{ending if _ENDING.fullmatch(ending) else ''}").touch(0o600)
        return ticket

    def append(self, ticket: str, at: int, piece: bytes) -> int:
        """Add a piece that begins at byte `at`; how many bytes there are then.

        Raises NotFound, Conflict where a piece is missing, WrongUse where it grows too large.
        """
        path = self._path(ticket)
        if (size := path.stat().st_size) != at:
            raise Conflict(f"this file has {size} bytes so far: send the piece that begins there")
        if size + len(piece) > MOST_BYTES:
            path.unlink()
            raise WrongUse(f"more than {MOST_BYTES >> 20} MiB: use `vigie load` on the server")
        with path.open("ab") as file:
            file.write(piece)
        return size + len(piece)

    @contextmanager
    def taken(self, ticket: str) -> Iterator[Path]:
        """The whole file; gone afterwards.  Raises NotFound."""
        path = self._path(ticket)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _path(self, ticket: str) -> Path:
        found = list(self._folder.glob(f"{ticket}*")) if _TICKET.fullmatch(ticket) else []
        if not found:
            raise NotFound("this upload is gone: send the file again")
        return found[0]

    def _sweep(self) -> None:
        """Forget what was begun and never taken."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > KEPT_S:
                    path.unlink()
