"""The linker: what is due is seen to soon, once, whoever is killed or runs beside it."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.components import Graph, standings
from ingest.database import Database, database_at
from ingest.errors import DatabaseUnavailable
from ingest.linker import Linker
from ingest.linking import Cursor
from tests.ingest.knowing import call, differing, keep, key_of, know, owners, rows
from tests.ingest.telling import NOW

PEOPLE = 60


def crowd(database: Database) -> None:
    """So many people who call twice, from two telephones."""
    keep(database, *[call(f"a{n}", f"crm:{n}", f"phone:{n}") for n in range(PEOPLE)])
    keep(database, *[call(f"b{n}", f"crm:{n}", f"email:{n}") for n in range(PEOPLE)])


def due(database: Database) -> object:
    return rows(database, "select count(*) from linking_due")[0][0]


def test_a_thread_is_due_once_a_batch_and_seen_to_once(database: Database) -> None:
    keep(database, call("a", "phone:1"), call("a", "phone:1", second=5), call("b", "phone:2"))
    assert due(database) == 2
    assert Linker(database).drain(NOW) == 2
    assert (due(database), Linker(database).drain(NOW)) == (0, 0)
    keep(database, call("a", "phone:1"))
    assert due(database) == 0, "a duplicate is no news"


def test_customers_that_changed_are_linked_again_once_a_batch(database: Database) -> None:
    told: list[list[int]] = []

    def relink(cursor: Cursor, customers: Sequence[int]) -> None:
        told.append(list(customers))

    linker = Linker(database, relink=relink)
    keep(database, call("a", "phone:1"), call("b", "email:a"), call("nobody"))
    linker.drain(NOW)
    assert told == [sorted([key_of("phone:1"), key_of("email:a")])]
    keep(database, call("c", "phone:1", "email:a"))
    linker.drain(NOW)
    # The customer that is no more is named too: its links must go.
    assert told[1] == told[0]
    keep(database, call("nobody", second=9))
    linker.drain(NOW)
    assert len(told) == 2


def test_what_fails_midway_leaves_everything_as_it_was_and_due(database: Database) -> None:
    def relink(cursor: Cursor, customers: Sequence[int]) -> None:
        raise ArithmeticError("a follower fails")

    crowd(database)
    with pytest.raises(ArithmeticError):
        Linker(database, relink=relink).drain(NOW)
    assert due(database) == 2 * PEOPLE
    assert owners(database) == {}
    Linker(database).drain(NOW)
    assert len(set(owners(database).values())) == PEOPLE
    assert differing(database) == []


def test_linkers_of_several_processes_take_turns(database: Database) -> None:
    crowd(database)

    def drain(batch: int) -> int:
        return Linker(database, batch=batch).drain(NOW)

    with ThreadPoolExecutor(4) as linkers:
        assert sum(linkers.map(drain, (3, 7, 11, 13))) == 2 * PEOPLE
    assert differing(database) == []
    assert len(owners(database)) == 2 * PEOPLE


def test_a_linker_killed_in_the_middle_loses_nothing(database: Database) -> None:
    crowd(database)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    victim = multiprocessing.get_context("spawn").Process(
        target=_link_and_hang, args=(database.conninfo, theirs)
    )
    victim.start()
    assert ours.poll(60)
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()
    # The server notices the broken connection and gives the lock to the next.
    assert Linker(database).drain(NOW) == 2 * PEOPLE
    assert differing(database) == []


def _link_and_hang(conninfo: str, ours: multiprocessing.connection.Connection) -> None:
    def relink(cursor: Cursor, customers: Sequence[int]) -> None:
        ours.send("in the middle")
        threading.Event().wait()

    with database_at(conninfo) as database:
        Linker(database, relink=relink).drain(NOW)


def test_a_running_linker_follows_within_two_seconds(database: Database) -> None:
    linked = threading.Event()

    def relink(cursor: Cursor, customers: Sequence[int]) -> None:
        linked.set()

    with Linker(database, relink=relink, clock=lambda: NOW) as linker:
        linker.start()
        for number in range(3):
            linked.clear()
            keep(database, call(f"c{number}", "phone:1", second=number))
            assert linked.wait(2), "more than two seconds behind"
    assert due(database) == 0


def test_a_writer_does_not_wait_for_a_linker_and_is_not_overlooked(database: Database) -> None:
    """While a linker is in the middle of a thread, the thread gets an event more."""
    wrote = threading.Event()

    def relink(cursor: Cursor, customers: Sequence[int]) -> None:
        if not wrote.is_set():
            writing = threading.Thread(target=write)
            writing.start()
            writing.join(10)
            assert wrote.is_set(), "the writer waits for the linker"

    def write() -> None:
        keep(database, call("a", "email:a", second=9))
        wrote.set()

    keep(database, call("a", "phone:1"), call("b", "email:a"))
    linker = Linker(database, relink=relink)
    assert linker.drain(NOW) == 2
    assert linker.drain(NOW) == 1
    assert len(set(owners(database).values())) == 1
    assert differing(database) == []


def test_a_database_that_is_away_is_said(database: Database) -> None:
    keep(database, call("a", "phone:1"))

    def relink(cursor: Cursor, customers: Sequence[int]) -> None:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseUnavailable, match="nothing is lost"):
        Linker(database, relink=relink).drain(NOW)
    assert Linker(database).drain(NOW) == 1


def test_a_known_customer_who_calls_again_changes_no_identity(database: Database) -> None:
    know(database, call("a", "crm:1", "phone:1"))
    before = rows(database, "select xmin, ctid from identities order by 2")
    know(database, call("b", "crm:1", "phone:1"))
    assert rows(database, "select xmin, ctid from identities order by 2") == before


def test_the_rules_need_no_database() -> None:
    graph = Graph({1: "crm", 2: "crm", 3: "phone", 4: "email"}, [(1, 3), (2, 3), (2, 4)])
    assert standings(graph) == {1: (1, False), 2: (2, False), 3: (3, True), 4: (2, False)}
