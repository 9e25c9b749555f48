"""An open line is followed: each page is stored before the next is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from ingest.connector import Page, Source
from ingest.database import Database
from ingest.errors import Fatal, Retriable
from ingest.schedule import LONG_LINE_S
from ingest.store import Store
from ingest.worker import Worker
from tests.ingest.worker.conftest import Hire
from tests.ingest.worker.shelf import (
    NOW,
    SOON_S,
    SOURCE,
    Clock,
    Line,
    contacts,
    error_of,
    until,
    value,
)

COUNT = "select count(*) from contacts"


@pytest.fixture
def quick(database: Database, store: Store) -> Iterator[list[Worker]]:
    """Workers with a clock that runs, stopped at the end."""
    working: list[Worker] = []
    yield working
    for worker in working:
        worker.stop()


def follow(database: Database, store: Store, line: Line, working: list[Worker]) -> Worker:
    worker = Worker(database, store, [SOURCE], connector_of=lambda _name: line, lease_s=1.0)
    working.append(worker)
    worker.start()
    return worker


def test_what_the_line_tells_is_stored_as_it_comes(
    database: Database, store: Store, quick: list[Worker]
) -> None:
    line = Line(3)
    worker = follow(database, store, line, quick)
    until(database, COUNT, 3)
    line.questions = 4
    until(database, COUNT, 4)

    worker.stop()

    assert line.left.is_set()
    assert (line.asked, store.cursor(SOURCE)) == ([None], "4")


def test_a_line_that_breaks_goes_on_from_the_last_page_that_was_stored(
    database: Database, store: Store, quick: list[Worker]
) -> None:
    line = Line(5)
    line.breaks_after, line.trouble = 2, Retriable("hung up")
    follow(database, store, line, quick)

    until(database, COUNT, 5)

    assert line.asked == [None, "2"]
    assert value(database, "select received from ledger") == 5


def test_a_line_that_ends_by_itself_is_taken_up_again(
    database: Database, store: Store, quick: list[Worker]
) -> None:
    line = Line(5)
    line.breaks_after = 2
    follow(database, store, line, quick)

    until(database, COUNT, 5)

    assert line.asked == [None, "2"]


def test_a_page_that_was_not_stored_is_not_followed_by_the_next(
    database: Database, store: Store, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(3)
    worker = hire(line)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", _crash)
        assert isinstance(worker.turn(worker.feeds[0]), ZeroDivisionError)

    assert line.told == []
    assert line.left.is_set()
    assert store.cursor(SOURCE) is None


def _crash(*_args: object, **_more: object) -> None:
    raise ZeroDivisionError("the process dies here")


@pytest.mark.parametrize(
    ("trouble", "least_s", "most_s"),
    [(Retriable("hung up"), 0.0, 1.0), (Fatal("wrong password"), 180.0, 300.0)],
)
def test_a_line_that_fails_is_noted_and_waits(
    database: Database, hire: Hire, trouble: Exception, least_s: float, most_s: float
) -> None:
    line = Line()
    line.breaks_after, line.trouble = 0, trouble
    worker = hire(line)
    [feed] = worker.feeds

    assert worker.turn(feed) is trouble

    assert error_of(database) == str(trouble)
    assert timedelta(seconds=least_s) < feed.due_at - NOW <= timedelta(seconds=most_s)


def test_a_line_that_keeps_failing_is_tried_every_minute_at_last(hire: Hire, clock: Clock) -> None:
    line = Line()
    line.trouble = Retriable("hung up")
    worker = hire(line)
    [feed] = worker.feeds
    for _ in range(16):
        line.breaks_after = 0
        worker.turn(feed)
        pause, clock.now = feed.due_at - clock.now, feed.due_at

    assert timedelta(seconds=LONG_LINE_S * 0.75) <= pause <= timedelta(seconds=LONG_LINE_S)


def test_a_quiet_line_is_said_to_be_alive(
    database: Database, store: Store, quick: list[Worker]
) -> None:
    follow(database, store, Line(), quick)

    until(database, "select count(*) from sources where error is null and cursor = '0'", 1)


def test_a_line_whose_lease_is_lost_is_left(
    database: Database, store: Store, quick: list[Worker]
) -> None:
    line = Line(2)
    worker = follow(database, store, line, quick)
    until(database, COUNT, 2)
    with database.connect(autocommit=True) as connection:
        connection.execute("update leases set worker = 'somebody else'")
        connection.execute(
            "insert into workers (worker, pid, connected_at, alive_until, sources)"
            " select 'somebody else', pid, backend_start, now() + interval '1 hour', '{shelf}'"
            " from pg_stat_activity where pid = pg_backend_pid()"
        )
        assert line.left.wait(SOON_S)
        worker.stop()

    assert line.asked == [None]


def test_a_line_that_hears_nothing_does_not_hold_up_the_end(
    database: Database, store: Store, quick: list[Worker]
) -> None:
    class Deaf(Line):
        def follow(
            self, source: Source, cursor: str | None, stop: threading.Event
        ) -> Iterator[Page]:
            self.asked.append(cursor)
            self.more.release()
            assert self.left.wait(SOON_S)
            yield Page([], "0")

    line = Deaf()
    worker = Worker(
        database, store, [SOURCE], connector_of=lambda _name: line, lease_s=1.0, grace_s=0.2
    )
    quick.append(worker)
    worker.start()
    assert line.more.acquire(timeout=SOON_S)
    worker.stop()
    line.left.set()

    assert value(database, "select count(*) from workers") == 0


def test_once_leaves_lines_to_the_worker_that_stays(database: Database, hire: Hire) -> None:
    line = Line(3)

    hire(line).once()

    assert line.asked == []
    assert contacts(database) == 0
