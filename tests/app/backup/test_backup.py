"""A backup brings back all that was there, of older revisions too, and nobody who was erased."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from alembic import command

from app.backup.taking import take
from app.bootstrap import House
from app.settings import load_settings
from ingest import migrations
from ingest.database import Database
from tests.app.privacy import canary
from tests.app.privacy.canary import ACCOUNT, found
from tests.house import Vigie, url_of
from tests.ingest.telling import NOW

COUNTED = b"""
    select (select count(*) from events), (select count(*) from contacts),
        (select count(*) from identities)
"""
ERASE = ("privacy", "erase", f"crm={ACCOUNT}", "--reason", "asked", "--actor", "ada")


def asked(database: Database, query: bytes) -> tuple[object, ...] | None:
    # Not through the pool: a restore ends every connection of the database it replaces.
    with psycopg.connect(database.conninfo) as connection:
        return connection.execute(query).fetchone()


@pytest.fixture
def told_of(house: House) -> House:
    canary.deliver(house)
    return house


def test_what_was_saved_comes_back_and_whoever_was_erased_since_does_not(
    told_of: House, vigie: Vigie, tmp_path: Path
) -> None:
    saved = asked(told_of.database, COUNTED)
    [manifest] = vigie("backup", tmp_path / "monday", "--format", "json").rows
    assert (manifest["events"], manifest["contacts"]) == (saved[:2] if saved else None)
    # As after a loss: what came later is gone, what was erased must be so again.
    assert vigie(*ERASE).code == 0
    later = [one for one in canary.calls() if one.contact_id == "5"]
    told_of.store.write(canary.MAILS, later, now=NOW)
    refused = vigie("restore", tmp_path / "monday")
    assert (refused.code, refused.out) == (1, "")
    assert "is not empty: --replace" in refused.err
    [done] = vigie("restore", tmp_path / "monday", "--replace", "--format", "json").rows
    assert (done["contacts"], done["erased"]) == (manifest["contacts"], 4)
    assert found(told_of.database) == []
    assert asked(told_of.database, COUNTED) == (*(saved or ())[:2], 1)
    assert vigie("verify").code == 0
    # And still after all of it is delivered once more.
    canary.deliver(told_of)
    assert found(told_of.database) == []
    assert vigie("verify").code == 0


@pytest.mark.long
def test_the_file_beside_the_backups_is_enough(
    told_of: House, vigie: Vigie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    empty_database: Database,
) -> None:  # fmt: skip
    """Another machine, an empty server, an old backup and what lies beside it."""
    vault = tmp_path / "vault"
    vault.mkdir()
    assert vigie("backup", vault / "monday").code == 0
    assert vigie(*ERASE).code == 0
    assert vigie("backup", vault / "tuesday").code == 0
    monkeypatch.setenv("VIGIE_DATABASE_URL", url_of(empty_database))
    monkeypatch.setenv("VIGIE_HOME", str(tmp_path / "another"))
    assert vigie("restore", vault / "monday").code == 0
    assert found(empty_database) == []
    assert asked(empty_database, b"select count(*) from contacts") == (6,)
    assert vigie("verify").code == 0


def test_an_older_revision_is_brought_up_to_date(
    empty_database: Database, vigie: Vigie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_database.engine.begin() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0018")
        connection.exec_driver_sql("insert into users values ('ada', 'viewer', 'x', now(), null)")
    monkeypatch.setenv("VIGIE_DATABASE_URL", url_of(empty_database))
    manifest = take(empty_database, load_settings(), tmp_path / "old", NOW)
    assert manifest.revision == "0018"
    assert vigie("restore", tmp_path / "old", "--replace").code == 0
    [status] = vigie("db", "status", "--format", "json").rows
    assert status["pending"] in (0, "", [])
    assert asked(empty_database, b"select name from users") == ("ada",)
    assert vigie("verify").code == 0


def test_a_backup_is_whole_and_its_owners_alone_and_one_that_is_not_is_refused(
    told_of: House, vigie: Vigie, tmp_path: Path
) -> None:
    folder = tmp_path / "monday"
    assert "not in it: VIGIE_SECRET_KEY" in vigie("backup", folder).err
    assert sorted(path.name for path in folder.iterdir()) == ["database.dump", "manifest.json"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))
    again = vigie("backup", folder)
    assert (again.code, "is there already" in again.err) == (2, True)
    assert vigie("backup", tmp_path / "nowhere" / "monday").code == 2
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    saved = asked(told_of.database, COUNTED)

    def refused(said: str, code: int) -> None:
        answer = vigie("restore", folder, "--replace")
        assert (answer.code, answer.out) == (code, "")
        assert said in answer.err
        assert asked(told_of.database, COUNTED) == saved

    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "revision": "9999"}))
    refused("upgrade Vigie first", 1)
    (folder / "manifest.json").write_text(json.dumps({**manifest, "contacts": 1}))
    refused("other rows than were saved", 1)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    dump = folder / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-1])
    refused("not as it was written", 1)
    (folder / "manifest.json").unlink()
    refused("is no backup", 2)
    with psycopg.connect(told_of.database.conninfo) as connection:
        left = connection.execute("select datname from pg_database where datname ~ '_restoring_'")
        assert left.fetchall() == []
