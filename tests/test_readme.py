"""What the README promises to who adds a source: one new file and its samples, nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.database import Database
from tests.house import SECRET_KEY, url_of

ROOT = Path(__file__).parent.parent
COPIED = ("app", "ingest", "kpis", "sample_data", "tests", "pyproject.toml")
SHOWN = re.compile(r"<!-- (\S+\.\w+) -->\n```\w*\n(.*?)```", re.DOTALL)
SAMPLES = "sample_data/acme/regular.txt"
#: As many tests at least has the suite for every connector that reads files.
PROMISES = 10


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they are, and the files that the README shows, each in its place."""
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder)
    for name, text in shown().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    lines = (folder / SAMPLES).read_text().splitlines()
    (folder / SAMPLES).with_name("extended.txt").write_text(
        "".join(f"{line};new\n" for line in lines)
    )
    (folder / SAMPLES).with_name("broken.txt").write_text(
        "\n".join([lines[0], lines[1].replace(";45;", ";soon;"), *lines[2:]]) + "\n"
    )
    return folder


def shown() -> dict[str, str]:
    """The files that the README shows, by path."""
    return dict(SHOWN.findall((ROOT / "README.md").read_text()))


def run(copy: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python on the copy's packages."""
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return subprocess.run(
        [sys.executable, *words], cwd=copy, env=env, capture_output=True, text=True, timeout=240
    )


def test_the_files_that_it_shows_are_new() -> None:
    assert set(shown()) == {"ingest/connectors/acme_dialler.py", SAMPLES}
    assert [name for name in shown() if (ROOT / name).exists()] == []


def test_a_source_is_added_by_one_file(copy: Path, database: Database) -> None:
    environment = {
        "VIGIE_DATABASE_URL": url_of(database),
        "VIGIE_HOME": str(copy / "home"),
        "VIGIE_SECRET_KEY": SECRET_KEY,
    }

    def vigie(*words: str) -> object:
        done = run(copy, "-c", "from app.cli import main; main()", *words, **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    load = ("load", "acme-dialler", SAMPLES, "--source", "dialler", "--zone", "Europe/Paris",
            "--format", "json")  # fmt: skip
    ledger = {"received": 3, "new": 3, "duplicate": 0, "superseded": 0, "quarantined": 0}
    assert vigie(*load) == {**ledger, "contacts": 3}
    assert vigie(*load) == {**ledger, "new": 0, "duplicate": 3, "contacts": 0}
    (row,) = vigie(
        "kpis", "--from", "2026-11-17", "--to", "2026-11-18", "--where", "source=dialler",
        "--zone", "Europe/Paris", "--format", "json",
    )  # fmt: skip
    assert (row["offered"], row["answered"], row["abandoned"]) == (3, 2, 1)
    assert row["service_level"] == pytest.approx(2 / 3)


def test_the_conformance_suite_tries_the_new_source_by_itself(copy: Path) -> None:
    suite = ("-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider")
    done = run(copy, *suite, "tests/ingest/test_conformance.py", "-k", "acme-dialler")
    assert done.returncode == 0, done.stdout
    found = re.search(r"(\d+) passed", done.stdout)
    assert found, done.stdout
    assert int(found[1]) >= PROMISES, done.stdout


def test_the_new_file_keeps_the_style_of_the_house(copy: Path) -> None:
    done = run(copy, "-m", "ruff", "check", "ingest/connectors/acme_dialler.py")
    assert done.returncode == 0, done.stdout
