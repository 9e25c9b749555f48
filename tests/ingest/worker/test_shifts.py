"""Two workers, two processes: one is killed or stopped, and its sources move over.

Counts come from SQL: every question of every source once, and no cursor ever goes back.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.database import Database
from tests.ingest.vendor import SOON_S, Vendor
from tests.ingest.worker.rest import Stock
from tests.ingest.worker.shelf import until, value

REPOSITORY = Path(__file__).parents[3]
NAMES = ("chat", "forms", "mail", "phone", "social")
LEASE_S = 2.0
#: What is promised to an operator, and more than a busy machine needs here.
TAKE_OVER_S = 30.0

COUNT = "select count(*) from contacts"
SHARES = """
    select count(*) from (
        select from leases join workers using (worker) group by worker having count(*) >= 2
    ) shares
"""

Process = subprocess.Popen[str]
Hire = Callable[..., Process]


@pytest.fixture
def stock(vendor: Vendor) -> Stock:
    return Stock(vendor, *NAMES)


@pytest.fixture
def hire(database: Database, vendor: Vendor) -> Iterator[Hire]:
    """A worker's process, ready; those that still live are killed at the end.

    Each in a session of its own: a group that is orphaned with a stopped member gets a SIGHUP.
    """
    hired: list[Process] = []

    def one(stops_at: str = "") -> Process:
        arguments = [database.conninfo, vendor.address, str(LEASE_S), ",".join(NAMES), stops_at]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ingest.worker.shift", *arguments],
            cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        hired.append(process)
        assert process.stdout is not None
        while not stops_at and "ready" not in process.stdout.readline():
            assert process.poll() is None, "the worker's process ended"
        return process

    yield one
    for process in hired:
        process.kill()
        process.communicate()


@pytest.fixture(autouse=True)
def moves(database: Database) -> None:
    """Every cursor that is ever committed is written down by the database itself."""
    with database.connect() as connection:
        connection.execute(
            """
            create table moves (id bigserial, source text, cursor text);
            create function note_move() returns trigger language plpgsql as $$ begin
                insert into moves (source, cursor) values (new.source, new.cursor);
                return null;
            end $$;
            create trigger moved after insert or update of cursor on sources
                for each row when (new.cursor is not null) execute function note_move();
            """
        )


def went_back(database: Database) -> object:
    """How many cursors were followed by a smaller one."""
    return value(
        database,
        "select count(*) from (select cursor::int as here, lead(cursor::int) over"
        " (partition by source order by id) as then from moves) m where m.then < m.here",
    )


def assert_every_question_counts_once(database: Database, stock: Stock) -> None:
    assert value(database, COUNT) == stock.total
    assert value(database, "select count(*) from events") == stock.total
    assert value(database, "select sum(new) from ledger") == stock.total
    assert value(database, "select sum(received - new - duplicate) from ledger") == 0
    with database.connect() as connection:
        cursors = dict(connection.execute("select source, cursor::int from sources").fetchall())
    assert cursors == stock.numbers
    assert went_back(database) == 0


def stopped(process: Process) -> None:
    """Wait until it is stopped."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def test_the_sources_of_a_killed_worker_move_over(
    database: Database, stock: Stock, hire: Hire
) -> None:
    stock.grow(35)
    first, second = hire(), hire()
    until(database, COUNT, stock.total)
    until(database, SHARES, 2)

    first.kill()
    killed_at = time.monotonic()
    stock.grow(35)
    until(database, COUNT, stock.total)
    took_s = time.monotonic() - killed_at

    assert took_s < TAKE_OVER_S
    assert second.poll() is None
    assert value(database, "select count(distinct worker) from leases") == 1
    assert_every_question_counts_once(database, stock)


@pytest.mark.parametrize("point", ["pulled:6", "locked:6", "booked:6", "committed:6"])
def test_the_sources_of_a_stopped_worker_move_over_and_its_late_page_changes_nothing(
    database: Database, stock: Stock, hire: Hire, point: str
) -> None:
    stock.grow(35)
    sleeper = hire(stops_at=point)
    stopped(sleeper)
    slept_at = time.monotonic()
    other = hire()
    until(database, COUNT, stock.total)
    took_s = time.monotonic() - slept_at
    stock.grow(15)
    until(database, COUNT, stock.total)

    sleeper.send_signal(signal.SIGCONT)
    until(database, SHARES, 2)
    stock.grow(15)
    until(database, COUNT, stock.total)
    for process in (sleeper, other):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SOON_S)

    assert took_s < TAKE_OVER_S
    assert (sleeper.returncode, other.returncode) == (0, 0)
    assert value(database, "select count(*) from workers") == 0
    assert_every_question_counts_once(database, stock)


def test_a_worker_that_is_told_to_end_lets_go_at_once(
    database: Database, vendor: Vendor, stock: Stock, hire: Hire
) -> None:
    stock.grow(25)
    first, second = hire(), hire()
    until(database, SHARES, 2)

    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=SOON_S)
    stock.grow(25)
    until(database, COUNT, stock.total)

    assert first.returncode == 0
    assert second.poll() is None
    assert_every_question_counts_once(database, stock)
