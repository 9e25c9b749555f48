"""A house that sends the reports of its Tuesday to two people, and their mail server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.bootstrap import House
from app.exposure.desk import reading
from app.exposure.model import Actor
from app.reports.sending.book import ReportBook
from app.reports.sending.letters import of_runs
from app.reports.sending.mailing import Sender
from app.reports.sending.model import Schedule
from app.reports.sending.runs import lately
from app.reports.sending.writing import Writer
from app.smtp import Post
from tests.app.mail_server import Inbox, serving
from tests.app.reports.telling import TUESDAY, hours, tell

MAY = Actor("user", "mona", ("manager",))
DOMAINS = frozenset({"example.com"})
#: The Tuesday afternoon when the schedule was written, and Wednesday, 7:00 in Paris.
BEFORE = datetime(2024, 3, 12, 15, tzinfo=UTC)
SEVEN = datetime(2024, 3, 13, 6, tzinfo=UTC)
BOARD = Schedule(
    name="board", zone="Europe/Paris", language="fr", formats=("html", "csv"),
    recipients=("ada@example.com", "bob@example.com"),
)  # fmt: skip


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def post(inbox: Inbox) -> Iterator[Post]:
    """The way to a mail server."""
    for port in serving(inbox):
        yield Post.of(f"smtp://127.0.0.1:{port}", "vigie@example.com")


@pytest.fixture
def book(house: House) -> ReportBook:
    """The book of a house on whose Tuesday 60 calls came."""
    tell(house, hours(TUESDAY, 8, 18), now=BEFORE)
    return ReportBook(house.database, DOMAINS, addresses=True)


@pytest.fixture
def board(book: ReportBook) -> Schedule:
    """A schedule that sends the daily report at seven."""
    return book.save(BOARD, MAY, BEFORE).schedule


def writer(house: House, lease_s: float = 60) -> Writer:
    return Writer(house.database, lease_s, jitter=lambda low, high: high)


def sender(house: House, post: Post, lease_s: float = 60) -> Sender:
    return Sender(house.database, post, DOMAINS, lease_s, jitter=lambda low, high: high)


def states(house: House) -> tuple[list[str], list[str]]:
    """Where the occurrences and the letters stand."""
    with reading(house.database) as desk:
        found = lately(desk.rows, None, 100)
        letters = of_runs(desk.rows, [run.id for run in found])
    return [run.state.value for run in found], sorted(each.state.value for each in letters)
