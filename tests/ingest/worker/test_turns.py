"""One turn of a source: page by page, each with its cursor."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from ingest.connector import Page, Source
from ingest.database import Database
from ingest.errors import Fatal
from ingest.store import Store
from ingest.worker import Worker
from tests.ingest.worker.conftest import Hire
from tests.ingest.worker.shelf import NOW, SOON_S, SOURCE, Clock, Shelf, contacts, value


class Loop(Shelf):
    """Says for ever that there is more."""

    def pull(self, source: Source, cursor: str | None) -> Page:
        return Page([], "here", True)


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


def test_a_page_that_comes_after_the_lease_was_lost_is_not_stored(
    database: Database, store: Store, hire: Hire
) -> None:
    shelf = Shelf(9)
    late, quick = hire(shelf), hire(shelf)

    def another_takes_over() -> None:
        shelf.before_answer = lambda: None
        late._leases.close()
        quick.once()

    shelf.before_answer = another_takes_over
    late.turn(late.feeds[0])

    assert shelf.asked == [None, None, "2", "4", "6", "8"]
    assert (contacts(database), store.cursor(SOURCE)) == (9, "9")
    received = value(database, "select received from ledger")
    assert received == 9


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
    worker = Worker(database, store, [SOURCE], connector_of=lambda _name: shelf, grace_s=SOON_S)
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


def test_a_turn_that_brings_nothing_for_minutes_is_given_up_and_another_worker_takes_over(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.schedule.STUCK_S", 0.2)
    source = Source("shelf", "shelf", options={"every_s": 0.05})
    hanging, answering = Shelf(5), Shelf(5)
    asked, free = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        assert free.wait(SOON_S)

    hanging.before_answer = hang
    stuck = Worker(database, store, [source], connector_of=lambda _name: hanging, lease_s=1.0)
    other = Worker(database, store, [source], connector_of=lambda _name: answering, lease_s=1.0)
    stuck.start()
    try:
        assert asked.wait(SOON_S)
        other.start()
        assert answering.emptied.wait(SOON_S)
    finally:
        free.set()
        stuck.stop()
        other.stop()

    assert hanging.asked[0] is None
    assert (contacts(database), value(database, "select received from ledger")) == (5, 5)


def test_a_turn_that_hangs_does_not_hold_up_the_end(
    database: Database, store: Store, hire: Hire
) -> None:
    shelf, free = Shelf(5), threading.Event()
    asked = threading.Event()

    def hang() -> None:
        asked.set()
        assert free.wait(SOON_S)

    shelf.before_answer = hang
    worker = hire(shelf)
    worker.start()
    assert asked.wait(SOON_S)
    worker.stop()
    shelf.before_answer = lambda: None
    hire(shelf).once()
    hung = [each for each in threading.enumerate() if each.name == "source shelf"]
    free.set()
    for thread in hung:
        thread.join(SOON_S)

    assert hung

    assert (contacts(database), value(database, "select received from ledger")) == (5, 5)
