"""A PostgreSQL of our own: killing it hurts nobody else's tests."""

from __future__ import annotations

import itertools
import os
import random
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.bootstrap import prepare
from ingest.database import database_at
from ingest.embedded import EmbeddedPostgres
from ingest.embedded.binaries import binaries_for
from ingest.embedded.cluster import Cluster
from ingest.embedded.place import settle

TEMPLATE = "chaos_template"
#: The machine does not lose its power here, only processes die: what was written to a file
#: is there, so fsync may be off.  A page may still be torn, so full_page_writes stay on.
SETTINGS = {"fsync": "off", "shared_buffers": "64MB", "max_wal_size": "256MB"}
_BACKENDS = "select pid from pg_stat_activity where backend_type = 'client backend'"
#: Longer than any process takes to be gone.
_GONE_S = 30

_numbers = itertools.count(1)


class Server:
    """The embedded server of a home; a context manager that stops it, unless others use it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._embedded = EmbeddedPostgres(home, SETTINGS)
        self.conninfo = ""

    def __enter__(self) -> Server:
        self.conninfo = self._embedded.start()
        self._make_template()
        return self

    def __exit__(self, *_told: object) -> None:
        self._embedded.stop()

    @contextmanager
    def database(self) -> Iterator[str]:
        """The conninfo of a migrated, empty database, dropped afterwards."""
        name = f"chaos_{os.getpid()}_{next(_numbers)}"
        create = "create database {} template {} strategy file_copy"
        self._run(sql.SQL(create).format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        try:
            yield make_conninfo(self.conninfo, dbname=name)
        finally:
            self._run(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def kill(self) -> None:
        """kill -9 of the postmaster; back as soon as it is no more."""
        place = settle(self._home)
        pid = Cluster(place, binaries_for(place.account)).postmaster()
        assert pid is not None, "the server was to be killed, and is not running"
        handle = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            assert select.select([handle], [], [], _GONE_S)[0], f"process {pid} outlives kill -9"
        finally:
            os.close(handle)

    def kill_backend(self, conninfo: str, luck: random.Random) -> bool:
        """kill -9 of one of the database's connections; False if there is none.

        The postmaster throws out all the others too and recovers; back as soon as it does.
        """
        name = conninfo_to_dict(conninfo)["dbname"]
        with self._admin() as admin:
            found = admin.execute(f"{_BACKENDS} and datname = %s", [name]).fetchall()
            if not found or not _killed(admin, luck.choice(found)[0]):
                return False
            assert select.select([admin.fileno()], [], [], _GONE_S)[0], "a backend outlives kill -9"
        return True

    def revive(self) -> None:
        """Started again, recovered from its log, answering."""
        self._embedded.revive()

    def _make_template(self) -> None:
        with self._admin() as admin:
            known = "select 1 from pg_database where datname = %s"
            if admin.execute(known, [TEMPLATE]).fetchone() is not None:
                return
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
        with database_at(make_conninfo(self.conninfo, dbname=TEMPLATE)) as database:
            prepare(database)

    def _run(self, statement: sql.Composed) -> None:
        with self._admin() as admin:
            admin.execute(statement)

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(make_conninfo(self.conninfo, dbname="postgres"), autocommit=True)


def _killed(admin: psycopg.Connection, pid: int) -> bool:
    """Kill a backend, and nobody who may have got its number since; False if it has ended."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if admin.execute(f"{_BACKENDS} and pid = %s", [pid]).fetchone() is None:
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True
