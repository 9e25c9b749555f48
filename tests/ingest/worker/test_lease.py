"""Of all the workers that could pull a source one does, and a dead one is replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ingest.database import Database
from ingest.errors import DatabaseUnavailable
from ingest.events import Event
from ingest.lease import Lease, LeaseLost, Leases
from ingest.store import Store
from tests.ingest.worker.shelf import NOW, SOURCE, question, value

Join = Callable[[], Leases]
SOURCES = [f"source-{number}" for number in range(7)]


@pytest.fixture
def join(database: Database) -> Iterator[Join]:
    """One more worker, gone at the end."""
    joined: list[Leases] = []

    def one() -> Leases:
        joined.append(Leases(database, lasts_s=60))
        return joined[-1]

    yield one
    for leases in joined:
        leases.close()


def silence(database: Database) -> None:
    """Nobody has said anything for too long, but all their connections stand."""
    with database.connect() as connection:
        connection.execute("update workers set alive_until = now()")


def end_connections(database: Database) -> None:
    """As when every process that holds one is killed."""
    with database.connect(autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(pid, 5000) from workers")


def held(leases: Leases) -> list[str]:
    return [name for name in SOURCES if leases.hold(name)]


def test_a_lease_is_held_by_one_until_it_lets_go(join: Join) -> None:
    first, second = join(), join()
    assert first.hold("shelf")
    assert first.hold("shelf")
    assert first.holds("shelf")
    assert second.hold("shelf") is None
    assert second.hold("another")

    first.let_go("shelf")

    assert not first.holds("shelf")
    assert second.hold("shelf")
    assert first.hold("shelf") is None


def test_whoever_leaves_leaves_everything(database: Database, join: Join) -> None:
    first, second = join(), join()
    first.hold("shelf")

    first.close()

    assert second.hold("shelf")
    assert value(database, "select count(*) from workers") == 1


def test_a_lease_ends_with_the_connection_of_its_worker(database: Database, join: Join) -> None:
    killed = join()
    killed.hold("shelf")
    end_connections(database)

    assert join().hold("shelf")

    with pytest.raises(DatabaseUnavailable, match="broke"):
        killed.beat()
    assert killed.hold("shelf") is None


def test_a_lease_ends_with_the_silence_of_its_worker(database: Database, join: Join) -> None:
    stopped, other = join(), join()
    stopped.hold("shelf")
    silence(database)
    other.beat()

    assert other.hold("shelf")


def test_a_worker_that_was_taken_for_dead_begins_anew(database: Database, join: Join) -> None:
    stopped, other = join(), join()
    for name in SOURCES:
        stopped.hold(name)
    silence(database)
    other.beat()
    assert other.hold(SOURCES[0])

    assert stopped.holds(SOURCES[0])
    stopped.beat()

    assert not any(map(stopped.holds, SOURCES))
    assert held(stopped) == SOURCES[1:]


def test_beating_keeps_a_lease_alive(database: Database, join: Join) -> None:
    first, second = join(), join()
    first.hold("shelf")
    with database.connect() as connection:
        connection.execute("update workers set alive_until = now() + interval '1 second'")
    first.beat()

    left = value(database, "select max(alive_until) - now() > interval '50 seconds' from workers")

    assert left is True
    assert second.hold("shelf") is None


# --- sharing ----------------------------------------------------------------------


def test_workers_share_the_sources_evenly_and_leave_none(join: Join) -> None:
    crew = [join() for _ in range(3)]
    for _ in range(2):
        for leases in crew:
            leases.beat(SOURCES)

    shares = [held(leases) for leases in crew]

    assert sorted(map(len, shares)) == [2, 2, 3]
    assert sorted(name for share in shares for name in share) == SOURCES


def test_a_worker_that_joins_gets_its_share_once_the_others_let_go(join: Join) -> None:
    alone, newcomer = join(), join()
    alone.beat(SOURCES)
    assert held(alone) == SOURCES

    newcomer.beat(SOURCES)
    assert held(newcomer) == []
    alone.beat(SOURCES)
    kept = held(alone)
    got = held(newcomer)

    assert len(kept) in (3, 4)
    assert sorted(kept + got) == SOURCES


def test_a_worker_that_leaves_is_replaced_at_the_next_beat(join: Join) -> None:
    first, second = join(), join()
    for leases in (first, second, first):
        leases.beat(SOURCES)
    assert len(held(first)) in (3, 4)
    second.close()

    first.beat(SOURCES)

    assert held(first) == SOURCES


def test_every_source_goes_to_a_worker_that_is_able_to_pull_it(join: Join) -> None:
    most, few = join(), join()
    for _ in range(2):
        most.beat(SOURCES[:5])
        few.beat(SOURCES[3:])

    ours, theirs = held(most), held(few)

    assert set(SOURCES[:3]) <= set(ours) <= set(SOURCES[:5])
    assert set(SOURCES[5:]) <= set(theirs) <= set(SOURCES[3:])
    assert sorted(ours + theirs) == SOURCES


def test_one_that_helps_out_takes_from_nobody(join: Join) -> None:
    staying, helping = join(), join()
    staying.beat(SOURCES[1:])
    assert held(staying) == SOURCES[1:]

    helping.beat(None)
    assert held(helping) == SOURCES[:1]
    staying.beat(SOURCES[1:])

    assert held(staying) == SOURCES[1:]


def test_a_pause_that_a_source_asked_for_goes_with_its_lease(join: Join) -> None:
    first, second = join(), join()
    first.hold("shelf")
    first.leave_alone("shelf", NOW)
    first.let_go("shelf")

    lease = second.hold("shelf")

    assert lease is not None
    assert lease.not_before == NOW


# --- the proof --------------------------------------------------------------------


def write(store: Store, lease: Lease, *events: Event, cursor: str) -> None:
    store.write(SOURCE, events, now=NOW, cursor=cursor, also=lease.prove)


def test_what_comes_after_the_lease_was_taken_over_is_not_stored(
    database: Database, store: Store, join: Join
) -> None:
    stopped, other = join(), join()
    old = stopped.hold("shelf")
    silence(database)
    other.beat()
    new = other.hold("shelf")
    assert old is not None
    assert new is not None
    write(store, new, question(1), question(2), cursor="2")

    with pytest.raises(LeaseLost):
        write(store, old, question(1), cursor="1")

    assert store.cursor(SOURCE) == "2"
    assert value(database, "select received from ledger") == 2


def test_what_comes_late_is_stored_while_nobody_took_over(
    database: Database, store: Store, join: Join
) -> None:
    stopped = join()
    lease = stopped.hold("shelf")
    silence(database)
    assert lease is not None

    write(store, lease, question(1), cursor="1")

    assert store.cursor(SOURCE) == "1"


def test_nobody_takes_over_in_the_middle_of_a_transaction_that_proved_its_lease(
    database: Database, store: Store, join: Join
) -> None:
    stopped, other = join(), join()
    lease = stopped.hold("shelf")
    silence(database)
    other.beat()
    assert lease is not None
    tried: list[Lease | None] = []

    def prove(at: object, known: object) -> None:
        lease.prove(at)  # type: ignore[arg-type]
        tried.append(other.hold("shelf"))

    store.write(SOURCE, [question(1)], now=NOW, cursor="1", also=prove)

    assert tried == [None]
    assert other.hold("shelf")


def test_a_process_that_is_stopped_while_it_stores_holds_nobody_up_for_long(
    database: Database, store: Store
) -> None:
    told: list[object] = []

    def look(at: object, known: object) -> None:
        row = at.execute("show idle_in_transaction_session_timeout").fetchone()  # type: ignore[attr-defined]
        told.append(row[0])

    store.write(SOURCE, [], now=NOW, cursor="1", also=look)

    assert told == ["10s"]
