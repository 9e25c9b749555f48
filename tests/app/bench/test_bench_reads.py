"""The benchmarks of reading and linking run, say what they measured, and leave nothing behind."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.bench.board import NOW
from app.generated import History, generate
from app.measured import timed_reads
from ingest.database import Database
from kpis.board import read
from kpis.reading import closes
from kpis.series import KpiQuery, compute
from kpis.verification import verify
from tests.house import Vigie

SMALL = ("--contacts", 3000, "--days", 40, "--format", "json")


def left_behind(database: Database) -> list[str]:
    with database.connect() as connection:
        names = connection.execute("select datname from pg_database").fetchall()
    return [name for (name,) in names if name.startswith("vigie_bench")]


@pytest.mark.parametrize(("name", "took"), [("board", "board_ms"), ("series", "month_ms")])
def test_a_read_is_measured_beside_a_plain_group_by(
    vigie: Vigie, database: Database, name: str, took: str
) -> None:
    answer = vigie("bench", name, *SMALL, "--reads", 3)
    assert answer.code == 0, answer.err
    figures = answer.data
    assert (figures["contacts"], figures["days"], figures["reads"]) == (3000, 40, 3)
    assert figures["python_ms"] > 0
    assert figures[took] > 0
    assert figures["ratio"] == pytest.approx(figures[took] / figures["group_by_ms"], rel=0.01)
    assert left_behind(database) == []


def test_upkeep_of_links_is_measured_per_event(vigie: Vigie, database: Database) -> None:
    answer = vigie("bench", "links", *SMALL, "--batch", 20, "--rounds", 3)
    assert answer.code == 0, answer.err
    figures = answer.data
    assert (figures["rounds"], figures["events"]) == (3, 60)
    assert figures["links_us_per_event"] > 0
    # Three contacts in four of the last month came again already.
    assert figures["known_contacts"] > 1500
    assert 30 < figures["new_links"] <= 60
    assert left_behind(database) == []


def test_generated_contacts_are_like_those_that_events_make(database: Database) -> None:
    history = History(2000, 30, NOW)
    generate(database, history)
    with database.engine.connect() as connection:
        [row] = compute(connection, KpiQuery(from_=NOW - timedelta(days=31), to=NOW, now=NOW))
        board = read(connection, NOW, ZoneInfo("Europe/Paris"))
        customers = connection.scalar(text("select count(distinct customer_key) from links"))
        differing = {cell.table for cell in verify(connection)}
    assert row.kpis["offered"] == 2000
    assert closes(row.kpis)
    assert 0.8 < float(row.kpis["answer_rate"] or 0) < 0.95
    assert 0.5 < float(row.kpis["repeat_rate"] or 0) < 0.9
    assert 0 < (customers or 0) <= history.customers == 500
    assert board.total.backlog > 0
    assert {line.channel for line in board.channels} == {
        "phone", "chat", "email", "form", "messaging", "callback",
    }  # fmt: skip
    # No events are behind them: contacts and customers differ, what is made of them does not.
    assert not differing & {"links", "rollup_quarter", "rollup_wait", "rollup_repeat"}


def test_a_timing_tells_apart_what_this_process_worked(database: Database) -> None:
    timing = timed_reads(
        database.engine, lambda c: c.exec_driver_sql("select pg_sleep(0.03)").all(), 3
    )
    assert 30 <= timing.ms <= timing.p95_ms
    assert 0 < timing.python_ms < timing.ms - 15
