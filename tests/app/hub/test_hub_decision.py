"""The hub follows the database when it can, and answers when it cannot."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.exposure.effective import Context
from app.exposure.model import Actor, Change, State
from app.exposure.modes import DEFAULT_MODES
from app.exposure.service import ExposureService
from app.hub.decision import Hub, Snapshot
from ingest.database import Database, database_at, migrate
from ingest.embedded import EmbeddedPostgres

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANA = Actor("user", "ana", ("operator",))
BILLING = Context(reason="billing")
#: Far longer than anything here takes, far shorter than the test's own limit.
PATIENCE = 30.0


@pytest.fixture
def hub(database: Database) -> Iterator[Hub]:
    """A hub that has read the database once."""
    hub = Hub(database.conninfo)
    hub.start()
    assert hub.wait_for(lambda snapshot: snapshot.as_of is not None, PATIENCE)
    yield hub
    hub.stop()


def close_phone(database: Database, **told: object) -> int:
    """Close the phone for billing; the revision that made it so."""
    given = {"state": State.CLOSED, "why": "test", "expires_at": NOW + timedelta(hours=1)}
    change = Change(channel="phone", reason="billing", **given | told)  # type: ignore[arg-type]
    made = ExposureService(database).set(change, ANA, NOW, emergency=True)
    return made.version


def phone(hub: Hub, now: datetime = NOW) -> State:
    return {one.channel: one.state for one in hub.offers(BILLING, now).offers}["phone"]


def reached(hub: Hub, revision: int, timeout: float = PATIENCE) -> bool:
    return hub.wait_for(lambda known: known.exposure.revision >= revision, timeout)


def backends(database: Database) -> list[int]:
    """The server processes that listen for us."""
    query = "select pid from pg_stat_activity where query ~ 'vigie_exposure|exposure_modes'"
    with database.connect() as connection:
        own = connection.info.backend_pid
        return [pid for (pid,) in connection.execute(query) if pid != own]


def test_before_it_ever_read_it_offers_every_human_channel_and_says_so() -> None:
    hub = Hub("host=/nowhere dbname=nothing")
    answer = hub.offers(BILLING, NOW)
    assert answer.as_of is None
    assert [one.channel for one in answer.offers] == [mode.channel for mode in DEFAULT_MODES]
    assert all(one.state is State.OPEN and one.selectable for one in answer.offers)
    assert any(one.human for one in answer.offers)


def test_a_change_is_offered_within_a_second(hub: Hub, database: Database) -> None:
    for share in (100, 99, 100):
        began = time.monotonic()
        revision = close_phone(database, share=share)
        assert reached(hub, revision, 1.0)
        assert time.monotonic() - began < 1.0
    assert phone(hub) is State.CLOSED
    assert hub.offers(BILLING, NOW).revision == revision


def test_an_expiry_is_kept_to_while_nobody_tells_the_hub(hub: Hub, database: Database) -> None:
    revision = close_phone(database)
    assert reached(hub, revision)
    hub.stop()
    assert phone(hub, NOW + timedelta(minutes=59)) is State.CLOSED
    assert phone(hub, NOW + timedelta(hours=1)) is State.OPEN


def test_a_change_made_while_the_connection_was_gone_is_read_after_it(
    hub: Hub, database: Database
) -> None:
    (pid,) = backends(database)
    with database.connect(autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s)", [pid])
    revision = close_phone(database)
    assert reached(hub, revision)
    assert phone(hub) is State.CLOSED


def test_a_state_that_cannot_be_read_leaves_the_last_one_standing(
    hub: Hub, database: Database
) -> None:
    revision = close_phone(database)
    assert reached(hub, revision)
    known = hub.snapshot
    with database.connect(autocommit=True) as connection:
        connection.execute("alter table exposure_switches drop constraint"
                           " ck_exposure_switches_state_known")  # fmt: skip
        connection.execute("update exposure_switches set state = 'garbled'")
        connection.execute("notify vigie_exposure")
        assert not hub.wait_for(lambda new: new is not known, 0.5)
        assert phone(hub) is State.CLOSED
        connection.execute("update exposure_switches set state = 'tucked'")
    assert hub.wait_for(lambda new: new is not known, PATIENCE)
    assert phone(hub) is State.TUCKED


def test_it_answers_at_once_while_the_server_hangs(hub: Hub, database: Database) -> None:
    revision = close_phone(database)
    assert reached(hub, revision)
    (pid,) = backends(database)
    os.kill(pid, signal.SIGSTOP)
    try:
        later = close_phone(database, share=50)
        assert not reached(hub, later, 0.5)
        assert slowest_answer(hub) < 1.0
        assert phone(hub) is State.CLOSED
    finally:
        os.kill(pid, signal.SIGCONT)
    assert reached(hub, later)


def slowest_answer(hub: Hub) -> float:
    """Seconds of the slowest of 200 answers."""
    slowest = 0.0
    for number in range(200):
        began = time.perf_counter()
        hub.offers(Context("web", "billing", "premium", str(number)), NOW)
        slowest = max(slowest, time.perf_counter() - began)
    return slowest


@pytest.fixture
def own_server(server_home: Path) -> EmbeddedPostgres:
    """A server that a test may stop."""
    return EmbeddedPostgres(server_home.parent / "hub", {"fsync": "off", "shared_buffers": "16MB"})


def test_it_starts_without_a_server_outlives_it_and_finds_it_again(
    own_server: EmbeddedPostgres,
) -> None:
    conninfo: list[str] = []
    hub = Hub(lambda: conninfo[0])
    hub.start()
    assert hub.offers(BILLING, NOW).as_of is None
    with own_server:
        conninfo.append(own_server.start())
        with database_at(conninfo[0]) as database:
            migrate(database)
            revision = close_phone(database)
        assert reached(hub, revision)
    known = hub.snapshot
    assert slowest_answer(hub) < 1.0
    assert phone(hub) is State.CLOSED
    assert hub.snapshot is known
    with own_server:
        with database_at(conninfo[0]) as database:
            revision = close_phone(database, state=State.TUCKED)
        assert reached(hub, revision)
        assert phone(hub) is State.TUCKED
        hub.stop()


def test_it_starts_and_stops_more_than_once(database: Database) -> None:
    hub = Hub(database.conninfo)
    for _time in range(2):
        hub.start()
        hub.start()
        known = hub.snapshot
        assert hub.wait_for(lambda new, old=known: new is not old, PATIENCE)  # type: ignore[misc]
        hub.stop()
    hub.stop()
    assert "hub" not in [thread.name for thread in threading.enumerate()]


def test_a_snapshot_tells_how_fresh_it_is(database: Database) -> None:
    hub = Hub(database.conninfo, clock=lambda: NOW)
    hub.start()

    def confirmed(snapshot: Snapshot) -> bool:
        return snapshot.as_of == NOW

    assert hub.wait_for(confirmed, PATIENCE)
    hub.stop()
