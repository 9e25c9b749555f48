"""The way to the database: embedded by default, a given server otherwise.

`open_database(home, url)` answers a :class:`Database` that has been reached, is new enough
and speaks UTC; every failure is one line that names the remedy and never the password.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import IdleInTransactionSessionTimeout
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import OperationalError, TimeoutError

from ingest.closing import Closing
from ingest.embedded import EmbeddedPostgres
from ingest.errors import DatabaseError, DatabaseTooOld, DatabaseUnavailable

if TYPE_CHECKING:
    from ingest.migrations import MigrationStatus

#: The database is away, whichever layer noticed.  Who was stopped in the middle of a transaction
#: finds that the server has ended it.
AWAY = (psycopg.OperationalError, IdleInTransactionSessionTimeout, OperationalError, TimeoutError)

# Who is stopped in the middle of a transaction, or whose machine is gone, would hold up whoever
# waits for its locks: the server ends it.  Who is idle for longer on purpose says so.
_PATIENCE = "-c idle_in_transaction_session_timeout=30s"
#: Of a transaction for which every writer waits.
BRIEFLY = "set local idle_in_transaction_session_timeout = '10s'"
#: Of one that others need not wait for, with long work between two statements.
AT_LENGTH = "set local idle_in_transaction_session_timeout = '10min'"

OLDEST_MAJOR = 18
VARIABLE = "VIGIE_DATABASE_URL"
_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_CONNECT_TIMEOUT_S = 10
_UNREADABLE = (
    f"{VARIABLE} cannot be read: write postgresql://user:password@host/name, "
    f"with %40 for an @ within the password"
)


@dataclass(frozen=True, slots=True)
class Database(Closing):
    """An open database; close it, or use it as a context manager.

    `engine` is the pool (at most 15 connections a process; a caller waits 5 s for one, then
    gets an error rather than a hang).  `conninfo` serves raw psycopg connections.
    """

    conninfo: str = field(repr=False)
    engine: Engine = field(repr=False)
    embedded: EmbeddedPostgres | None = None

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection[TupleRow]:
        """A psycopg connection of its own, for COPY and LISTEN.  Raises DatabaseUnavailable."""
        try:
            return _connect(self.conninfo, autocommit=autocommit)
        except DatabaseUnavailable:
            if self.embedded is None:
                raise
            self.embedded.revive()
            return _connect(self.conninfo, autocommit=autocommit)

    @contextmanager
    def apart(self) -> Iterator[Connection]:
        """A transaction on a connection that is closed afterwards, for work on every day.

        Who has locked all days' partitions once looks through as many at each commit ever after.
        """
        with self.engine.connect() as connection:
            with connection.begin():
                yield connection
            connection.invalidate()

    def close(self) -> None:
        """Close the pool and stop using the embedded server; harmless when repeated.

        A connection that a thread still holds is closed when that thread gives it back.
        """
        event.listen(self.engine, "checkin", _close_returned)
        self.engine.dispose()
        if self.embedded is not None:
            self.embedded.stop()


def open_database(home: Path, url: str | None) -> Database:
    """The database of `url`, or the embedded one of `home` where it is None.

    Raises DatabaseUnavailable or DatabaseTooOld.
    """
    if url is not None:
        return database_at(given_conninfo(url))
    embedded = EmbeddedPostgres(home)
    try:
        return database_at(embedded.start(), embedded)
    except BaseException:
        embedded.stop()
        raise


def database_at(conninfo: str, embedded: EmbeddedPostgres | None = None) -> Database:
    """The database of a libpq conninfo.  Raises DatabaseUnavailable or DatabaseTooOld."""
    whole = _ours(conninfo)
    with _connect(whole) as connection:
        info = connection.info
        require_version(info.server_version, info.parameter_status("server_version") or "?")
        _require_utf8(info.parameter_status("server_encoding"), info.dbname)
    return Database(whole, _engine(whole, embedded), embedded)


def migrate(database: Database) -> None:
    """Bring the schema to the newest revision; any number of processes may do so at once.

    Raises DatabaseError where a newer Vigie has been here.
    """
    from ingest.migrations import upgrade  # 0.1 s that only those who migrate pay

    upgrade(database.engine)


def migration_status(database: Database) -> MigrationStatus:
    """Which revision the schema is at and which ones it lacks."""
    from ingest.migrations import status

    return status(database.engine)


def given_conninfo(url: str) -> str:
    """The libpq conninfo that a database URL says.  Raises DatabaseUnavailable if it is not one."""
    scheme, found, rest = url.strip().partition("://")
    if not found or scheme not in _SCHEMES:
        raise DatabaseUnavailable(
            f"{VARIABLE} is not a PostgreSQL address: write postgresql://user:password@host/name"
        )
    try:
        conninfo = make_conninfo(f"postgresql://{rest}")
    except psycopg.Error:
        # Not chained: libpq's words may quote the address, and with it the password.
        raise DatabaseUnavailable(_UNREADABLE) from None
    given = conninfo_to_dict(conninfo)
    if "@" in f"{given.get('host')}{given.get('port')}":
        # An unescaped @ of the password: its end would be printed as the host.
        raise DatabaseUnavailable(_UNREADABLE)
    return conninfo


def require_version(number: int, words: str) -> None:
    """Refuse a server that is too old.  `number` is libpq's (180004), `words` the server's."""
    if number // 10000 < OLDEST_MAJOR:
        raise DatabaseTooOld(
            f"PostgreSQL {words.split(' ')[0]} is too old: Vigie needs {OLDEST_MAJOR} or later; "
            f"upgrade that server, or unset {VARIABLE} to use the embedded one"
        )


def _ours(conninfo: str) -> str:
    """`conninfo` with what we want of every connection; what it says itself stands."""
    given = conninfo_to_dict(conninfo)
    options = f"{_PATIENCE} {given.get('options') or ''} -c timezone=UTC"
    timeout = given.get("connect_timeout") or _CONNECT_TIMEOUT_S
    return make_conninfo(
        conninfo, options=options, connect_timeout=timeout, fallback_application_name="vigie"
    )


def _require_utf8(encoding: str | None, name: str) -> None:
    if encoding != "UTF8":
        raise DatabaseError(
            f"database «{name}» is encoded in {encoding}: make it anew with "
            f"createdb --template=template0 --encoding=UTF8 {name}"
        )


def _engine(conninfo: str, embedded: EmbeddedPostgres | None) -> Engine:
    engine = create_engine(
        "postgresql+psycopg://",
        connect_args=conninfo_to_dict(conninfo),
        pool_size=5,
        max_overflow=10,
        pool_timeout=5,
        pool_pre_ping=True,
    )
    know_ended_sessions(engine)
    if embedded is not None:
        _revive_on_connect(engine, embedded)
    return engine


def know_ended_sessions(engine: Engine) -> None:
    """Have it say that the database is away where the server has ended a session for its idleness.

    SQLAlchemy takes that for a fault of the transaction, and keeps the connection.
    """

    @event.listens_for(engine, "handle_error")
    def tell(told: ExceptionContext) -> None:
        if isinstance(told.original_exception, IdleInTransactionSessionTimeout):
            told.is_disconnect = True
            raise OperationalError(told.statement, told.parameters, told.original_exception)


def _close_returned(connection: DBAPIConnection | None, record: object) -> None:
    """Dispose() leaves those that are out to the garbage collector."""
    if connection is not None:
        connection.close()


def _revive_on_connect(engine: Engine, embedded: EmbeddedPostgres) -> None:
    """A server of our own that was killed is started again by the next who needs it."""

    @event.listens_for(engine, "do_connect")
    def connect(
        dialect: Dialect, record: object, words: list[str], arguments: dict[str, object]
    ) -> DBAPIConnection:
        try:
            return dialect.connect(*words, **arguments)
        except psycopg.OperationalError:
            embedded.revive()
            return dialect.connect(*words, **arguments)


def _connect(conninfo: str, *, autocommit: bool = False) -> psycopg.Connection[TupleRow]:
    try:
        return psycopg.connect(conninfo, autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(_remedy(str(error), conninfo)) from error


def _remedy(words: str, conninfo: str) -> str:
    """What to do about a refused connection, in one line."""
    given = conninfo_to_dict(conninfo)
    user, name = given.get("user"), given.get("dbname")
    where = f"{given.get('host') or 'localhost'}:{given.get('port') or 5432}"
    if "password" in words or "authentication failed" in words:
        return f"{where} refuses user «{user}»: check user and password in {VARIABLE}"
    if f'database "{name}" does not exist' in words:
        return f"there is no database «{name}» on {where}: create it with createdb {name}"
    if f'role "{user}" does not exist' in words:
        return f"there is no user «{user}» on {where}: correct {VARIABLE}"
    reason = words.strip().splitlines()[0].rpartition("failed: ")[2].strip()
    return f"no PostgreSQL answers on {where} ({reason}): start it, or correct {VARIABLE}"
