"""Which folder holds the server, and which its socket.

As an ordinary user: ``<home>/postgres``.  As root the server runs under another account,
which must get through to its folder; where the home lets nobody through (below /root),
the folder is made below ``/var/lib/vigie`` and noted in the home.  No existing folder is
ever opened wider.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ingest.embedded.account import Account, account_for
from ingest.errors import DatabaseUnavailable

SYSTEM = Path("/var/lib/vigie")
NOTE = "postgres.place"
BACK_NOTE = "home"
PORT = 5432
#: The kernel allows 108 bytes (macOS 104), the closing NUL included.
_LONGEST_SOCKET = 100
#: libpq reads a comma in a host as a list; quoting differs between its readers.
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """The server's folder (mode 0700, owned by `account`) and what lies in it."""

    root: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def socket_folder(self) -> Path:
        """Inside where its path is short and plain, else below the temporary folder."""
        inside = self.root / "run"
        if _fits(inside):
            return inside
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        name = f"vigie-{self.account.uid}-{digest}"
        chosen = Path(tempfile.gettempdir()) / name
        return chosen if _fits(chosen) and not self.account.is_other else Path("/tmp") / name


def open_home(home: Path) -> None:
    """Make the home where it is missing.  Raises DatabaseUnavailable where we cannot use it."""
    try:
        # 0711 as root: the server's account must get through to its own folder inside;
        # what lies in the home is 0600 or 0700 each.
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        usable = os.access(home, os.R_OK | os.W_OK | os.X_OK)
    except OSError as error:
        raise DatabaseUnavailable(_unusable(home, error.strerror or str(error))) from error
    if not usable:
        raise DatabaseUnavailable(_unusable(home, "permission denied"))


def settle(home: Path) -> Place:
    """The place of this home's server, made where it is missing.  Raises DatabaseUnavailable."""
    root = _noted(home) or home / "postgres"
    place = Place(root, account_for(root, home))
    try:
        if not root.exists():
            place = _make(home, place.account)
        _private(place.root, place.account)
        _private(place.socket_folder, place.account)
    except OSError as error:
        raise DatabaseUnavailable(
            f"cannot prepare {error.filename or root} ({error.strerror}): set VIGIE_HOME to a "
            f"folder of yours, or VIGIE_DATABASE_URL to a PostgreSQL 18 server"
        ) from error
    if not place.account.can_write(place.root):
        raise DatabaseUnavailable(
            f"user {place.account.uid}, who runs PostgreSQL here, cannot reach {place.root}: "
            f"let others pass through its parent folders (chmod o+x), or choose another VIGIE_HOME"
        )
    return place


def make_system_folder() -> None:
    """``/var/lib/vigie``: others may pass through, not list it."""
    try:
        SYSTEM.parent.mkdir(parents=True, exist_ok=True)
        if not SYSTEM.exists():
            SYSTEM.mkdir(exist_ok=True)
            SYSTEM.chmod(0o711)  # whatever the umask takes away
    except OSError as error:
        raise DatabaseUnavailable(
            f"PostgreSQL refuses to run as root and {SYSTEM} cannot be made ({error.strerror}): "
            f"set VIGIE_HOME to a folder that others can pass through (such as /srv/vigie), "
            f"or run vigie as an ordinary user"
        ) from error


def _make(home: Path, account: Account) -> Place:
    if not account.is_other or account.can_enter(home):
        return Place(home / "postgres", account)
    make_system_folder()
    _sweep()
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    root = SYSTEM / f"{digest}-{secrets.token_hex(4)}"
    _private(root, account)
    (home / NOTE).write_text(f"{root}\n")
    (root / BACK_NOTE).write_text(f"{home}\n")
    log.warning("%s lets no other account through: PostgreSQL's files are in %s", home, root)
    return Place(root, account)


def _sweep() -> None:
    """Remove the folders of homes that were temporary and are gone; keep all others."""
    for back in SYSTEM.glob(f"*/{BACK_NOTE}"):
        home = Path(back.read_text().strip())
        temporary = {Path(tempfile.gettempdir()), Path("/tmp")} & set(home.parents)
        alive = (back.parent / "data" / "postmaster.pid").exists()
        if temporary and not home.exists() and not alive:
            shutil.rmtree(back.parent, ignore_errors=True)


def _noted(home: Path) -> Path | None:
    try:
        noted = Path((home / NOTE).read_text().strip())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatabaseUnavailable(_unusable(home, error.strerror or str(error))) from error
    if not noted.exists():
        raise DatabaseUnavailable(
            f"the database of {home} was in {noted}, which is gone: restore it from a backup, "
            f"or remove {home / NOTE} to begin with an empty one"
        )
    return noted


def _private(folder: Path, account: Account) -> None:
    """Make `folder` for the account alone; refuse one that somebody else put there."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        _require_private(folder, account)
    else:
        account.give(folder)


def _require_private(folder: Path, account: Account) -> None:
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != account.uid or found.st_mode & 0o077:
        raise DatabaseUnavailable(
            f"{folder} is not a folder of user {account.uid} alone (mode 0700): run vigie as "
            f"the user who made it, remove it if it is not yours, or choose another VIGIE_HOME"
        )


def _fits(folder: Path) -> bool:
    whole = f"{folder}/.s.PGSQL.{PORT}"
    return _PLAIN.fullmatch(whole) is not None and len(whole) <= _LONGEST_SOCKET


def _unusable(home: Path, why: str) -> str:
    return f"cannot use {home} ({why}): set VIGIE_HOME to a folder that you can write"
