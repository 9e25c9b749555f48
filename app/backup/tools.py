"""PostgreSQL's own programs, those of the wheel, on any database."""

from __future__ import annotations

import os
import subprocess

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.errors import AppError
from ingest.embedded.account import account_for
from ingest.embedded.binaries import binaries_for

#: What a program may see of our environment: PG* of the user must not steer it.
_KEPT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HOME")


def run(program: str, conninfo: str, *words: str) -> None:
    """Run `pg_dump` or `pg_restore` on a database to its end.  Raises AppError with its words."""
    given = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value}
    password = given.pop("password", None)
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    if password:  # Not among the words: every user of the machine can read those.
        environ["PGPASSWORD"] = password
    path = binaries_for(account_for()).program(program)
    done = subprocess.run(
        [str(path), "--no-password", f"--dbname={make_conninfo(**given)}", *words],
        env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        check=False,
    )  # fmt: skip
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise AppError(f"{program} failed: {said[:500]}")
