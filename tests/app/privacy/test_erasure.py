"""Erased is erased: nowhere in the database, nor after anything comes again (RELIABILITY I24)."""

from __future__ import annotations

import threading
from datetime import timedelta

import msgspec
import pytest

import ingest.store
from app.bootstrap import House, linker_of
from app.customers import found_by, key_of
from app.errors import WrongUse
from app.named_source import named_source
from app.privacy.erasure import Erasure, erase_again, erase_customer
from app.privacy.tombstones import place_of, remembered
from ingest.customer_check import recompute
from ingest.customers import NoSuchCustomer
from ingest.database import Database
from ingest.events import Event, Identity
from ingest.quarantine import entries, replay
from kpis.rollup import verify
from tests.app.privacy import canary
from tests.app.privacy.canary import ACCOUNT, BYSTANDER, MAIL, NATIONAL, NUMBER, found
from tests.ingest.telling import NOW, told

LATER = NOW + timedelta(hours=1)


def key(house: House, kind: str = "crm", value: str = ACCOUNT) -> int:
    found = key_of(kind, value, house.settings)
    assert found is not None
    return found


def erased(house: House, *, dry_run: bool = False) -> Erasure:
    return erase_customer(
        house, key(house), actor="ada", reason="ticket 4711", now=LATER, dry_run=dry_run
    )


def differing(house: House) -> list[object]:
    with house.database.engine.connect() as connection:
        return [*verify(connection), *recompute(connection)]


def number(database: Database, what: str) -> int:
    with database.connect() as connection:
        row = connection.execute(f"select {what}".encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def told_of(house: House) -> House:
    """The canary in every table that takes it."""
    canary.deliver(house)
    canary.leave_in_the_inbox(house)
    assert found(house.database)
    return house


def test_nothing_names_the_erased_and_all_is_counted_as_before(told_of: House) -> None:
    database = told_of.database
    counted = "count(*) || '/' || sum((outcome = 'answered')::int) from contacts"
    with database.connect() as connection:
        before = connection.execute(f"select {counted}".encode()).fetchone()
    repeats = number(database, "sum(followed_any_7) from rollup_repeat")
    done = erased(told_of)
    assert found(database) == []
    assert (done.contacts, done.identities, done.refused, done.waiting) == (4, 3, 5, 1)
    with database.connect() as connection:
        assert connection.execute(f"select {counted}".encode()).fetchone() == before
    # Repeats are charged to whom they are of: the erased one's three are gone, the other's stays.
    assert repeats - number(database, "sum(followed_any_7) from rollup_repeat") == 3
    assert differing(told_of) == []
    # The others stay as they are.
    assert found_by(told_of, BYSTANDER, ("phone",)) is not None
    assert number(database, "count(*) from inbox") == 1
    with database.engine.connect() as connection:
        raws = [one.raw for one in entries(connection)]
    assert sorted(raws) == [b"", f"from: {BYSTANDER} broken".encode()]


def test_what_comes_again_names_nobody(told_of: House) -> None:
    """All of it delivered twice more, replayed, told otherwise under its ids, and revised."""
    erased(told_of)
    canary.deliver(told_of)
    canary.deliver(told_of)
    assert found(told_of.database) == []
    assert number(told_of.database, "count(*) from contacts") == 6
    with told_of.database.engine.connect() as connection:
        waiting = entries(connection)
    replay(
        told_of.store, told_of.database.engine, waiting,
        lambda name: named_source(told_of.settings, name, "chatwoot", None), now=LATER,
    )  # fmt: skip
    thread, who = f"line:{NUMBER}", (Identity("email", MAIL),)
    conflict = told(100, "message_in", thread, channel="messaging", queue="x", identities=who)
    revised = told(160, "message_out", thread, channel="messaging", revision=2, identities=who)
    ledger = told_of.store.write(canary.MESSENGER, [conflict, revised], now=LATER)
    assert (ledger.quarantined, ledger.new) == (1, 1)
    linker_of(told_of).drain(LATER)
    assert found(told_of.database) == []
    assert differing(told_of) == []


def test_a_store_that_does_not_ask_is_found_out(
    told_of: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search above would not miss it: both questions, each left out."""
    erased(told_of)
    old = told(500, "queued", "never-seen", identities=(Identity("phone", NATIONAL),))
    with monkeypatch.context() as patch:
        patch.setattr(ingest.store, "without_names", lambda at, refused, *_: refused)
        told_of.store.write(canary.MAILS, canary.refused(), now=NOW)
    assert "quarantine.raw" in found(told_of.database)
    with told_of.database.connect() as connection:
        connection.execute("truncate quarantine")
    monkeypatch.setattr(ingest.store, "keep_nameless", lambda *_: ())
    told_of.store.write(canary.PBX, [old], now=LATER)
    linker_of(told_of).drain(LATER)
    assert found_by(told_of, NUMBER, ("phone",)) is not None


def test_an_old_file_that_was_never_seen_names_nobody_but_a_new_call_is_a_new_customer(
    told_of: House,
) -> None:
    erased(told_of)
    old = told(500, "queued", "never-seen", identities=(Identity("phone", NATIONAL),))
    told_of.store.write(canary.PBX, [old], now=LATER)
    linker_of(told_of).drain(LATER)
    assert found(told_of.database, ("639987654",)) == []
    assert found_by(told_of, NUMBER, ("phone",)) is None
    new = Event(
        event_id="n", occurred_at=LATER + timedelta(minutes=1), kind="queued",
        contact_id="new", channel="phone", identities=(Identity("phone", NATIONAL),),
    )  # fmt: skip
    told_of.store.write(canary.PBX, [new], now=LATER + timedelta(minutes=2))
    linker_of(told_of).drain(LATER)
    assert found_by(told_of, NUMBER, ("phone",)) is not None
    assert number(told_of.database, "count(*) from thread_customers") == 3
    assert differing(told_of) == []


def test_a_dry_run_changes_nothing_and_the_log_names_nobody(
    told_of: House,
) -> None:
    database = told_of.database
    before = found(database)
    planned = erased(told_of, dry_run=True)
    assert found(database) == before
    assert not place_of(told_of.settings).exists()
    assert number(database, "count(*) from erased_threads") == 0
    assert planned == erased(told_of)
    with database.connect() as connection:
        rows = connection.execute("select at, actor, reason, identities, contacts from erasures")
        assert rows.fetchall() == [(LATER, "ada", "ticket 4711", 3, 4)]
    with pytest.raises(NoSuchCustomer):
        erased(told_of)
    with pytest.raises(WrongUse, match="say why"):
        erase_customer(told_of, 1, actor="ada", reason=" ", now=LATER)


@pytest.mark.long
def test_the_file_of_erasures_has_a_restored_database_erase_again(told_of: House) -> None:
    """The restored one is played by a database that never heard of the erasure."""
    erased(told_of)
    tombstones = remembered([place_of(told_of.settings)])
    with told_of.database.connect() as connection:
        for table in ("erased_identities", "erased_threads", "erasures"):
            connection.execute(f"delete from {table}".encode())
        connection.execute("update events set digest = 0, occurred_at = occurred_at")
    again = [msgspec.structs.replace(one, event_id=f"x{one.event_id}") for one in canary.calls()]
    told_of.store.write(canary.PBX, again, now=NOW)
    told_of.store.write(canary.MAILS, canary.refused(), now=NOW)
    linker_of(told_of).drain(NOW)
    assert found(told_of.database)
    assert erase_again(told_of, tombstones, LATER).contacts > 0
    assert found(told_of.database) == []
    assert erase_again(told_of, tombstones, LATER).events == 0
    assert differing(told_of) == []


def test_whoever_stores_while_somebody_is_erased_brings_nobody_back(told_of: House) -> None:
    """Writers tell the customer's events over and over; none of it names the customer after."""
    stop, failures = threading.Event(), list[Exception]()
    who = (Identity("phone", NATIONAL), Identity("email", MAIL))

    def write(number: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            try:
                call = told(turn, "queued", f"{number}/{turn}", identities=who)
                told_of.store.write(canary.PBX, [call], now=NOW)
            except Exception as error:
                failures.append(error)
                return

    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for writer in writers:
        writer.start()
    erased(told_of)
    stop.set()
    for writer in writers:
        writer.join()
    assert failures == []
    linker_of(told_of).drain(LATER)
    assert found(told_of.database) == []
    assert differing(told_of) == []
