"""`vigie work` as an operator runs it: a process of its own on a growing log."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.database import Database
from ingest.lease import Leases
from tests.house import SECRET_KEY, url_of

SAMPLE = Path(__file__).parents[2] / "sample_data" / "asterisk" / "regular.log"
#: Longer than anything here takes; reached only by a failure.
SOON_S = 60.0


@pytest.fixture
def environment(database: Database, tmp_path: Path) -> dict[str, str]:
    """The settings of a worker with one source: a queue_log in the test's folder."""
    (tmp_path / "vigie.toml").write_text(
        f'[sources.pbx]\nconnector = "asterisk-queue-log"\nevery_s = 0.2\n'
        f'path = "{tmp_path}/queue_log"\n'
    )
    return {
        **os.environ,
        "VIGIE_HOME": str(tmp_path),
        "VIGIE_DATABASE_URL": url_of(database),
        "VIGIE_SECRET_KEY": SECRET_KEY,
    }


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", "work", *words]


@contextmanager
def working(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command(), env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until_contacts(database: Database, count: int) -> None:
    """Wait for the store's own signal until there are so many contacts."""
    with database.connect(autocommit=True) as connection:
        connection.execute("listen vigie_contacts")
        while _count(database) < count:
            assert list(connection.notifies(timeout=SOON_S, stop_after=1)), "nothing was stored"


def free(database: Database) -> bool:
    """Whether no worker holds the source."""
    with Leases(database) as leases:
        return leases.hold("pbx") is not None


def _count(database: Database) -> int:
    with database.connect() as connection:
        row = connection.execute("select count(*) from contacts where outcome <> ''").fetchone()
    return int(row[0]) if row else 0


def test_what_the_log_grows_by_is_stored_until_the_worker_is_told_to_end(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "queue_log"
    log.write_text("1782900000|1.1|sales|NONE|ENTERQUEUE||+33100000001|1\n")
    with working(environment) as process:
        until_contacts(database, 1)
        with log.open("a") as opened:
            opened.write("1782900010|2.1|sales|NONE|ENTERQUEUE||+33100000002|1\n")
        until_contacts(database, 2)
        assert not free(database)

        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=SOON_S)

    assert process.returncode == 0, said
    assert "pulling pbx" in said
    assert free(database)


def test_a_killed_worker_is_replaced_and_nothing_counts_twice(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "queue_log"
    log.write_text("1782900000|1.1|sales|NONE|ENTERQUEUE||+33100000001|1\n")
    with working(environment) as process:
        until_contacts(database, 1)
        process.kill()
        process.communicate(timeout=SOON_S)
    with log.open("a") as opened:
        opened.write("1782900010|2.1|sales|NONE|ENTERQUEUE||+33100000002|1\n")

    with working(environment):
        until_contacts(database, 2)

    assert _count(database) == 2


def test_once_pulls_every_source_and_ends(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "queue_log").write_bytes(SAMPLE.read_bytes())

    done = subprocess.run(
        command("--once"), env=environment, capture_output=True, text=True, timeout=SOON_S
    )

    assert done.returncode == 0, done.stderr
    assert _count(database) > 0


def test_a_source_that_cannot_be_pulled_is_named_and_the_others_go_on(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "queue_log").write_text("1782900000|1.1|sales|NONE|ENTERQUEUE||+33100000001|1\n")
    with (tmp_path / "vigie.toml").open("a") as opened:
        opened.write('[sources.fax]\nconnector = "fax"\n[sources.mail]\nconnector = "imap"\n')

    with working(environment) as process:
        until_contacts(database, 1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=SOON_S)

    assert process.returncode == 0, said
    assert "no connector" in said
    assert "[sources.mail] needs a line host" in said
    with database.connect() as connection:
        errors = connection.execute("select source, error is null from sources order by 1")
        assert errors.fetchall() == [("fax", False), ("mail", False), ("pbx", True)]


def test_a_vendor_that_hangs_does_not_hold_up_the_end(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (tmp_path / "vigie.toml").write_text(
            '[sources.mail]\nconnector = "imap"\nhost = "127.0.0.1"\nuser = "care"\n'
            f'ssl = "off"\nport = {silent.getsockname()[1]}\ntimeout_s = 600\n'
        )
        silent.settimeout(SOON_S)
        with working({**environment, "VIGIE_SOURCE_MAIL_SECRET": "x"}) as process:
            line, _ = silent.accept()
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=SOON_S)
            line.close()

    assert process.returncode == 0, said
    assert "left behind" in said


@pytest.mark.parametrize("seconds", ["0", "26", "soon"])
def test_a_lease_too_long_or_too_short_is_wrong_use(
    environment: dict[str, str], seconds: str
) -> None:
    done = subprocess.run(
        command("--lease-seconds", seconds), env=environment, capture_output=True, text=True,
        timeout=SOON_S,
    )  # fmt: skip

    assert done.returncode == 2
    assert "--lease-seconds" in done.stderr


def test_once_links_what_came_although_another_source_failed(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "queue_log").write_bytes(SAMPLE.read_bytes())
    with (tmp_path / "vigie.toml").open("a") as opened:
        opened.write('[sources.mail]\nconnector = "imap"\n')

    done = subprocess.run(
        command("--once"), env=environment, capture_output=True, text=True, timeout=SOON_S
    )

    assert done.returncode == 1
    assert "[sources.mail] needs a line host" in done.stderr
    assert _count(database) > 0
    with database.connect() as connection:
        assert connection.execute("select from linking_due").fetchall() == []
        assert connection.execute("select from identities").fetchone() is not None


def test_once_says_what_a_source_lacks(environment: dict[str, str]) -> None:
    done = subprocess.run(
        command("--once"), env=environment, capture_output=True, text=True, timeout=SOON_S
    )

    assert done.returncode == 1
    assert "there is no" in done.stderr


def test_the_key_that_everybody_knows_is_refused(environment: dict[str, str]) -> None:
    del environment["VIGIE_SECRET_KEY"]

    done = subprocess.run(
        command(), env=environment, capture_output=True, text=True, timeout=SOON_S
    )

    assert done.returncode == 1
    assert "VIGIE_SECRET_KEY" in done.stderr
