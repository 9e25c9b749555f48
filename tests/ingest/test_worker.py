"""The worker pulls sources into a real database; only the outside world is made up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from ingest.connector import Connector, Page, Source
from ingest.database import Database
from ingest.errors import Fatal, Retriable, UnknownConnector
from ingest.events import Event
from ingest.lease import Leases
from ingest.store import Store
from ingest.worker import Worker

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SOURCE = Source("shelf", "shelf")
#: Longer than anything here takes; reached only by a failure.
SOON_S = 30.0


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Shelf:
    """A system of the outside world: numbered questions, two a page; and it can fail."""

    name: ClassVar[str] = "shelf"

    def __init__(self, questions: int = 0) -> None:
        self.questions = questions
        self.trouble: Exception | None = None
        self.asked: list[str | None] = []
        self.before_answer: Callable[[], None] = lambda: None
        self.emptied = threading.Event()

    def pull(self, source: Source, cursor: str | None) -> Page:
        self.asked.append(cursor)
        self.before_answer()
        if self.trouble is not None:
            raise self.trouble
        first = int(cursor or 0)
        last = min(first + 2, self.questions)
        if first == last:
            self.emptied.set()
        return Page([_question(number) for number in range(first, last)], str(last),
                    last < self.questions)  # fmt: skip


class Loop(Shelf):
    """Says for ever that there is more."""

    def pull(self, source: Source, cursor: str | None) -> Page:
        return Page([], "here", True)


def _question(number: int) -> Event:
    return Event(
        event_id=f"question-{number}",
        occurred_at=NOW - timedelta(hours=1, seconds=-number),
        kind="message_in",
        contact_id=f"thread-{number}",
        channel="email",
    )


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, key=b"of the tests")


@pytest.fixture
def clock() -> Clock:
    return Clock()


Hire = Callable[[Shelf], Worker]


@pytest.fixture
def hire(database: Database, store: Store, clock: Clock) -> Iterator[Hire]:
    """A worker on that shelf, stopped at the end."""
    hired: list[Worker] = []

    def one(shelf: Shelf) -> Worker:
        def connector_of(_name: str) -> Connector:
            return shelf

        hired.append(Worker(database, store, [SOURCE], clock=clock, connector_of=connector_of))
        return hired[-1]

    yield one
    for worker in hired:
        worker.stop()


def value(database: Database, query: str) -> object:
    with database.connect() as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def contacts(database: Database) -> object:
    return value(database, "select count(*) from contacts")


def error_of(database: Database) -> object:
    return value(database, "select error from sources where source = 'shelf'")


def test_a_turn_reads_page_by_page_until_there_is_no_more(
    database: Database, store: Store, hire: Hire
) -> None:
    shelf = Shelf(5)

    hire(shelf).once()

    assert shelf.asked == [None, "2", "4"]
    assert (contacts(database), store.cursor(SOURCE)) == (5, "5")


def test_another_worker_goes_on_where_one_stopped(database: Database, hire: Hire) -> None:
    shelf = Shelf(3)
    first = hire(shelf)
    first.once()
    first.stop()
    shelf.questions = 4

    hire(shelf).once()

    assert shelf.asked[-1] == "3"
    assert contacts(database) == 4


def test_one_of_two_workers_pulls_a_source_and_the_other_takes_over(
    database: Database, hire: Hire
) -> None:
    shelf = Shelf(1)
    first, second = hire(shelf), hire(shelf)
    first.once()
    second.once()
    assert shelf.asked == [None]

    first.stop()
    second.once()

    assert shelf.asked == [None, "1"]


def test_a_lease_ends_with_its_connection(database: Database) -> None:
    first, second = Leases(database), Leases(database)
    assert first.hold("shelf")
    assert first.hold("shelf")
    assert not second.hold("shelf")
    assert second.hold("another")

    with database.connect(autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_locks"
            " where locktype = 'advisory' and pid <> pg_backend_pid()"
        )

    fresh = Leases(database)
    assert fresh.hold("shelf")
    for leases in (first, second, fresh):
        leases.close()


def test_a_crash_before_the_commit_loses_nothing_and_counts_nothing_twice(
    database: Database, store: Store, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(3)
    broken = hire(shelf)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", _crash)
        with pytest.raises(ZeroDivisionError):
            broken.once()
    broken.stop()
    assert (contacts(database), store.cursor(SOURCE)) == (0, None)

    hire(shelf).once()

    assert contacts(database) == 3


def _crash(*_args: object, **_more: object) -> None:
    raise ZeroDivisionError("the process dies here")


def test_a_page_read_again_counts_nothing_twice(
    database: Database, store: Store, hire: Hire
) -> None:
    shelf = Shelf(3)
    worker = hire(shelf)
    worker.once()
    with database.connect() as connection:
        connection.execute("update sources set cursor = '0'")

    worker.once()

    assert shelf.asked == [None, "2", "0", "2"]
    assert (contacts(database), store.cursor(SOURCE)) == (3, "3")


def test_what_may_pass_is_noted_and_asked_again_after_a_growing_pause(
    database: Database, hire: Hire, clock: Clock
) -> None:
    shelf = Shelf(1)
    shelf.trouble = Retriable("the line is busy")
    worker = hire(shelf)
    [feed] = worker.feeds

    pauses = []
    for _ in range(8):
        worker.turn(feed)
        pauses.append((feed.due_at - clock.now).total_seconds())
        clock.now = feed.due_at

    assert len(shelf.asked) == 8
    assert error_of(database) == "the line is busy"
    assert 22.5 <= pauses[0] <= 30
    assert pauses[1] > pauses[0]
    assert 225 <= pauses[-1] <= 300


def test_a_failure_that_cannot_be_noted_ends_the_turn_all_the_same(
    database: Database, hire: Hire
) -> None:
    shelf = Shelf(1)
    shelf.trouble = Retriable("the line is busy")
    worker = hire(shelf)
    impatient = "alter database %I set lock_timeout = ''50ms''"
    with database.connect(autocommit=True) as connection:
        connection.execute(
            f"do $$ begin execute format('{impatient}', current_database()); end $$".encode()
        )
    with database.connect() as blocking:
        blocking.execute("lock table sources in share mode")
        assert worker.turn(worker.feeds[0]) is shelf.trouble
    assert error_of(database) is None


def test_before_the_pause_is_over_the_source_is_left_alone(hire: Hire, clock: Clock) -> None:
    shelf = Shelf(1)
    shelf.trouble = Retriable("the line is busy")
    worker = hire(shelf)
    [feed] = worker.feeds
    worker.turn(feed)
    clock.now = feed.due_at - timedelta(seconds=1)

    worker.turn(feed)

    assert len(shelf.asked) == 1


def test_the_error_goes_when_the_source_answers_again(
    database: Database, hire: Hire, clock: Clock
) -> None:
    shelf = Shelf(0)
    shelf.trouble = Retriable("the line is busy")
    worker = hire(shelf)
    [feed] = worker.feeds
    worker.turn(feed)
    shelf.trouble, clock.now = None, feed.due_at

    worker.turn(feed)

    assert error_of(database) is None
    assert feed.failures == 0


@pytest.mark.parametrize("trouble", [Fatal("wrong password"), KeyError("a bug of ours")])
def test_what_a_person_must_mend_waits_five_minutes(
    database: Database, hire: Hire, clock: Clock, trouble: Exception
) -> None:
    shelf = Shelf(1)
    shelf.trouble = trouble
    worker = hire(shelf)
    [feed] = worker.feeds

    assert worker.turn(feed) is trouble

    assert feed.due_at - clock.now >= timedelta(minutes=3)
    assert str(trouble).strip("'") in str(error_of(database))


def test_a_source_that_never_ends_is_stopped(database: Database, hire: Hire) -> None:
    worker = hire(Loop())

    with pytest.raises(Fatal, match="its cursor stands"):
        worker.once()


def test_a_quiet_source_is_said_to_be_alive_now_and_then(
    database: Database, hire: Hire, clock: Clock
) -> None:
    worker = hire(Shelf(1))
    [feed] = worker.feeds
    seen = "select last_seen_at from sources"
    worker.turn(feed)
    clock.now += timedelta(seconds=5)
    worker.turn(feed)
    assert value(database, seen) == NOW

    clock.now += timedelta(seconds=10)
    worker.turn(feed)

    assert value(database, seen) == NOW + timedelta(seconds=15)


def test_stopping_finishes_the_page_at_hand_and_no_more(
    database: Database, store: Store, hire: Hire
) -> None:
    shelf = Shelf(100)
    worker = hire(shelf)
    pulling, told = threading.Event(), threading.Event()

    def in_the_middle() -> None:
        pulling.set()
        assert told.wait(SOON_S)

    shelf.before_answer = in_the_middle
    worker.start()
    assert pulling.wait(SOON_S)
    stopper = threading.Thread(target=worker.stop)
    stopper.start()
    assert worker._stopping.wait(SOON_S)
    told.set()
    stopper.join(SOON_S)

    assert not stopper.is_alive()
    assert shelf.asked == [None]
    assert (contacts(database), store.cursor(SOURCE)) == (2, "2")


def test_the_schedule_pulls_again_and_again(database: Database, store: Store) -> None:
    shelf = Shelf(3)
    quick = Source("shelf", "shelf", options={"every_s": 0.05})
    worker = Worker(database, store, [quick], connector_of=lambda _name: shelf)
    worker.start()
    try:
        assert shelf.emptied.wait(SOON_S)
    finally:
        worker.stop()

    assert contacts(database) == 3


def test_only_what_can_be_pulled_is_pulled(database: Database, store: Store) -> None:
    pushed = Source("web-chat", "chatwoot")

    assert Worker(database, store, [pushed]).feeds == []


def test_a_source_of_an_unknown_connector_is_refused_at_once(
    database: Database, store: Store
) -> None:
    with pytest.raises(UnknownConnector, match="there are:"):
        Worker(database, store, [Source("fax", "fax")])


def test_each_source_has_its_own_pace(database: Database, store: Store) -> None:
    sources = [
        Source("pbx", "asterisk-queue-log"),
        Source("mail", "imap"),
        Source("slow", "imap", options={"every_s": 60}),
    ]

    worker = Worker(database, store, sources)

    assert [feed.every_s for feed in worker.feeds] == [1, 15, 60]


@pytest.mark.parametrize("every_s", [0, -1, True, "often", 1e9])
def test_a_pace_that_is_none_is_refused_at_once(
    database: Database, store: Store, every_s: float | str
) -> None:
    source = Source("mail", "imap", options={"every_s": every_s})
    with pytest.raises(Fatal, match="every_s"):
        Worker(database, store, [source])
