"""The benchmark runs, says what it measured, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ingest.database import Database
from tests.house import url_of


def test_bench_ingest_prints_its_figures_and_leaves_no_database(database: Database) -> None:
    command = [sys.executable, "-m", "app.cli", "bench", "ingest", "--days", "1", "--rounds", "1"]
    environment = {**os.environ, "VIGIE_DATABASE_URL": url_of(database)}
    ran = subprocess.run(
        [*command, "--format", "json"],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout)
    assert figures["events"] > 1000
    assert figures["events_per_s"] > 0
    for ratio, floor in (("ratio", "copy_bytes_per_s"), ("ratio_to_rows", "copy_rows_per_s")):
        assert figures[ratio] == pytest.approx(figures["events_per_s"] / figures[floor], abs=0.001)
    with database.connect() as connection:
        names = connection.execute("select datname from pg_database").fetchall()
    assert not [name for (name,) in names if name.startswith("vigie_bench")]

