"""One data directory: made, started, found alive, stopped."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from ingest.embedded.binaries import MAJOR, Binaries
from ingest.embedded.place import PORT, Place
from ingest.embedded.tuning import settings_text
from ingest.errors import DatabaseUnavailable

SUPERUSER = "vigie"
#: Seconds for what a killed server left behind (its children, its shared memory) to go.
_LEFTOVERS = 15.0
_LEFTOVER_SIGNS = ("shared memory block", "postmaster.pid")


@dataclass(frozen=True, slots=True)
class Cluster:
    """The server of one place.  Callers hold the turn (see :mod:`.sharing`)."""

    place: Place
    binaries: Binaries

    def exists(self) -> bool:
        return (self.place.data / "PG_VERSION").exists()

    def create(self, password: str) -> None:
        """Make the data directory; a half-made one left by a crash is thrown away."""
        draft = self.place.root / "data.draft"
        secret = self.place.root / "password.draft"
        shutil.rmtree(draft, ignore_errors=True)
        secret.unlink(missing_ok=True)
        try:
            _write(secret, password, self.place)
            self._initdb(draft, secret)
        finally:
            secret.unlink(missing_ok=True)
        # Complete and on disk: from here on it counts.
        draft.rename(self.place.data)

    def start(self, extra: Mapping[str, str]) -> None:
        """Start a server that is not running; back once it answers."""
        self._require_same_major()
        self._forget_stale_pid()
        _write(self.place.data / "vigie.conf", settings_text(self.place, extra), self.place)
        deadline = time.monotonic() + _LEFTOVERS
        while not self._started():
            reason = self._last_words()
            if time.monotonic() > deadline or not any(s in reason for s in _LEFTOVER_SIGNS):
                raise DatabaseUnavailable(
                    f"the embedded PostgreSQL did not start: {reason} (more in {self._log})"
                )
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the server in order, at once if it will not; nothing if it is not running."""
        if self.postmaster() is None:
            return
        if self._pg_ctl("stop", "-w", "-m", "fast", "-t", "60") != 0:
            self._pg_ctl("stop", "-w", "-m", "immediate", "-t", "30")

    def postmaster(self) -> int | None:
        """The pid of the living server of this very data directory.

        The pid file alone proves nothing: after a crash its pid may belong to anybody.
        """
        pid = self._noted_pid()
        return pid if pid is not None and self._is_ours(pid) else None

    def socket_folder(self) -> Path:
        """Where the running server listens: as it wrote it, whatever our TMPDIR says."""
        lines = self._pid_file.read_text().splitlines()
        return Path(lines[4]) if len(lines) > 4 and lines[4] else self.place.socket_folder

    @property
    def _pid_file(self) -> Path:
        return self.place.data / "postmaster.pid"

    @property
    def _log(self) -> Path:
        return self.place.root / "start.log"

    def _initdb(self, draft: Path, secret: Path) -> None:
        done = self.place.account.run(
            [
                self.binaries.program("initdb"),
                *("--pgdata", draft.name),
                *("--username", SUPERUSER, f"--pwfile={secret.name}"),
                *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--data-checksums", "--set=include_if_exists=vigie.conf"),
            ],
            cwd=self.place.root,
        )
        if done.returncode != 0:
            raise DatabaseUnavailable(
                f"cannot make a database in {self.place.root}: {_telling(done.stderr)}"
            )

    def _started(self) -> bool:
        # Appended by PostgreSQL, read by us: only the words of this attempt count.
        _write(self._log, "", self.place)
        return self._pg_ctl("start", "-w", "-t", "300", "-l", self._log.name) == 0

    def _pg_ctl(self, *words: str) -> int:
        # Paths reach pg_ctl through the environment and the working directory, never as
        # words: it pastes its words into a shell command.
        done = self.place.account.run(
            [self.binaries.program("pg_ctl"), *words],
            cwd=self.place.root,
            PGDATA=str(self.place.data),
        )
        return done.returncode

    def _last_words(self) -> str:
        """Why the last attempt failed: before its log collector ran, or after."""
        early = self._log.read_text(errors="replace")
        if "FATAL" in early:
            return _telling(early)
        logs = sorted((self.place.data / "log").glob("*.log"), key=lambda p: p.stat().st_mtime)
        late = "".join(path.read_text(errors="replace") for path in logs[-1:])
        return _telling(late or early)

    def _noted_pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _is_ours(self, pid: int) -> bool:
        """Whether `pid` is a postgres that works in our data directory."""
        try:
            process = psutil.Process(pid)
            return process.name().startswith("postgres") and self._works_here(process)
        except psutil.NoSuchProcess:
            return False

    def _works_here(self, process: psutil.Process) -> bool:
        try:
            folder = process.cwd()
        except psutil.AccessDenied:
            # Root in a container may not look at others' processes; the account may.
            link = f"/proc/{process.pid}/cwd"
            folder = self.place.account.run(["readlink", link]).stdout.strip()
        return bool(folder) and Path(folder) == self.place.data.resolve()

    def _forget_stale_pid(self) -> None:
        """PostgreSQL only asks whether the pid in its lock files lives; we know whose it is.

        Should children of a killed server still be at work, the shared memory block tells,
        and PostgreSQL refuses to start until they are gone.
        """
        if self.postmaster() is None:
            self._pid_file.unlink(missing_ok=True)
            (self.place.socket_folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _require_same_major(self) -> None:
        found = (self.place.data / "PG_VERSION").read_text().strip()
        if found != str(MAJOR):
            raise DatabaseUnavailable(
                f"{self.place.data} was made by PostgreSQL {found}, this Vigie carries {MAJOR}: "
                f"export it with the Vigie that made it, or choose another VIGIE_HOME"
            )


def _write(path: Path, text: str, place: Place) -> None:
    """Replace a file of the account's; nobody else may read it."""
    path.unlink(missing_ok=True)
    # O_EXCL: as root we must not follow a link that the account planted meanwhile.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        place.account.give(handle)
        file.write(text)


def _telling(text: str) -> str:
    """The line of a program's output that says what went wrong, without its time stamp."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "could not" in line]
    return (telling or lines or ["no reason given"])[-1].rpartition("FATAL:  ")[2]
