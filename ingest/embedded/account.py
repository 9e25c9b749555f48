"""Who runs the server: ourselves, or an unprivileged account when we are root."""

from __future__ import annotations

import errno
import os
import pwd
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import DatabaseUnavailable

#: In this order: the account made for it, else the one every system has.
ACCOUNTS = ("postgres", "nobody")
#: What a child may see of our environment: PG* or a locale of the user must not steer it.
_KEPT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Account:
    """The user under which the server's programs run and to whom its folder belongs."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether running under it means giving up our own rights."""
        return self.uid != os.geteuid()

    def run(
        self, command: Iterable[str | Path], cwd: Path | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end under this account; the caller reads the exit code.

        It gets a session of its own: a Ctrl-C in our terminal must not reach the server.
        """
        words = [str(word) for word in command]
        try:
            return self._run(words, cwd or Path("/"), _environment() | environ)
        except OSError as error:
            if self.is_other and error.errno in (errno.EPERM, errno.EINVAL):
                raise DatabaseUnavailable(self._cannot_become(error)) from error
            if error.errno != errno.EACCES:
                raise
            # What the account cannot reach is an answer, as it is in a shell.
            return subprocess.CompletedProcess(words, 126, "", str(error))

    def can_write(self, folder: Path) -> bool:
        """Whether the account can really enter and write `folder` (asked of the kernel)."""
        script = 'test -d "$0" && test -x "$0" && test -w "$0"'
        return self.run(["/bin/sh", "-c", script, folder]).returncode == 0

    def can_enter(self, folder: Path) -> bool:
        """Whether every parent lets the account through (asked of the kernel)."""
        return self.run(["/bin/sh", "-c", 'test -x "$0"', folder]).returncode == 0

    def give(self, path: Path | int) -> None:
        """Make a path, or an open file, belong to the account."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def _run(
        self, words: list[str], cwd: Path, environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,
            umask=0o077,
            user=self.uid if self.is_other else None,
            group=self.gid if self.is_other else None,
            extra_groups=[] if self.is_other else None,
        )

    def _cannot_become(self, error: OSError) -> str:
        return (
            f"PostgreSQL refuses to run as root and this system does not let root become "
            f"user {self.uid} ({error.strerror}): run vigie as an ordinary user, or set "
            f"VIGIE_DATABASE_URL to a PostgreSQL 18 server"
        )


def account_for(*folders: Path) -> Account:
    """Ourselves; as root, the first owner of `folders` who is not root, else a system account."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for folder in folders:
        if folder.exists() and (owner := folder.stat()).st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    return _system_account()


def _system_account() -> Account:
    for name in ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise DatabaseUnavailable(
        f"PostgreSQL refuses to run as root and there is none of the accounts "
        f"{', '.join(ACCOUNTS)}: run vigie as an ordinary user, or set VIGIE_DATABASE_URL"
    )


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
