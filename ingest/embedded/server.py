"""The embedded server as its users see it: start, a conninfo, stop."""

from __future__ import annotations

import atexit
import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from ingest.embedded.binaries import binaries_for
from ingest.embedded.cluster import SUPERUSER, Cluster
from ingest.embedded.place import PORT, open_home, settle
from ingest.embedded.sharing import Lease, give_to_owner, turn
from ingest.errors import DatabaseUnavailable

DATABASE = "vigie"
PASSWORD = "postgres.password"
#: Seconds a starting server may need (crash recovery of a large database).
_PATIENCE = 300.0
#: Seconds a live server may say nothing at all (just started, not listening yet).
_SILENCE = 10.0


class EmbeddedPostgres:
    """The PostgreSQL of one home, shared by every process that uses the home.

    Whoever starts first starts the server, whoever stops last stops it; what a kill -9 left
    running is adopted by the next.  `extra_settings` go into the server's configuration and
    win over ours; they count only for the process that really starts it (the tests switch
    fsync off with it).
    """

    def __init__(self, home: Path, extra_settings: Mapping[str, str] | None = None) -> None:
        self._home = Path(os.path.abspath(home))
        self._extra = dict(extra_settings or {})
        self._lease: Lease | None = None
        self._conninfo = ""

    def start(self) -> str:
        """A libpq conninfo of the running server; a second call answers the same.

        Raises DatabaseUnavailable, with the remedy, where there cannot be one.
        """
        if self._lease is None:
            open_home(self._home)
            with turn(self._home):
                self._enter()
            atexit.register(self.stop)
            _leave_politely()
        return self._conninfo

    def revive(self) -> None:
        """Start the server again if somebody killed it while we were using it.

        Back once it takes connections; does nothing where we do not use it.
        """
        if self._lease is not None:
            with turn(self._home):
                self._ensure()

    def stop(self) -> None:
        """Stop using the server; the last user stops it.  Harmless when not started."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        atexit.unregister(self.stop)
        with _undisturbed(), turn(self._home):
            if lease.end():
                _cluster(self._home).stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _enter(self) -> None:
        lease = Lease(self._home)
        try:
            self._conninfo = self._ensure()
        except BaseException:
            if lease.end():
                _cluster(self._home).stop()
            raise
        self._lease = lease

    def _ensure(self) -> str:
        cluster = _cluster(self._home)
        if not cluster.exists():
            cluster.create(_new_password(self._home))
        if cluster.postmaster() is None and not _answers(cluster, self._home):
            cluster.start(self._extra)
        conninfo = _conninfo(cluster.socket_folder(), _password(self._home), DATABASE)
        _await(conninfo, cluster)
        _make_database(make_conninfo(conninfo, dbname="postgres"))
        return conninfo


def _cluster(home: Path) -> Cluster:
    place = settle(home)
    return Cluster(place, binaries_for(place.account))


def _conninfo(folder: Path, password: str, database: str) -> str:
    """Explicit to the last word: PGPASSWORD and its like must not steer it."""
    return make_conninfo(
        host=str(folder),
        port=PORT,
        user=SUPERUSER,
        password=password,
        dbname=database,
        # Whoever answers must prove to know the password; it never leaves us in clear.
        require_auth="scram-sha-256",
    )


def _new_password(home: Path) -> str:
    path = home / PASSWORD
    path.unlink(missing_ok=True)
    password = secrets.token_urlsafe(24)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        give_to_owner(handle, home)
        file.write(password)
    return password


def _password(home: Path) -> str:
    try:
        return (home / PASSWORD).read_text().strip()
    except OSError as error:
        raise DatabaseUnavailable(
            f"cannot read {home / PASSWORD} ({error.strerror}): run vigie as the user who made "
            f"this home, or restore that file from a backup"
        ) from error


def _answers(cluster: Cluster, home: Path) -> bool:
    """Whether a server listens although its pid is not ours to see.

    So it is with two containers on one volume: their processes are hidden from each other,
    and a second server on one data directory would destroy it.
    """
    conninfo = _conninfo(cluster.place.socket_folder, _password(home), DATABASE)
    return _ping(conninfo) != Ping.NO_RESPONSE


def _ping(conninfo: str) -> Ping:
    return Ping(PGconn.ping(make_conninfo(conninfo, connect_timeout=5).encode()))


def _await(conninfo: str, cluster: Cluster) -> None:
    """Back once the server takes connections: an adopted one may still be recovering."""
    began = time.monotonic()
    while (answer := _ping(conninfo)) != Ping.OK:
        patience = _SILENCE if answer == Ping.NO_RESPONSE else _PATIENCE
        if time.monotonic() - began > patience:
            raise DatabaseUnavailable(
                f"the embedded PostgreSQL (pid {cluster.postmaster()}) does not answer: end that "
                f"process, then run vigie again; its log is in {cluster.place.data / 'log'}"
            )
        time.sleep(0.05)


def _make_database(conninfo: str) -> None:
    try:
        with psycopg.connect(conninfo, autocommit=True, connect_timeout=10) as connection:
            known = "select 1 from pg_database where datname = %s"
            if connection.execute(known, [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(f"the embedded PostgreSQL refuses us: {error}") from error


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second, impatient Ctrl-C must not leave the server running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _leave_politely() -> None:
    """Let SIGTERM and SIGHUP run exit handlers, where nobody else has decided about them."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
