"""A worker on a real database; only the outside world is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ingest.connector import Connector
from ingest.database import Database
from ingest.store import Store
from ingest.worker import Worker
from tests.ingest.worker.shelf import SOURCE, Clock

Hire = Callable[[Connector], Worker]


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, key=b"of the tests")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hire(database: Database, store: Store, clock: Clock) -> Iterator[Hire]:
    """A worker on that system, stopped at the end."""
    hired: list[Worker] = []

    def one(system: Connector) -> Worker:
        worker = Worker(
            database,
            store,
            [SOURCE],
            clock=clock,
            connector_of=lambda _name: system,
            lease_s=2.0,
            grace_s=1.0,
        )
        hired.append(worker)
        return worker

    yield one
    for worker in hired:
        worker.stop()
