"""The embedded server under everything that happens to it: real processes, real signals."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from ingest.database import open_database
from ingest.embedded import EmbeddedPostgres, binaries, place
from ingest.embedded.account import Account
from ingest.embedded.cluster import Cluster
from ingest.embedded.place import settle
from ingest.errors import DatabaseUnavailable
from tests.folders import fast_folder

REPOSITORY = Path(__file__).parent.parent.parent
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")

#: One `vigie` process: starts, says where, stops when its input ends.  It becomes another
#: user after its imports: the interpreter may lie where only root gets to.
CLIENT = """
import os, sys
from pathlib import Path
from ingest.embedded import EmbeddedPostgres
from ingest.errors import DatabaseUnavailable
uid = int(sys.argv[2])
if uid != os.geteuid():
    os.setgroups([]), os.setgid(uid), os.setuid(uid)
try:
    with EmbeddedPostgres(Path(sys.argv[1])) as server:
        print(server.start(), flush=True)
        sys.stdin.read()
except DatabaseUnavailable as error:
    sys.exit(f"refused: {error}")
"""


@dataclass
class Floor:
    """Somebody's machine: a folder, a user, and the clients that run there."""

    folder: Path
    uid: int = field(default_factory=os.geteuid)
    clients: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def furnish(self, made: Path, home: Path | None = None) -> Path:
        """Copy a home that has been used before: quicker than making it anew."""
        home = home or self.home
        home.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", made, home], check=True)
        return home

    def client(self, home: Path | None = None, **environ: str) -> subprocess.Popen[str]:
        """A client that is starting; `answer` waits for it."""
        process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(home or self.home), str(self.uid)],
            cwd=REPOSITORY,
            env=os.environ | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.clients.append(process)
        return process

    def started(self, home: Path | None = None, **environ: str) -> tuple[Client, str]:
        process = self.client(home, **environ)
        return process, answer(process)

    def postmaster(self, home: Path | None = None) -> psutil.Process:
        pid = cluster_of(home or self.home).postmaster()
        assert pid is not None, "no server is running"
        return psutil.Process(pid)

    def stop(self) -> None:
        for process in self.clients:
            leave(process)


Client = subprocess.Popen[str]


def answer(process: Client) -> str:
    """The conninfo that a client prints once its server is up."""
    assert process.stdout is not None
    if conninfo := process.stdout.readline().strip():
        return conninfo
    raise AssertionError(process.communicate()[1])


def refusal(process: Client) -> str:
    out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == ("", 1)
    return err


def leave(process: Client) -> None:
    """Let a client end in order."""
    process.communicate(timeout=60)


def kill(process: Client) -> None:
    process.kill()
    process.communicate()


def ended(process: psutil.Process) -> None:
    """Wait for a process of somebody else's to end, whether or not it was reaped yet."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], 10)[0], f"{process} is still running"
    finally:
        os.close(handle)


def cluster_of(home: Path) -> Cluster:
    where = settle(home)
    return Cluster(where, binaries.binaries_for(where.account))


def ask(conninfo: str, query: str) -> object:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def write_row(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute("create table if not exists kept (n int)")
        connection.execute("insert into kept values (1)")


@contextmanager
def floor_of(uid: int) -> Iterator[Floor]:
    """A folder owned by `uid` whose parents everybody can pass through."""
    with fast_folder() as folder:
        if os.geteuid() == 0:
            os.chown(folder, uid, uid)
        floor = Floor(folder, uid)
        try:
            yield floor
        finally:
            floor.stop()


@contextmanager
def made_by(uid: int) -> Iterator[Path]:
    """A home with a stopped server in it, made by `uid`."""
    with floor_of(uid) as maker:
        leave(maker.started()[0])
        yield maker.home


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    with made_by(os.geteuid()) as home:
        yield home


@pytest.fixture(scope="module")
def made_by_another() -> Iterator[Path]:
    with made_by(NOBODY) as home:
        yield home


@pytest.fixture
def empty_floor() -> Iterator[Floor]:
    """A machine where vigie never ran."""
    with floor_of(os.geteuid()) as floor:
        yield floor


@pytest.fixture
def floor(empty_floor: Floor, made: Path) -> Floor:
    """A machine where vigie ran before."""
    empty_floor.furnish(made)
    return empty_floor


@pytest.fixture(params=["as ourselves", pytest.param("as another user", marks=as_root)])
def any_floor(request: pytest.FixtureRequest) -> Iterator[Floor]:
    """A machine where vigie ran before, under each kind of user."""
    ourselves = request.param == "as ourselves"
    with floor_of(os.geteuid() if ourselves else NOBODY) as floor:
        floor.furnish(request.getfixturevalue("made" if ourselves else "made_by_another"))
        yield floor


def test_an_empty_home_becomes_a_server_and_stopping_leaves_no_process(any_floor: Floor) -> None:
    shutil.rmtree(any_floor.home)
    client, conninfo = any_floor.started()
    assert str(ask(conninfo, "show server_version")).startswith("18.")
    server = any_floor.postmaster()
    family = [server, *server.children(recursive=True)]
    leave(client)
    for process in family:
        ended(process)
    assert not (any_floor.home / "postgres" / "data" / "postmaster.pid").exists()


def test_the_server_is_closed_to_everybody_else(any_floor: Floor) -> None:
    _, conninfo = any_floor.started()
    root = any_floor.home / "postgres"
    assert ask(conninfo, "show listen_addresses") == ""
    assert [stat.S_IMODE(p.stat().st_mode) for p in (root, root / "run")] == [0o700, 0o700]
    password = any_floor.home / "postgres.password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(conninfo, password="guess")
    assert any_floor.postmaster().uids().real != 0


def test_the_cluster_is_made_as_we_want_it(floor: Floor) -> None:
    _, conninfo = floor.started()
    wanted = {
        "show data_checksums": "on",
        "show fsync": "on",
        "show timezone": "UTC",
        "show logging_collector": "on",
        "show server_encoding": "UTF8",
        "select datlocale from pg_database where datname = 'vigie'": "C.UTF-8",
        "select datlocprovider::text from pg_database where datname = 'vigie'": "b",
        "select rolpassword like 'SCRAM-SHA-256%' from pg_authid where rolname = 'vigie'": True,
    }
    assert {query: ask(conninfo, query) for query in wanted} == wanted


def test_processes_share_one_server_and_the_last_one_stops_it(any_floor: Floor) -> None:
    first, conninfo = any_floor.started()
    second, same = any_floor.started()
    assert same == conninfo
    server = any_floor.postmaster()
    leave(first)
    assert ask(conninfo, "select 1") == 1
    assert any_floor.postmaster() == server
    leave(second)
    ended(server)


def test_processes_that_race_on_an_empty_home_end_up_on_one_server(empty_floor: Floor) -> None:
    racers = [empty_floor.client() for _ in range(4)]
    assert len({answer(racer) for racer in racers}) == 1
    server = empty_floor.postmaster()
    for racer in racers:
        leave(racer)
    ended(server)


def test_a_killed_client_leaves_a_server_that_the_next_one_adopts(any_floor: Floor) -> None:
    first, _ = any_floor.started()
    server = any_floor.postmaster()
    kill(first)
    second, conninfo = any_floor.started()
    assert any_floor.postmaster() == server
    assert ask(conninfo, "select 1") == 1
    leave(second)
    ended(server)


def test_after_killing_everything_no_acknowledged_row_is_lost(any_floor: Floor) -> None:
    client, conninfo = any_floor.started()
    write_row(conninfo)
    any_floor.postmaster().kill()
    kill(client)
    _, conninfo = any_floor.started()
    assert ask(conninfo, "select count(*) from kept") == 1


def test_a_killed_server_is_revived_by_those_who_use_it(floor: Floor) -> None:
    with open_database(floor.home, None) as database:
        write_row(database.conninfo)
        killed = floor.postmaster()
        killed.kill()
        ended(killed)
        with database.connect() as raw:
            assert raw.execute("select count(*) from kept").fetchone() == (1,)
        revived = floor.postmaster()
        revived.kill()
        ended(revived)
        with database.engine.connect() as pooled:
            assert pooled.exec_driver_sql("select count(*) from kept").scalar_one() == 1


@pytest.mark.parametrize("whose", ["this test's", "another server's"])
def test_a_stale_pid_file_whose_pid_is_used_again_fools_nobody(
    floor: Floor, made: Path, whose: str
) -> None:
    client, conninfo = floor.started()
    write_row(conninfo)
    pid_file = floor.home / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    floor.postmaster().kill()
    kill(client)
    stranger = os.getpid()
    if whose == "another server's":
        floor.started(floor.furnish(made, floor.folder / "other"))
        stranger = floor.postmaster(floor.folder / "other").pid
    pid_file.write_text("\n".join([str(stranger), *lines[1:]]) + "\n")
    _, conninfo = floor.started()
    assert ask(conninfo, "select count(*) from kept") == 1
    assert psutil.pid_exists(stranger)


def test_two_homes_have_two_servers(floor: Floor, made: Path) -> None:
    _, one = floor.started()
    _, two = floor.started(floor.furnish(made, floor.folder / "two"))
    write_row(one)
    assert ask(one, "select to_regclass('kept') is not null")
    assert not ask(two, "select to_regclass('kept') is not null")


@pytest.mark.parametrize("name", ["deep/" * 30 + "home", 'l\'été, "50 %" $HOME `x`'])
def test_any_path_will_do(floor: Floor, made: Path, name: str) -> None:
    client, conninfo = floor.started(floor.furnish(made, floor.folder / name))
    assert ask(conninfo, "select 1") == 1
    folder = settle(floor.folder / name).socket_folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    leave(client)
    folder.rmdir()


def test_ctrl_c_reaches_us_and_not_the_server(floor: Floor) -> None:
    client, _ = floor.started()
    server = floor.postmaster()
    os.killpg(client.pid, signal.SIGINT)
    client.communicate(timeout=30)
    ended(server)
    log = "".join(p.read_text() for p in (floor.home / "postgres/data/log").iterdir())
    assert "database system is shut down" in log
    assert "database system was interrupted" not in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_end_stops_the_server_too(floor: Floor, number: signal.Signals) -> None:
    client, _ = floor.started()
    server = floor.postmaster()
    client.send_signal(number)
    client.communicate(timeout=30)
    assert client.returncode == 128 + number
    ended(server)


def test_a_child_of_ours_that_ends_does_not_stop_the_server(floor: Floor) -> None:
    with EmbeddedPostgres(floor.home) as server:
        conninfo = server.start()
        if (pid := os.fork()) == 0:
            server.stop()
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert ask(conninfo, "select 1") == 1


def test_settings_of_the_environment_do_not_steer_it(floor: Floor) -> None:
    strange = {"PGPASSWORD": "x", "PGPORT": "1", "PGHOST": "h", "PGUSER": "u", "PGDATA": "/x"}
    _, conninfo = floor.started(floor.home, **strange, LC_ALL="xx_XX", TMPDIR="/nowhere")
    assert ask(conninfo, "select current_user") == "vigie"


def test_a_half_made_data_directory_is_made_again(floor: Floor) -> None:
    client, _ = floor.started()
    leave(client)
    root = floor.home / "postgres"
    (root / "data").rename(root / "data.draft")
    (root / "data.draft" / "global" / "pg_control").unlink()
    _, conninfo = floor.started()
    assert ask(conninfo, "select 1") == 1


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(floor: Floor) -> None:
    wrong = EmbeddedPostgres(floor.home, {"shared_buffers": "nonsense"})
    with pytest.raises(
        DatabaseUnavailable, match=r"did not start: .*vigie\.conf\" contains errors"
    ):
        wrong.start()
    _, conninfo = floor.started()
    assert ask(conninfo, "select 1") == 1


def test_a_data_directory_of_another_version_is_refused(floor: Floor) -> None:
    client, _ = floor.started()
    leave(client)
    (floor.home / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    assert "was made by PostgreSQL 17, this Vigie carries 18" in refusal(floor.client())


def test_a_lost_password_is_named(floor: Floor) -> None:
    client, _ = floor.started()
    leave(client)
    (floor.home / "postgres.password").unlink()
    assert "restore that file from a backup" in refusal(floor.client())


def test_a_home_that_is_a_file_is_refused(empty_floor: Floor) -> None:
    empty_floor.home.write_text("")
    assert "set VIGIE_HOME to a folder that you can write" in refusal(empty_floor.client())


@as_root
def test_a_home_that_the_user_cannot_read_is_refused() -> None:
    with floor_of(NOBODY) as floor:
        floor.home.mkdir(mode=0o700)
        said = refusal(floor.client())
    assert said.startswith("refused: cannot use")
    assert "set VIGIE_HOME to a folder that you can write" in said


@as_root
def test_root_serves_somebody_elses_home_as_that_person() -> None:
    with floor_of(0) as theirs:
        theirs.home.mkdir()
        os.chown(theirs.home, NOBODY, NOBODY)
        client, conninfo = theirs.started()
        write_row(conninfo)
        assert theirs.postmaster().uids().real == NOBODY
        leave(client)
        theirs.uid = NOBODY
        _, conninfo = theirs.started()
        assert ask(conninfo, "select count(*) from kept") == 1


@as_root
def test_a_home_closed_to_others_stays_closed(empty_floor: Floor) -> None:
    empty_floor.folder.chmod(0o700)
    client, conninfo = empty_floor.started()
    write_row(conninfo)
    elsewhere = settle(empty_floor.home).root
    assert elsewhere.parent == place.SYSTEM
    assert stat.S_IMODE(empty_floor.folder.stat().st_mode) == 0o700
    leave(client)
    client, conninfo = empty_floor.started()
    assert ask(conninfo, "select count(*) from kept") == 1
    leave(client)
    shutil.rmtree(elsewhere)
    assert f"was in {elsewhere}, which is gone" in refusal(empty_floor.client())


@as_root
def test_what_temporary_homes_left_is_removed_and_nothing_else(
    empty_floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "SYSTEM", empty_floor.folder / "system")
    monkeypatch.setattr(tempfile, "tempdir", str(empty_floor.folder))
    closed = empty_floor.folder / "closed"
    closed.mkdir(mode=0o700)
    gone, kept = closed / "gone", closed / "kept"
    for home in (gone, kept):
        home.mkdir()
    lost, stays = settle(gone).root, settle(kept).root
    gone.joinpath(place.NOTE).unlink()
    gone.rmdir()
    (closed / "third").mkdir()
    settle(closed / "third")
    assert not lost.exists()
    assert stays.exists()


@as_root
def test_programs_in_a_private_folder_are_copied_for_the_account(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = floor.folder / "private"
    private.mkdir(mode=0o700)
    source = binaries._site_packages()
    for part in (f"{binaries.PACKAGE}/{binaries.INSTALLED}", f"{binaries.PACKAGE}.libs"):
        shutil.copytree(source / part, private / part, symlinks=True)
    monkeypatch.setattr(binaries, "_site_packages", lambda: private)
    for module in (binaries, place):
        monkeypatch.setattr(module, "SYSTEM", floor.folder / "system")
    found = binaries.binaries_for(Account(NOBODY, NOBODY))
    assert floor.folder / "system" in found.folder.parents
    with EmbeddedPostgres(floor.home) as server:
        assert ask(server.start(), "select 1") == 1


def test_a_socket_folder_that_somebody_else_prepared_is_refused(empty_floor: Floor) -> None:
    deep = empty_floor.folder / ("deep/" * 30) / "home"
    deep.mkdir(parents=True)
    trap = settle(deep).socket_folder
    trap.chmod(0o777)
    try:
        with pytest.raises(DatabaseUnavailable, match="is not a folder of user"):
            EmbeddedPostgres(deep).start()
    finally:
        trap.rmdir()


def test_a_server_in_another_container_is_used_rather_than_doubled(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, conninfo = floor.started()
    server = floor.postmaster()
    # Another container's processes are hidden; its socket on the shared volume is not.
    monkeypatch.setattr(Cluster, "postmaster", lambda self: None)
    with EmbeddedPostgres(floor.home) as ours:
        assert ask(ours.start(), "select 1") == 1
    assert ask(conninfo, "select pg_backend_pid()")
    assert server.is_running()


def test_the_socket_folder_fits_into_the_kernels_limit(empty_floor: Floor) -> None:
    deep = empty_floor.folder / ("x" * 200) / "home"
    deep.mkdir(parents=True)
    where = settle(deep).socket_folder
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(where / ".s.PGSQL.5432"))
    shutil.rmtree(where)


def test_others_may_pass_through_the_system_folder_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "SYSTEM", tmp_path / "lib" / "vigie")
    before = os.umask(0o077)
    try:
        place.make_system_folder()
    finally:
        os.umask(before)
    assert place.SYSTEM.stat().st_mode & 0o777 == 0o711
