"""A system of the outside world: numbered questions, two a page; and it can fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from ingest.connector import Page, Source
from ingest.database import Database
from ingest.events import Event

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SOURCE = Source("shelf", "shelf")
#: Longer than anything here takes; reached only by a failure.
SOON_S = 60.0


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Shelf:
    """Asked again and again."""

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
        return Page([question(number) for number in range(first, last)], str(last),
                    last < self.questions)  # fmt: skip


class Line:
    """Followed: a page a question, as soon as it may come; and it can break."""

    name: ClassVar[str] = "line"
    every_s: ClassVar[float] = 0.01

    def __init__(self, questions: int = 0) -> None:
        self.questions = questions
        self.asked: list[str | None] = []
        self.told: list[str] = []
        self.breaks_after: int | None = None
        self.trouble: Exception | None = None
        self.left = threading.Event()
        self.more = threading.Semaphore(0)
        #: How long the line is quiet at most.
        self.beat_s = 0.05

    def follow(self, source: Source, cursor: str | None, stop: threading.Event) -> Iterator[Page]:
        self.asked.append(cursor)
        at = int(cursor or 0)
        try:
            while not stop.is_set():
                if self.breaks_after == at:
                    self.breaks_after = None
                    if self.trouble is not None:
                        raise self.trouble
                    return
                if at < self.questions:
                    at += 1
                    yield Page([question(at)], str(at))
                    self.told.append(str(at))
                else:
                    stop.wait(self.beat_s)
                    yield Page([], str(at))
        finally:
            self.left.set()


def question(number: int) -> Event:
    return Event(
        event_id=f"question-{number}",
        occurred_at=NOW - timedelta(hours=1, seconds=-number),
        kind="message_in",
        contact_id=f"thread-{number}",
        channel="email",
    )


def value(database: Database, query: str) -> object:
    with database.connect() as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def contacts(database: Database) -> object:
    return value(database, "select count(*) from contacts")


def error_of(database: Database, source: str = "shelf") -> object:
    return value(database, f"select error from sources where source = '{source}'")


def until(database: Database, query: str, wanted: object) -> None:
    """Wait until the query answers so; the store's own signal says when to look again."""
    with database.connect(autocommit=True) as connection:
        connection.execute("listen vigie_contacts")
        deadline = threading.Event()
        timer = threading.Timer(SOON_S, deadline.set)
        timer.start()
        try:
            while (found := value(database, query)) != wanted:
                assert not deadline.is_set(), f"{query}: {found!r} instead of {wanted!r}"
                list(connection.notifies(timeout=0.2, stop_after=1))
        finally:
            timer.cancel()
