"""The inbox: durable before it is read, settled once, whatever its reader does."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ingest import inbox as inboxes
from ingest.connector import Parsed, Source
from ingest.connectors.chatwoot import Chatwoot
from ingest.database import Database
from ingest.errors import DatabaseUnavailable
from ingest.events import Event, Rejected
from ingest.failpoint import POINTS as POINTS_OF_A_BATCH
from ingest.inbox import ATTEMPTS, LEASE, MOST, Inbox, SettledElsewhere
from ingest.sweeper import Sweeper
from tests.ingest.telling import NOW, store, told

CHAT = Source("web-chat", "chatwoot")
LATER = NOW + LEASE
LEDGER = "select received, new, duplicate, superseded, quarantined from ledger"


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connector whose deliveries are lists of [second, kind, note]."""
    monkeypatch.setattr(Chatwoot, "parse", parse)


def parse(_: Chatwoot, source: Source, body: bytes) -> Iterable[Parsed]:
    for second, kind, note in json.loads(body):
        if kind == "kill":
            os.kill(os.getpid(), 9)
        if kind == "raise":
            raise IndexError("a bug")
        if kind == "broken":
            yield Rejected(reason="bad_record", detail="broken", raw=json.dumps(note).encode())
        else:
            yield told(second, kind, event_id=f"e{second}", queue=note)


def delivery(*records: tuple[int, str, str | None]) -> bytes:
    return json.dumps(records).encode()


MESSAGE = delivery((0, "queued", None), (5, "answered", None))


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


def inbox(database: Database) -> Inbox:
    return Inbox(database, store(database))


def sweeper(database: Database, known: Source | None = CHAT) -> Sweeper:
    return Sweeper(inbox(database), lambda _: known, lambda: LATER)


def test_what_is_taken_is_there_for_everybody_until_it_is_settled(database: Database) -> None:
    taken = inbox(database).take(CHAT, MESSAGE, NOW)
    assert rows(database, "select source, body from inbox") == [("web-chat", MESSAGE)]
    settled = inbox(database).settle(CHAT, taken)
    assert settled.ledger.new == 2
    assert inbox(database).waiting() == (0, None)


def test_a_delivery_is_not_swept_while_its_taker_has_the_lease(database: Database) -> None:
    inbox(database).take(CHAT, MESSAGE, NOW)
    assert inbox(database).claim(NOW + LEASE - timedelta(milliseconds=1)) is None
    assert inbox(database).waiting() == (1, NOW)
    assert sweeper(database).sweep() == 1
    assert rows(database, LEDGER) == [(2, 2, 0, 0, 0)]


def test_a_delivery_is_booked_on_the_day_it_came_not_the_day_it_was_settled(
    database: Database,
) -> None:
    inbox(database).take(CHAT, MESSAGE, NOW - timedelta(days=3))
    sweeper(database).sweep()
    assert rows(database, "select day::text from ledger") == [("2026-11-19",)]


def test_two_who_settle_the_same_delivery_count_it_once(database: Database) -> None:
    taken = inbox(database).take(CHAT, MESSAGE, NOW)
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(inbox(database).settle, CHAT, taken) for _ in range(2)]
        failures = [each.exception() for each in both]
    assert sorted(type(each) for each in failures if each) == [SettledElsewhere]
    assert rows(database, LEDGER) == [(2, 2, 0, 0, 0)]


def test_many_sweepers_share_the_inbox_and_settle_each_delivery_once(database: Database) -> None:
    for number in range(40):
        body = delivery((number, "queued", None))
        inbox(database).take(CHAT, body, NOW)
    with ThreadPoolExecutor(4) as threads:
        settled = list(threads.map(lambda _: sweeper(database).sweep(), range(4)))
    assert sum(settled) == 40
    assert rows(database, LEDGER) == [(40, 40, 0, 0, 0)]


def test_a_reader_that_raises_costs_its_delivery_only(database: Database) -> None:
    bad = delivery((0, "queued", None), (1, "raise", None))
    for body in (bad, MESSAGE):
        inbox(database).take(CHAT, body, NOW)
    assert sweeper(database).sweep() == 2
    assert rows(database, "select reason, raw from quarantine") == [("unknown_shape", bad)]
    assert rows(database, LEDGER) == [(3, 2, 0, 0, 1)]


def test_a_delivery_of_half_a_million_nothings_is_one_record(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0

    def nothings(*_: object) -> Iterable[Parsed]:
        nonlocal read
        while True:
            read += 1
            yield Rejected(reason="bad_record", detail="nothing", raw=b"1")

    monkeypatch.setattr(Chatwoot, "parse", nothings)
    pushed = inbox(database).take(CHAT, MESSAGE, NOW)
    (fate,) = inbox(database).settle(CHAT, pushed).fates
    assert (fate.became, fate.reason, read) == ("refused", "too_long", MOST + 1)
    assert rows(database, LEDGER) == [(1, 0, 0, 0, 1)]


def test_a_delivery_that_kills_its_reader_is_given_up_and_blocks_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = delivery((1, "kill", None))
    inbox(database).take(CHAT, poison, NOW - timedelta(seconds=1))
    inbox(database).take(CHAT, MESSAGE, NOW)
    deaths = 0
    while die_sweeping(database, NOW + (deaths + 1) * LEASE):
        deaths += 1
        assert deaths < 10
    assert deaths == ATTEMPTS - 1, "its taker is taken for the first"
    assert rows(database, "select reason, raw from quarantine") == [("unknown_shape", poison)]
    assert rows(database, LEDGER) == [(3, 2, 0, 0, 1)]
    assert inbox(database).waiting() == (0, None)


def die_sweeping(database: Database, now: object) -> bool:
    """Sweep in a process of its own; whether it was killed at it."""
    program = (
        "import sys; from datetime import datetime\n"
        "from ingest.connectors.chatwoot import Chatwoot\n"
        "from ingest.database import database_at\n"
        "from ingest.sweeper import Sweeper\n"
        "from tests.ingest import test_inbox as t\n"
        "Chatwoot.parse = t.parse\n"
        "with database_at(sys.argv[1]) as database:\n"
        "    now = datetime.fromisoformat(sys.argv[2])\n"
        "    Sweeper(t.inbox(database), lambda _: t.CHAT, lambda: now).sweep()\n"
    )
    words = [sys.executable, "-c", program, database.conninfo, str(now)]
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    assert ended.returncode in (0, -9), ended.stderr
    return ended.returncode == -9


def test_dying_while_storing_is_never_held_against_the_delivery(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("the database went away")

    inbox(database).take(CHAT, MESSAGE, NOW)
    with monkeypatch.context() as patch:
        patch.setattr("ingest.store.Store.write", away)
        for times in range(1, 3 * ATTEMPTS):
            at = NOW + times * LEASE
            assert Sweeper(inbox(database), lambda _: CHAT, lambda at=at: at).sweep() == 0
    in_an_hour = NOW + timedelta(hours=1)
    assert Sweeper(inbox(database), lambda _: CHAT, lambda: in_an_hour).sweep() == 1
    assert rows(database, LEDGER) == [(2, 2, 0, 0, 0)]


def test_what_the_database_refuses_goes_to_quarantine_as_it_came(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inboxes, "_checked", lambda told, _now: told)
    body = delivery((0, "queued", "\x00"))
    monkeypatch.setattr("ingest.stage._odd", lambda _line: False)
    taken = inbox(database).take(CHAT, body, NOW)
    inbox(database).settle(CHAT, taken)
    assert rows(database, "select reason, raw from quarantine") == [("unknown_shape", body)]
    assert rows(database, LEDGER) == [(1, 0, 0, 0, 1)]


def test_a_delivery_of_a_source_that_is_gone_stays_and_is_read_when_it_is_back(
    database: Database,
) -> None:
    inbox(database).take(CHAT, MESSAGE, NOW)
    for times in range(1, 2 * ATTEMPTS):
        at = NOW + times * LEASE
        assert Sweeper(inbox(database), lambda _: None, lambda at=at: at).sweep() == 0
    in_an_hour = NOW + timedelta(hours=1)
    assert Sweeper(inbox(database), lambda _: CHAT, lambda: in_an_hour).sweep() == 1
    assert rows(database, LEDGER) == [(2, 2, 0, 0, 0)]


def test_a_mistake_of_ours_does_not_end_the_sweeping(database: Database) -> None:
    asked = iter([KeyError("a mistake of ours")])

    def named(_: str) -> Source:
        for mistake in asked:
            raise mistake
        return CHAT

    with database.connect(autocommit=True) as connection:
        connection.execute("listen vigie_contacts")
        inbox(database).take(CHAT, MESSAGE, NOW)
        clock = itertools.count(1)
        with Sweeper(inbox(database), named, lambda: NOW + next(clock) * LEASE, 0.01) as sweeping:
            sweeping.start()
            assert list(connection.notifies(timeout=60, stop_after=1)), "nobody sweeps any more"
    assert rows(database, LEDGER) == [(2, 2, 0, 0, 0)]


def test_every_record_is_told_what_became_of_it(database: Database) -> None:
    first = delivery((0, "queued", "a"), (5, "answered", "a"))
    inbox(database).settle(CHAT, inbox(database).take(CHAT, first, NOW))
    mixed = delivery(
        (0, "queued", "a"),
        (5, "answered", "b"),
        (7, "held", "a"),
        (7, "held", "a"),
        (7, "held", "b"),
        (8, "broken", "x"),
        (40 * 86_400, "held", None),
    )
    settled = inbox(database).settle(CHAT, inbox(database).take(CHAT, mixed, NOW))
    assert [(each.became, each.reason) for each in settled.fates] == [
        ("duplicate", None),
        ("conflict", "id_conflict"),
        ("new", None),
        ("duplicate", None),
        ("conflict", "id_conflict"),
        ("refused", "bad_record"),
        ("refused", "bad_time"),
    ]
    told = settled.ledger
    assert (told.received, told.new, told.duplicate, told.quarantined) == (7, 1, 2, 4)


def test_of_one_id_in_one_delivery_the_greatest_revision_counts(database: Database) -> None:
    def parsed(*revisions: int) -> list[Parsed]:
        return [told(0, "queued", event_id="e", revision=each) for each in revisions]

    fates = inboxes.fates(parsed(1, 3, 2), {})
    assert [each.became for each in fates] == ["superseded", "new", "superseded"]
    stored = [each for each in parsed(5) if isinstance(each, Event)]
    (fate,) = inboxes.fates(parsed(4), {"superseded": stored})
    assert fate.became == "superseded"


POINTS = [each for each in POINTS_OF_A_BATCH if each not in ("pulled", "acknowledged")]


@pytest.mark.parametrize("point", POINTS)
def test_killed_between_any_two_steps_a_delivery_counts_once(
    database: Database, point: str
) -> None:
    assert die_delivering(database, point)
    is_kept = inbox(database).waiting()[0] == 1
    assert is_kept == (point != "committed"), "in the inbox until what it tells is stored"
    assert sweeper(database).sweep() == int(is_kept)
    assert rows(database, LEDGER) == [(2, 2, 0, 0, 0)]

    resent = inbox(database).settle(CHAT, inbox(database).take(CHAT, MESSAGE, LATER))
    assert resent.ledger.duplicate == 2
    assert rows(database, "select count(*) from events") == [(2,)]


def die_delivering(database: Database, point: str) -> bool:
    """Take and settle a delivery in a process of its own that is killed at the point."""
    program = (
        "import sys\n"
        "from ingest.connectors.chatwoot import Chatwoot\n"
        "from ingest.database import database_at\n"
        "from tests.ingest import test_inbox as t\n"
        "Chatwoot.parse = t.parse\n"
        "with database_at(sys.argv[1]) as database:\n"
        "    inbox = t.inbox(database)\n"
        "    inbox.settle(t.CHAT, inbox.take(t.CHAT, t.MESSAGE, t.NOW))\n"
    )
    words = [sys.executable, "-c", program, database.conninfo]
    doomed = {**os.environ, "VIGIE_FAILPOINT": point}
    ended = subprocess.run(words, check=False, capture_output=True, text=True, env=doomed)
    assert ended.returncode in (0, -9), ended.stderr
    return ended.returncode == -9
