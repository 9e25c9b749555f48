"""What a worker pulls, how often, and what it does about a source that fails."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest

from ingest.connector import Connector, Source
from ingest.database import Database
from ingest.errors import Fatal, Retriable, UnknownConnector
from ingest.schedule import feeds_of
from ingest.store import Store
from ingest.worker import Worker
from tests.ingest.worker.conftest import Hire
from tests.ingest.worker.shelf import NOW, Clock, Line, Shelf, contacts, error_of


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


def test_a_source_that_asks_for_a_pause_gets_it(hire: Hire, clock: Clock) -> None:
    shelf = Shelf(1)
    shelf.trouble = Retriable("429", after_s=120)
    worker = hire(shelf)
    [feed] = worker.feeds
    worker.turn(feed)

    clock.now = NOW + timedelta(seconds=119)
    worker.turn(feed)
    assert len(shelf.asked) == 1

    clock.now = NOW + timedelta(seconds=127)
    worker.turn(feed)
    assert len(shelf.asked) == 2


def test_a_pause_of_days_is_an_hour(hire: Hire) -> None:
    shelf = Shelf(1)
    shelf.trouble = Retriable("429", after_s=1e9)
    worker = hire(shelf)
    [feed] = worker.feeds

    worker.turn(feed)

    assert timedelta(hours=1) <= feed.due_at - NOW <= timedelta(minutes=63)


def test_the_worker_that_takes_over_keeps_the_pause_too(hire: Hire, clock: Clock) -> None:
    shelf = Shelf(1)
    shelf.trouble = Retriable("429", after_s=120)
    first, second = hire(shelf), hire(shelf)
    first.turn(first.feeds[0])
    first.stop()
    shelf.trouble = None

    second.once()
    assert len(shelf.asked) == 1

    clock.now = NOW + timedelta(seconds=127)
    second.once()
    assert len(shelf.asked) == 2


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


# --- which sources ----------------------------------------------------------------


class Seldom(Shelf):
    """Can be asked only where a token says as whom."""

    name: ClassVar[str] = "seldom"

    def pulled(self, source: Source) -> bool:
        return source.token is not None

    def check(self, source: Source) -> None:
        if "url" not in source.options:
            raise Fatal(f'[sources.{source.name}] needs a line url = "…"')


SYSTEMS: dict[str, Connector] = {"shelf": Shelf(2), "seldom": Seldom(2), "line": Line()}


def system(name: str) -> Connector:
    if name not in SYSTEMS:
        raise UnknownConnector(name, sorted(SYSTEMS))
    return SYSTEMS[name]


def test_only_what_can_be_pulled_is_pulled(database: Database, store: Store) -> None:
    pushed = Source("web-chat", "whatsapp-cloud")

    worker = Worker(database, store, [pushed])

    assert (worker.feeds, worker.refusals) == ([], [])


def test_a_source_told_by_webhooks_alone_is_not_pulled() -> None:
    url = {"url": "https://chat.example"}
    pushed, pulled = Source("a", "seldom"), Source("b", "seldom", token="t", options=url)

    feeds, refusals = feeds_of([pushed, pulled], system)

    assert [feed.source.name for feed in feeds] == ["b"]
    assert refusals == []


def test_one_wrong_table_is_noted_and_the_other_sources_are_pulled(
    database: Database, store: Store
) -> None:
    sources = [
        Source("fax", "fax"), Source("chat", "seldom", token="t"), Source("shelf", "shelf"),
        Source("hasty", "shelf", options={"every_s": -1}),
    ]  # fmt: skip
    worker = Worker(database, store, sources, connector_of=system)

    with pytest.raises(UnknownConnector, match="there are: line, seldom, shelf"):
        worker.once()
    worker.stop()

    assert contacts(database) == 2
    assert "no connector «fax»" in str(error_of(database, "fax"))
    assert error_of(database, "chat") == '[sources.chat] needs a line url = "…"'
    assert "every_s must be" in str(error_of(database, "hasty"))
    assert error_of(database, "shelf") is None


def test_each_source_has_its_own_pace() -> None:
    sources = [
        Source("pbx", "shelf", options={"every_s": 1}), Source("mail", "shelf"),
        Source("slow", "shelf", options={"every_s": 60}), Source("live", "line"),
    ]  # fmt: skip

    feeds, _ = feeds_of(sources, system)

    assert [feed.every_s for feed in feeds] == [1, 15, 60, 0.01]


@pytest.mark.parametrize("every_s", [0, -1, True, "often", 1e9])
def test_a_pace_that_is_none_is_refused(every_s: float | str) -> None:
    source = Source("mail", "shelf", options={"every_s": every_s})

    feeds, [refusal] = feeds_of([source], system)

    assert feeds == []
    assert "[sources.mail] every_s" in str(refusal.error)
