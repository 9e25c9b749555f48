"""One real server per test session; one fresh migrated database, and its house, per test."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Engine

from app.access import passwords
from app.access.accounts import Accounts
from app.bootstrap import House, prepare, store_of
from app.cli import main
from app.settings import Settings
from ingest.database import Database, database_at
from ingest.embedded import EmbeddedPostgres
from tests.extent import go_far
from tests.folders import fast_folder
from tests.house import PASSWORD, SECRET_KEY, Answer, Vigie, url_of

REPOSITORY = Path(__file__).parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
TEMPLATE = "vigie_template"
#: Tests only: nothing here outlives the session, so nothing has to survive a power cut.
#: A commit is still acknowledged only once it is in the log.
FAST_AND_FORGETFUL = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "shared_buffers": "256MB",
}

_numbers = itertools.count(1)
_engines: list[Engine] = []
_overseers: dict[str, psycopg.Connection] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the long suites")
    parser.addoption("--kills", type=int, help="how often the chaos kills (25; with --long 300)")


def pytest_configure(config: pytest.Config) -> None:
    _hear_signals()
    # How long a trial takes says how busy the machine is.
    hypothesis.settings.register_profile("vigie", deadline=None)
    hypothesis.settings.load_profile("vigie")
    if config.getoption("--long"):
        go_far()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="a long suite: run it with --long"))


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """Where the session's server lives; gone after the session."""
    with fast_folder() as folder:
        yield folder / "home"


@pytest.fixture(scope="session")
def server(server_home: Path) -> Iterator[str]:
    """The conninfo of the session's own PostgreSQL server."""
    with EmbeddedPostgres(server_home, FAST_AND_FORGETFUL) as embedded:
        conninfo = embedded.start()
        _let_in_quickly(conninfo)
        yield conninfo
        if overseer := _overseers.pop(conninfo, None):
            overseer.close()


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a migrated database, made once, that tests are cloned from."""
    _execute(server, sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    with database_at(make_conninfo(server, dbname=TEMPLATE)) as database:
        prepare(database)
    return TEMPLATE


@pytest.fixture
def empty_database(server: str) -> Iterator[Database]:
    """A database without any table, dropped afterwards."""
    yield from _clone(server, "template0")


@pytest.fixture
def database(server: str, template: str) -> Iterator[Database]:
    """A migrated, empty database of the test's own, dropped afterwards."""
    yield from _clone(server, template)


@pytest.fixture(scope="module")
def shared_database(server: str, template: str) -> Iterator[Database]:
    """A database that the tests of a module only read, filled once by a fixture of theirs."""
    yield from _clone(server, template)


@pytest.fixture(autouse=True)
def no_loop_of_a_browser(request: pytest.FixtureRequest) -> Iterator[None]:
    """A browser that stays open for the next journey leaves its loop in this thread, as if it
    ran: who has no browser may run a loop of their own."""
    left = asyncio._get_running_loop()
    if left is None or request.node.get_closest_marker("journey"):
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(left)


@pytest.fixture(scope="session", autouse=True)
def strong_hasher() -> Iterator[PasswordHasher]:
    """Passwords are hashed at Argon2's cheapest here: a real hash is half a second of two
    cores.  Gives the real one."""
    strong = passwords._hasher
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", quick)
        yield strong


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """A house on the test's own database."""
    settings = Settings(home=tmp_path, secret_key=SECRET_KEY, zone="Europe/Paris")
    return House(settings, database, store_of(database, settings))


@pytest.fixture
def accounts(house: House) -> Accounts:
    """«vera» may look, «otto» may change; both with PASSWORD."""
    accounts = Accounts(house.database.engine)
    accounts.add("vera", "viewer", PASSWORD, datetime.now(UTC))
    accounts.add("otto", "operator", PASSWORD, datetime.now(UTC))
    return accounts


@pytest.fixture
def vigie(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Vigie:
    """Runs the command on the test's own database."""
    monkeypatch.setenv("VIGIE_DATABASE_URL", url_of(database))
    monkeypatch.setenv("VIGIE_HOME", str(tmp_path))
    monkeypatch.setenv("VIGIE_SECRET_KEY", SECRET_KEY)

    def run(*words: object, typed: str = "") -> Answer:
        monkeypatch.setattr("sys.argv", ["vigie", *map(str, words)])
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        capsys.readouterr()  # what was said before
        with pytest.raises(SystemExit) as ended:
            main()
        return Answer(int(ended.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Finds a sample below ``../shared/data``; skips the test where there are none."""

    def find(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"the samples are not on this machine: no {path}")
        return path

    return find


def _hear_signals() -> None:
    """Whoever starts us in the background may have us ignore these, and so all that we start."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            usual = signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL
            signal.signal(number, usual)


def _clone(server: str, template: str) -> Iterator[Database]:
    name = f"vigie_{os.getpid()}_{next(_numbers)}"
    # Copying the files is twice as fast as the default, which writes them to the WAL.
    create = sql.SQL("create database {} template {} strategy file_copy")
    _execute(server, create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        with database_at(make_conninfo(server, dbname=name)) as database:
            _keep_compiled(database.engine)
            yield database
    finally:
        _execute(server, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _let_in_quickly(server: str) -> None:
    """To prove the password takes 2 ms of each connection, and a test opens half a dozen."""
    told = conninfo_to_dict(server)
    user, password = sql.Identifier(str(told["user"])), sql.Literal(told["password"])
    with psycopg.connect(server) as connection:
        connection.execute("set scram_iterations = 1")
        connection.execute(sql.SQL("alter role {} password {}").format(user, password))


def _keep_compiled(engine: Engine) -> None:
    """What the first engine has compiled, no later one compiles again: in a running process
    there is one, and statements are compiled once."""
    if not _engines:
        engine.connect().close()  # its dialect asks the server who it is
        _engines.append(engine)
    first = _engines[0]
    engine.dialect = engine.pool._dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


def _execute(server: str, statement: sql.Composed) -> None:
    """Over one connection, as long as it lives: a test may have ended its server."""
    try:
        _overseer(server).execute(statement)
    except psycopg.OperationalError:
        _overseer(server).execute(statement)


def _overseer(server: str) -> psycopg.Connection:
    """The connection that makes and drops databases."""
    if server not in _overseers or _overseers[server].closed:
        conninfo = make_conninfo(server, dbname="postgres")
        _overseers[server] = psycopg.connect(conninfo, autocommit=True)
    return _overseers[server]
