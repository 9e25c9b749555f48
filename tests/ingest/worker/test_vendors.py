"""Vendors misbehave, over real HTTP: nothing is lost, nothing counts twice, and it is said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from ingest.database import Database
from ingest.errors import Fatal, Retriable
from ingest.store import Store
from ingest.worker import Worker
from tests.ingest.vendor import (
    Asked,
    Replies,
    Vendor,
    broken,
    busy,
    elsewhere,
    half_json,
    hangs,
    truncated,
)
from tests.ingest.worker.rest import Rest, Stock, sources_at
from tests.ingest.worker.shelf import NOW, Clock, contacts, error_of, until, value

COUNT = "select count(*) from contacts"


@pytest.fixture
def hire(
    database: Database, store: Store, clock: Clock, vendor: Vendor
) -> Iterator[Callable[..., Worker]]:
    """A worker on the vendor's «mail» (and more), stopped before the vendor is."""
    hired: list[Worker] = []

    def one(*names: str, now: Callable[[], object] = clock) -> Worker:
        sources = sources_at(vendor.address, *(names or ("mail",)))
        worker = Worker(
            database, store, sources, connector_of=lambda _name: Rest(), lease_s=2.0,
            clock=now, grace_s=2.0,  # type: ignore[arg-type]
        )  # fmt: skip
        hired.append(worker)
        return worker

    yield one
    for worker in hired:
        worker.stop()


@pytest.mark.parametrize(
    "trouble",
    [broken(), truncated({"numbers": [1], "next": 1, "more": False}), hangs(),
     half_json({"numbers": [1], "next": 1, "more": False}), {"numbers": "many"}],
    ids=["500", "cut", "hangs", "half", "another page"],
)  # fmt: skip
def test_a_vendor_in_trouble_is_noted_and_read_on_where_it_was_left(
    database: Database, clock: Clock, vendor: Vendor, hire: Callable[..., Worker], trouble: Replies
) -> None:
    stock = Stock(vendor, "mail")
    stock.grow(25)
    vendor.says("/mail", stock.page, trouble)
    worker = hire()
    [feed] = worker.feeds

    assert isinstance(worker.turn(feed), Retriable)

    assert contacts(database) == 10
    assert error_of(database, "mail")
    assert feed.due_at > clock.now

    vendor.says("/mail", stock.page)
    clock.now = feed.due_at
    assert worker.turn(feed) is None
    assert contacts(database) == 25
    assert error_of(database, "mail") is None
    assert value(database, "select received from ledger") == 25


def test_a_pause_that_the_vendor_asks_for_is_kept_whatever_the_pace(
    database: Database, clock: Clock, vendor: Vendor, hire: Callable[..., Worker]
) -> None:
    stock = Stock(vendor, "mail")
    stock.grow(5)
    vendor.says("/mail", busy(120), stock.page)
    worker = hire()
    [feed] = worker.feeds

    worker.turn(feed)
    for second in (1, 60, 119):
        clock.now = NOW + timedelta(seconds=second)
        worker.turn(feed)
    assert vendor.times("/mail") == 1

    clock.now = NOW + timedelta(seconds=127)
    worker.turn(feed)

    assert contacts(database) == 5


def test_a_running_worker_keeps_the_pause_too(
    database: Database, vendor: Vendor, hire: Callable[..., Worker]
) -> None:
    stock = Stock(vendor, "mail")
    stock.grow(5)
    moments: list[float] = []

    def noted(asked: Asked) -> dict[str, object]:
        moments.append(time.monotonic())
        return stock.page(asked)

    def refused(asked: Asked) -> object:
        moments.append(time.monotonic())
        return busy(1)

    from ingest.worker import utc_now

    vendor.says("/mail", refused, noted)  # type: ignore[arg-type]
    hire(now=utc_now).start()
    until(database, COUNT, 5)

    assert moments[1] - moments[0] >= 1.0


def test_the_same_page_for_ever_is_stored_once_and_said(
    database: Database, vendor: Vendor, hire: Callable[..., Worker]
) -> None:
    vendor.says("/mail", {"numbers": [1, 2, 3], "next": 3, "more": True})

    with pytest.raises(Fatal, match="there is more, but its cursor stands"):
        hire().once()

    assert contacts(database) == 3
    assert "its cursor stands" in str(error_of(database, "mail"))
    assert vendor.times("/mail") == 2


def test_pages_that_change_while_they_are_read_lose_nothing_and_count_nothing_twice(
    database: Database, store: Store, vendor: Vendor, hire: Callable[..., Worker]
) -> None:
    """What was told on one page slides to the next, and new records come in between."""
    vendor.says(
        "/mail",
        {"numbers": [1, 2, 3], "next": 3, "more": True},
        {"numbers": [3, 2, 4], "next": 4, "more": True},
        {"numbers": [4, 1, 5, 6, 5], "next": 6, "more": False},
    )

    hire().once()

    assert contacts(database) == 6
    counted = "select received, new, duplicate, superseded, quarantined from ledger"
    with database.connect() as connection:
        assert connection.execute(counted).fetchall() == [(11, 6, 5, 0, 0)]


def test_a_redirect_is_said_and_not_followed(
    database: Database, vendor: Vendor, hire: Callable[..., Worker]
) -> None:
    with Vendor() as other:
        vendor.says("/mail", elsewhere(f"{other.address}/mail"))

        with pytest.raises(Fatal, match="elsewhere"):
            hire().once()

        assert other.asked == []
    assert "check the address" in str(error_of(database, "mail"))


def test_one_vendor_that_hangs_does_not_hold_up_the_others(
    database: Database, vendor: Vendor, hire: Callable[..., Worker]
) -> None:
    from ingest.worker import utc_now

    stock = Stock(vendor, "mail", "chat", "phone")
    vendor.says("/mail", hangs())
    stock.grow(30)

    hire("mail", "chat", "phone", now=utc_now).start()

    until(database, COUNT, 60)
    assert vendor.times("/mail") >= 1
