"""The days of events, made while others write."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest import partitions
from ingest.database import Database
from ingest.errors import DatabaseUnavailable
from ingest.ledger import Ledger
from tests.ingest.telling import keep, told

SOON_S = 60


def test_who_is_stopped_while_it_makes_a_day_holds_up_nobody_for_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, awake = threading.Event(), threading.Event()
    make = partitions._make

    def stops(*of_what: object) -> None:
        """The first to come by is stopped in its transaction."""
        if not inside.is_set():
            inside.set()
            awake.wait(SOON_S)
        make(*of_what)  # type: ignore[arg-type]

    monkeypatch.setattr(partitions, "_make", stops)
    monkeypatch.setattr(
        partitions, "BRIEFLY", "set local idle_in_transaction_session_timeout = '100ms'"
    )
    events = [told(0, "offered")]
    with ThreadPoolExecutor(2) as writers:
        try:
            sleeper = writers.submit(keep, database, events)
            assert inside.wait(SOON_S)
            other = writers.submit(keep, database, events)
            assert other.result(timeout=SOON_S) == Ledger(received=1, new=1, contacts=1)
        finally:
            awake.set()
        with pytest.raises(DatabaseUnavailable, match="do it again"):
            sleeper.result()
    assert keep(database, events) == Ledger(received=1, duplicate=1)
