"""`vigie doctor`: each ailment is found, told with its remedy, and the exit code says so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from app.access.accounts import Accounts
from app.doctor.checks import disk
from app.modules import modules
from ingest.database import Database
from tests.house import PASSWORD, Vigie, url_of

KEY = "a key of the tests that is long enough to be one"


class Told(NamedTuple):
    code: int
    states: dict[str, str]
    todo: dict[str, str]
    err: str


def examine(vigie: Vigie) -> Told:
    answer = vigie("doctor", "--format", "json")
    states = {str(row["check"]): str(row["state"]) for row in answer.rows}
    todo = {str(row["check"]): str(row["todo"]) for row in answer.rows}
    return Told(answer.code, states, todo, answer.err)


@pytest.fixture
def well(vigie: Vigie, database: Database, monkeypatch: pytest.MonkeyPatch) -> Vigie:
    """A house in which nothing is ill."""
    monkeypatch.setenv("VIGIE_SECRET_KEY", KEY)
    Accounts(database.engine).add("ann", "admin", PASSWORD, datetime.now(UTC))
    return vigie


def test_a_well_house_is_told_so(well: Vigie) -> None:
    told = examine(well)
    assert (told.code, told.err) == (0, "")
    assert "ill" not in told.states.values()
    assert told.states["migrations"] == told.states["clock"] == told.states["users"] == "well"
    assert "vigie user add" not in well("doctor").out


def test_what_is_not_well_always_says_what_to_do(vigie: Vigie) -> None:
    told = examine(vigie)
    assert [
        check for check, state in told.states.items() if state != "well" and not told.todo[check]
    ] == []


def test_the_table_has_a_mark_and_a_remedy_for_each(vigie: Vigie) -> None:
    answer = vigie("doctor")
    assert answer.code == 1
    assert "✗ users" in answer.out
    assert "→ run: vigie user add NAME --role admin" in answer.out
    assert "not well: users" in answer.err


def test_a_key_that_everybody_knows_is_ill(well: Vigie, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIE_SECRET_KEY")
    told = examine(well)
    assert (told.code, told.states["secret key"]) == (1, "ill")
    assert "openssl rand" in told.todo["secret key"]


def test_missing_migrations_are_ill_and_nothing_is_migrated(
    well: Vigie, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_DATABASE_URL", url_of(empty_database))
    for _again in range(2):
        told = examine(well)
        assert (told.code, told.states["migrations"]) == (1, "ill")
    assert told.todo["migrations"] == "run: vigie db migrate"
    assert "users" not in told.states


def test_a_database_that_is_not_reached_is_ill_and_the_rest_is_examined(
    well: Vigie, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_DATABASE_URL", "postgresql://nobody:hidden@127.0.0.1:1/none")
    told = examine(well)
    assert (told.code, told.states["database"], told.states["python"]) == (1, "ill", "well")
    assert "hidden" not in well("doctor").out


def test_a_source_without_its_secret_is_ill(well: Vigie, tmp_path: Path) -> None:
    (tmp_path / "vigie.toml").write_text('[sources.site]\nconnector = "chatwoot"\n')
    told = examine(well)
    assert (told.code, told.states["source site"]) == (1, "ill")
    assert told.todo["source site"] == "set VIGIE_SOURCE_SITE_SECRET"


def test_sources_to_pull_without_a_worker_are_ill(well: Vigie, tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    lines = f'[sources.pbx]\nconnector = "asterisk-queue-log"\npath = "{tmp_path / "log"}"\n'
    (tmp_path / "vigie.toml").write_text(lines)
    told = examine(well)
    assert (told.code, told.states["workers"]) == (1, "ill")
    assert told.todo["workers"] == "start one: vigie work"


def test_a_mail_server_without_a_domain_to_mail_is_ill(
    well: Vigie, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert examine(well).states["e-mail"] == "look"
    monkeypatch.setenv("VIGIE_SMTP_URL", "smtp://mail.example.org")
    monkeypatch.setenv("VIGIE_MAIL_FROM", "vigie@example.org")
    told = examine(well)
    assert (told.states["e-mail"], "VIGIE_MAIL_DOMAINS" in told.todo["e-mail"]) == ("ill", True)
    monkeypatch.setenv("VIGIE_SMTP_URL", "http://mail.example.org")
    assert "VIGIE_SMTP_URL" in examine(well).todo["e-mail"]


def test_a_full_disk_is_ill(well: Vigie, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LEAST", 1 << 60)
    assert examine(well).states["disk"] == "ill"


def test_every_check_is_found_by_its_file() -> None:
    orders = [check.ORDER for check in modules("app.doctor.checks")]
    assert len(orders) == len(set(orders)) > 5
