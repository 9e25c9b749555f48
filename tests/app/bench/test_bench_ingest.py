"""The benchmark runs, says what it measured, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from app import parser_speed
from ingest.database import Database
from tests.house import Answer, Vigie, url_of


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



def parser(vigie: Vigie, *words: str) -> Answer:
    return vigie("bench", "ingest", "--rounds", "1", "--format", "json", "--connector", *words)


@pytest.mark.parametrize("connector", ["asterisk-queue-log", "table", "chatwoot"])
def test_a_parser_is_measured_by_itself_on_its_own_sample(
    vigie: Vigie, monkeypatch: pytest.MonkeyPatch, connector: str
) -> None:
    monkeypatch.setenv("VIGIE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(parser_speed, "ROUND_S", 0.05)
    answer = parser(vigie, connector)
    assert answer.code == 0, answer.err
    figures = json.loads(answer.out)
    assert figures["connector"] == connector
    assert figures["events_per_s"] > 0
    assert figures["events_per_s"] / figures["bytes_per_s"] == pytest.approx(
        figures["events"] / figures["bytes"], rel=0.01
    )


@pytest.mark.parametrize("connector", ["imap", "fax"])
def test_a_parser_without_a_sample_is_wrong_use_and_names_those_that_have_one(
    vigie: Vigie, connector: str
) -> None:
    answer = parser(vigie, connector)
    assert (answer.code, answer.out) == (2, "")
    assert f"no connector «{connector}» that parses a sample; there are: " in answer.err
    assert "table" in answer.err
