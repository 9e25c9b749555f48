"""Opening a database: what is accepted, what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ingest.database import Database, given_conninfo, open_database, require_version
from ingest.errors import DatabaseError, DatabaseTooOld, DatabaseUnavailable


def url_of(conninfo: str, **changes: str) -> str:
    """The same server as a URL, as an operator would write it."""
    part = {k: str(v) for k, v in (conninfo_to_dict(conninfo) | changes).items()}
    folder = part["host"].replace("/", "%2F")
    return (
        f"postgresql://{part['user']}:{part['password']}@{folder}:{part['port']}/{part['dbname']}"
    )


def test_the_engine_and_raw_connections_speak_utc(database: Database) -> None:
    with database.engine.connect() as pooled:
        assert pooled.execute(text("show timezone")).scalar_one() == "UTC"
    with database.connect() as raw:
        assert raw.execute("show timezone").fetchone() == ("UTC",)


def test_a_test_writes_into_a_database_of_its_own(database: Database) -> None:
    with database.connect() as raw:
        name = raw.execute("select current_database()").fetchone()
    assert name is not None
    assert name[0].startswith("vigie_")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_given_server_is_used_instead_of_the_embedded_one(
    scheme: str, database: Database, tmp_path: Path
) -> None:
    url = url_of(database.conninfo).replace("postgresql", scheme, 1)
    with open_database(tmp_path / "home", url) as opened:
        with opened.connect() as connection:
            assert connection.info.dbname == conninfo_to_dict(database.conninfo)["dbname"]
        assert opened.embedded is None
    assert not (tmp_path / "home").exists()


def test_options_in_the_url_stand_beside_ours(database: Database, tmp_path: Path) -> None:
    url = url_of(database.conninfo) + "?options=-c%20work_mem%3D7MB&application_name=probe"
    with open_database(tmp_path, url) as opened, opened.connect() as connection:
        row = connection.execute(
            "select current_setting('work_mem'), current_setting('timezone'),"
            " current_setting('application_name')"
        ).fetchone()
    assert row == ("7MB", "UTC", "probe")


def test_a_server_below_18_is_refused_by_its_name() -> None:
    with pytest.raises(DatabaseTooOld, match=r"PostgreSQL 15\.18 is too old: Vigie needs 18"):
        require_version(150018, "15.18 (Debian 15.18-0+deb12u1)")


def test_18_and_later_are_accepted() -> None:
    require_version(180000, "18.0")
    require_version(190001, "19.1")


@pytest.mark.parametrize(
    "url", ["", "mysql://u:secret@h/n", "localhost:5432", "postgresql+asyncpg://u:secret@h/n"]
)
def test_an_address_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="write postgresql://") as caught:
        given_conninfo(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["postgresql://u:an@secret@h/n", "postgresql://u:secret%ZZ@h/n?nonsense=1"]
)
def test_an_unreadable_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="VIGIE_DATABASE_URL") as caught:
        given_conninfo(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_an_unreachable_server_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"no PostgreSQL answers on 127\.0\.0\.1:1 "):
        open_database(tmp_path, "postgresql://u:secret@127.0.0.1:1/n")


def test_a_wrong_password_is_named_and_not_shown(database: Database, tmp_path: Path) -> None:
    url = url_of(database.conninfo, password="wrong-secret")
    with pytest.raises(DatabaseUnavailable, match="refuses user «vigie»: check user") as caught:
        open_database(tmp_path, url)
    assert "wrong-secret" not in str(caught.value)


def test_a_missing_database_is_named_with_its_remedy(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="create it with createdb nowhere"):
        open_database(tmp_path, url_of(database.conninfo, dbname="nowhere"))


def test_a_database_in_another_encoding_is_refused(server: str, tmp_path: Path) -> None:
    name = "vigie_latin1"
    with open_database(tmp_path, url_of(server)) as admin, admin.connect(autocommit=True) as raw:
        raw.execute(
            f"create database {name} template template0 encoding latin1 locale_provider libc"
            " locale 'C'"
        )
        try:
            with pytest.raises(DatabaseError, match="encoded in LATIN1: make it anew"):
                open_database(tmp_path, url_of(server, dbname=name))
        finally:
            raw.execute(f"drop database {name}")


def test_the_password_is_not_in_what_is_printed(database: Database) -> None:
    password = str(conninfo_to_dict(database.conninfo)["password"])
    assert password not in repr(database)
    assert password not in repr(database.engine)


def test_a_pool_that_lost_its_connections_opens_new_ones(database: Database, server: str) -> None:
    with database.engine.connect() as pooled:
        pid = pooled.execute(text("select pg_backend_pid()")).scalar_one()
    admin = open_database(Path("/unused"), url_of(make_conninfo(server, dbname="postgres")))
    with admin, admin.connect(autocommit=True) as raw:
        raw.execute("select pg_terminate_backend(%s, 5000)", [pid])
    with database.engine.connect() as pooled:
        assert pooled.execute(text("select pg_backend_pid()")).scalar_one() != pid


@pytest.mark.parametrize(
    ("told", "patience"),
    [("", "30s"), ("?options=-c%20idle_in_transaction_session_timeout%3D7s", "7s")],
)
def test_nobody_holds_a_transaction_for_ever_unless_the_url_says_so(
    database: Database, tmp_path: Path, told: str, patience: str
) -> None:
    asked = "show idle_in_transaction_session_timeout"
    opened = open_database(tmp_path, url_of(database.conninfo) + told)
    with opened, opened.connect() as raw, opened.engine.connect() as pooled:
        assert raw.execute(asked).fetchone() == (patience,)
        assert pooled.execute(text(asked)).scalar_one() == patience


def sleeps_too_long(database: Database) -> None:
    """A transaction that the server ends, as it does where a process was stopped in it."""
    with database.engine.begin() as transaction, database.connect(autocommit=True) as other:
        transaction.execute(text("set local idle_in_transaction_session_timeout = '20ms'"))
        pid = transaction.execute(text("select pg_backend_pid()")).scalar_one()
        while other.execute("select 1 from pg_stat_activity where pid = %s", [pid]).fetchone():
            other.execute("select pg_sleep(0.01)")


def test_who_was_stopped_in_a_transaction_finds_the_database_away_and_then_there_again(
    database: Database,
) -> None:
    with pytest.raises(OperationalError, match="idle-in-transaction"):
        sleeps_too_long(database)

    with database.engine.connect() as again:
        assert again.execute(text("select 1")).scalar() == 1


def test_a_connection_that_comes_back_after_the_end_is_closed(database: Database) -> None:
    late = database.engine.connect()
    ours = late.connection.driver_connection
    assert isinstance(ours, psycopg.Connection)
    database.close()
    assert not ours.closed
    late.close()
    assert ours.closed
