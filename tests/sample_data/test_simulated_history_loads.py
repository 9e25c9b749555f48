"""The simulated history through connector and store: the numbers close."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ingest.connector import Source
from ingest.connectors.simulator import translate
from ingest.database import Database
from ingest.ledger import Ledger
from ingest.store import Store
from kpis.rollup import followers
from kpis.verification import verify
from sample_data.simulator import Simulator

NOW = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
SOURCE = Source("sim", "simulator")


@pytest.fixture(scope="module")
def loaded(shared_database: Database) -> tuple[Ledger, int]:
    """A day and a night in the database: the ledger, and how many facts were told."""
    lines = [msgspec.json.encode(r) for r in Simulator(3, NOW - timedelta(days=1)).history(NOW)]
    store = Store(shared_database, followers(), key=b"tests")
    return store.load(SOURCE, map(translate, lines), now=NOW, batch=5_000), len(lines)


def count(database: Database, condition: str) -> int:
    with database.connect() as connection:
        row = connection.execute(f"select count(*) from contacts where {condition}").fetchone()
    assert row is not None
    return int(row[0])


def test_every_fact_is_new_and_none_is_refused(loaded: tuple[Ledger, int]) -> None:
    ledger, told = loaded
    assert (ledger.received, ledger.new, ledger.quarantined) == (told, told, 0)


def test_the_identity_closes(shared_database: Database, loaded: tuple[Ledger, int]) -> None:
    offered = count(shared_database, "offered_at is not null")
    outcomes = ("answered", "abandoned", "flowed_out", "deflected", "open")
    parts = {outcome: count(shared_database, f"outcome = '{outcome}'") for outcome in outcomes}
    assert offered > 1000
    assert offered == sum(parts.values())
    assert min(parts["answered"], parts["abandoned"], parts["flowed_out"], parts["open"]) > 0


def test_contained_calls_were_never_offered(
    shared_database: Database, loaded: tuple[Ledger, int]
) -> None:
    contained = "channel = 'phone' and contained_at is not null"
    assert count(shared_database, contained) > 10
    assert count(shared_database, f"{contained} and offered_at is not null") == 0


def test_sessions_of_the_bot_are_contained_handed_over_or_left(
    shared_database: Database, loaded: tuple[Ledger, int]
) -> None:
    sessions = "channel = 'chatbot' and modality = 'bot'"
    begun = count(shared_database, f"{sessions} and offered_at is not null")
    fates = {
        outcome: count(shared_database, f"{sessions} and outcome = '{outcome}'")
        for outcome in ("deflected", "flowed_out", "abandoned", "open")
    }
    assert begun == sum(fates.values()) > 50
    assert 0.4 < fates["deflected"] / begun < 0.7
    assert min(fates["flowed_out"], fates["abandoned"]) > 0


def test_transfers_become_a_second_contact_of_the_call(
    shared_database: Database, loaded: tuple[Ledger, int]
) -> None:
    assert count(shared_database, "channel = 'phone' and turn = 2") > 10
    assert count(shared_database, "channel = 'phone' and turn = 1 and transfers > 0") > 10


def test_times_are_in_order_and_durations_positive(
    shared_database: Database, loaded: tuple[Ledger, int]
) -> None:
    assert count(shared_database, "answered_at < offered_at or left_at < offered_at") == 0
    assert count(shared_database, "resolved_at < began_at or last_at < began_at") == 0
    assert count(shared_database, "least(wait_ms, talk_ms, hold_ms, wrap_ms, response_ms) < 0") == 0


def test_the_rollups_equal_a_recomputation(
    shared_database: Database, loaded: tuple[Ledger, int]
) -> None:
    with shared_database.engine.connect() as connection:
        assert verify(connection) == []
