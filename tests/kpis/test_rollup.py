"""Rollups are what the contacts say, whatever happened to them on the way."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Connection, text

from ingest.database import Database
from kpis.rollup import DifferingCell, align, rebuild, verify
from tests.kpis.conftest import Write
from tests.kpis.telling import MONDAY, contact

DAY = [
    *contact("c1", wait_s=8, talk_s=100),
    *contact("c2", MONDAY + timedelta(seconds=901), wait_s=25, talk_s=60),
    *contact("c3", left="abandoned", wait_s=3),
    *contact("c4", left="abandoned", wait_s=40, queue=None),
    *contact("c5", left=None),
    *contact("c6", left="flowed_out", wait_s=130),
    *contact("m1", channel="email", left="message_out", wait_s=7200, talk_s=60),
    *contact("m2", channel="email", left=None, queue="mails"),
]


def cells(connection: Connection) -> list[tuple[object, ...]]:
    minutes = connection.execute(text("select * from rollup_quarter where offered + due <> 0"))
    waits = connection.execute(
        text("select * from rollup_wait where answered + abandoned + flowed_out <> 0")
    )
    return sorted([tuple(row) for row in (*minutes, *waits)], key=str)


def test_contacts_that_arrive_in_pieces_and_backwards_give_the_cells_of_a_rebuild(
    database: Database, write: Write
) -> None:
    for event in reversed(DAY):
        write([event])
    with database.engine.begin() as connection:
        followed = cells(connection)
        assert verify(connection) == []
        rebuild(connection)
        assert cells(connection) == followed
        assert len(followed) > 8


def test_a_quarter_counts_what_arrived_in_it(database: Database, write: Write) -> None:
    write(DAY)
    with database.engine.connect() as connection:
        row = connection.execute(
            text(
                "select offered, answered, answered_in_target, abandoned, short_abandoned,"
                " flowed_out, still_open, wait_answered_ms, handle_ms from rollup_quarter"
                " where channel = 'phone' and queue = 'billing' order by quarter"
            )
        ).all()
    assert [tuple(each) for each in row] == [
        (4, 1, 1, 1, 1, 1, 1, 8000, 100_000),
        (1, 1, 0, 0, 0, 0, 0, 25_000, 60_000),
    ]


def test_a_due_answer_counts_in_the_quarter_it_is_due(database: Database, write: Write) -> None:
    write(DAY)
    with database.engine.connect() as connection:
        row = connection.execute(
            text(
                "select quarter, queue, due, due_in_target from rollup_quarter where due > 0"
                " order by queue"
            )
        ).all()
    due = MONDAY + timedelta(hours=8)
    assert [tuple(each) for each in row] == [(due, "billing", 1, 1), (due, "mails", 1, 0)]


@pytest.mark.parametrize(
    "damage",
    [
        "update rollup_quarter set answered = answered + 1 where queue = ''",
        "delete from rollup_quarter where queue = ''",
        "update rollup_wait set abandoned = 7 where bucket = 3",
        "insert into rollup_wait values ('2024-03-04', 'phone', 'x', 'sync', 1, 1, 0, 0)",
        "update contacts set queue = 'elsewhere' where contact_id = 'c1'",
        # The bots' thread, which no rollup counts: only the contacts themselves can tell.
        "delete from contacts where contact_id = 'bot'",
        "update contacts set source = 'another' where contact_id = 'c1'",
    ],
)
def test_the_verification_names_a_cell_that_was_touched(
    database: Database, write: Write, damage: str
) -> None:
    write([*DAY, *contact("bot", channel="chatbot", left=None, arrives="contained")])
    with database.engine.begin() as connection:
        assert verify(connection) == []
        connection.execute(text(damage))
        assert verify(connection) != []


def test_a_differing_value_is_told_with_both_sides(database: Database, write: Write) -> None:
    write(DAY)
    with database.engine.begin() as connection:
        connection.execute(text("update rollup_quarter set answered = 5 where queue = ''"))
        assert verify(connection) == [
            DifferingCell(
                "rollup_quarter",
                "2024-03-04 09:00:00+00:00 phone – sync",
                "answered",
                "5",
                "0",
            )
        ]


def test_a_cell_of_zeros_is_as_good_as_none(database: Database, write: Write) -> None:
    [queued] = contact("late", left=None)
    earlier = {"event_id": "late-0", "occurred_at": MONDAY - timedelta(seconds=50)}
    write([queued])
    # An earlier opening is told late: the contact moves to the quarter before.
    write([msgspec.structs.replace(queued, **earlier)])
    with database.engine.connect() as connection:
        counts = connection.execute(text("select offered from rollup_quarter order by quarter"))
        assert counts.scalars().all() == [1, 0]
        assert verify(connection) == []


def test_a_new_measure_makes_its_column_and_fills_it(database: Database, write: Write) -> None:
    write(DAY)
    with database.engine.begin() as connection:
        before = cells(connection)
        connection.execute(text("alter table rollup_quarter drop column transfers"))
        connection.execute(text("alter table rollup_quarter drop column handle_ms"))
        connection.execute(text("update rollup_shapes set digest = 'of an older Vigie'"))
        align(connection)
        assert verify(connection) == []
        assert len(cells(connection)) == len(before)
        total = connection.scalar(text("select sum(handle_ms) from rollup_quarter"))
        assert total == 220_000


def test_aligning_twice_changes_nothing(database: Database, write: Write) -> None:
    write(DAY)
    with database.engine.begin() as connection:
        before = connection.execute(text("select xmin::text from rollup_quarter")).all()
        align(connection)
        assert connection.execute(text("select xmin::text from rollup_quarter")).all() == before


def test_waits_of_ten_days_do_not_overflow_a_cell(database: Database, write: Write) -> None:
    ten_days = 864_000
    write([e for n in range(4) for e in contact(f"l{n}", wait_s=ten_days, talk_s=ten_days)])
    with database.engine.connect() as connection:
        total = connection.scalar(text("select sum(wait_answered_ms) from rollup_quarter"))
        assert total == 4 * ten_days * 1000
        assert verify(connection) == []
