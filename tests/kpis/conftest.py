"""Contacts through the real store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event
from ingest.store import Store
from kpis.rollup import followers

SOURCE = Source("test", "simulator")

Write = Callable[[Sequence[Event]], None]


@pytest.fixture
def store(database: Database) -> Store:
    """The store as `vigie` builds it, rollups included."""
    return Store(database, followers(), key=b"tests")


@pytest.fixture
def write(store: Store) -> Write:
    """Stores events of the source «test»."""

    def write(events: Sequence[Event]) -> None:
        store.load(SOURCE, events, now=datetime(2030, 1, 1, tzinfo=UTC))

    return write
