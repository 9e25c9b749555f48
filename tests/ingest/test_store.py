"""The store: nothing lost, nothing twice, one bad row never blocks its neighbours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import psycopg
import pytest

from ingest.connector import Source
from ingest.database import Database
from ingest.errors import DatabaseUnavailable
from ingest.events import Event, Identity, Rejected
from ingest.followers import Follower
from ingest.ledger import Ledger
from ingest.store import Store
from tests.ingest.telling import KEY, NOW, at, contacts_of, keep, only, source, store, told

CALL = [
    told(0, "queued", queue="billing"),
    told(12, "answered", agent="a7"),
    told(90, "closed", talk_ms=78_000),
]

BOOM = "insert into channels select 'x', 'sync', 1, 1 / (sign - sign), 1 from moved"


def dated(occurred_at: datetime) -> Event:
    return msgspec.structs.replace(CALL[0], occurred_at=occurred_at)


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_batch_and_its_ledger_close(database: Database) -> None:
    bad = Rejected(reason="bad_record", detail="line 4", raw=b"rubbish")
    ledger = store(database).write(source(), [*CALL, CALL[0], bad], now=NOW)
    assert ledger == Ledger(received=5, new=3, duplicate=1, quarantined=1, contacts=1)
    [(received, parts)] = rows(
        database, "select received, new + duplicate + superseded + quarantined from ledger"
    )
    assert received == parts == 5


def test_the_same_batch_again_changes_nothing(database: Database) -> None:
    keep(database, CALL)
    before = contacts_of(database)
    assert keep(database, CALL) == Ledger(received=3, duplicate=3)
    assert contacts_of(database) == before


def test_the_cursor_moves_with_the_data_or_not_at_all(database: Database) -> None:
    broken = Store(database, [Follower("boom", BOOM)], key=KEY)
    with pytest.raises(psycopg.errors.DivisionByZero):
        broken.write(source(), CALL, now=NOW, cursor="page 2")
    assert broken.cursor(source()) is None
    assert rows(database, "select * from events") == []
    store(database).write(source(), CALL, now=NOW, cursor="page 2")
    assert store(database).cursor(source()) == "page 2"


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (told(0, "queued", queue="a\x00b"), "bad_text"),
        (told(0, "queued", queue="\ud800"), "bad_text"),
        (told(0, "queued", event_id="x" * 3000), "too_long"),
        (told(0, "queued", contact=""), "missing_field"),
        (told(0, "queued", wait_ms=-1), "bad_duration"),
        (told(0, "queued", wait_ms=2**40), "bad_duration"),
        (dated(datetime(9999, 1, 1, tzinfo=UTC)), "bad_time"),
        (dated(datetime(1, 1, 1, tzinfo=UTC)), "bad_time"),
        (dated(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9)))), "bad_time"),
        (dated(NOW.replace(tzinfo=None)), "bad_time"),
        (told(0, "queued", attributes={"note": "a\x00b"}), "bad_text"),
    ],
)
def test_one_bad_event_goes_to_quarantine_and_its_neighbours_are_stored(
    database: Database, spoilt: Event, reason: str
) -> None:
    neighbour = told(1, "queued", "neighbour")
    ledger = keep(database, [spoilt, neighbour])
    assert (ledger.new, ledger.quarantined) == (1, 1)
    assert rows(database, "select reason from quarantine") == [(reason,)]
    assert only(contacts_of(database))["contact_id"] == "neighbour"


def test_text_that_copy_would_misread_comes_back_as_it_was(database: Database) -> None:
    odd = 'tab\t newline\n return\r backslash\\ quote" é 🙂 \\N'
    keep(database, [told(0, "queued", queue=odd, attributes={"k": odd})])
    [(queue, attribute)] = rows(database, "select queue, attributes->>'k' from events")
    assert queue == attribute == odd


def test_one_id_with_another_content_is_quarantined_and_the_first_stands(
    database: Database,
) -> None:
    keep(database, [told(0, "queued", event_id="e", queue="billing")])
    ledger = keep(database, [told(0, "queued", event_id="e", queue="sales")])
    assert ledger == Ledger(received=1, quarantined=1)
    assert only(contacts_of(database))["queue"] == "billing"
    assert rows(database, "select reason from quarantine") == [("id_conflict",)]


def test_a_redelivery_under_another_time_is_a_conflict_too(database: Database) -> None:
    keep(database, [told(0, "queued", event_id="e"), told(9, "answered")])
    assert keep(database, [told(4, "queued", event_id="e")]).quarantined == 1


def test_a_newer_revision_replaces_and_an_older_one_is_superseded(database: Database) -> None:
    def record(revision: int, second: float, queue: str) -> Event:
        return told(second, "queued", event_id="r", revision=revision, queue=queue)

    keep(database, [record(2, 0, "billing")])
    assert keep(database, [record(1, 0, "old")]) == Ledger(received=1, superseded=1)
    assert keep(database, [record(3, 90_000, "new"), record(2, 0, "billing")]) == Ledger(
        received=2, new=1, superseded=1
    )
    call = only(contacts_of(database))
    assert (call["queue"], call["offered_at"]) == ("new", at(90_000))
    assert rows(database, "select count(*) from events") == [(1,)]


def test_a_late_fact_that_joins_two_contacts_leaves_one(database: Database) -> None:
    keep(database, [
        told(0, "message_in", channel="email"),
        told(3600, "message_out", channel="email"),
        told(80 * 3600, "message_in", channel="email", event_id="next"),
    ])
    assert len(contacts_of(database)) == 2
    late = told(40 * 3600, "message_out", channel="email", event_id="late")
    assert keep(database, [late]).contacts == -1
    assert len(contacts_of(database)) == 1


def test_identities_are_kept_sealed_and_masked(database: Database) -> None:
    keep(database, [told(0, "queued", identities=(Identity("phone", "+33 1 99 00 12 34"),))])
    [(kept,)] = rows(database, "select identities::text from events")
    assert "99001234" not in str(kept).replace(" ", "")
    assert "•••34" in str(kept)
    [(dump,)] = rows(database, "select string_agg(e::text, '') from events e")
    assert "9900" not in str(dump).replace(" ", "")


def test_a_local_time_is_stored_as_its_instant(database: Database) -> None:
    paris = msgspec.structs.replace(
        CALL[0], occurred_at=at(0).astimezone(timezone(timedelta(hours=1)))
    )
    keep(database, [paris])
    assert keep(database, [CALL[0]]).duplicate == 1


def test_readers_are_woken_after_the_commit(database: Database) -> None:
    with database.connect(autocommit=True) as listener:
        listener.execute("listen vigie_contacts")
        keep(database, CALL)
        [note] = listener.notifies(timeout=10, stop_after=1)
    assert (note.channel, note.payload) == ("vigie_contacts", "")


def test_a_database_that_is_gone_is_said_in_one_line(database: Database) -> None:
    writer = store(database)
    with database.connect(autocommit=True) as admin:
        name = admin.info.dbname
        database.engine.dispose()
        with psycopg.connect(database.conninfo, dbname="postgres", autocommit=True) as other:
            other.execute(f'alter database "{name}" allow_connections false'.encode())
        with pytest.raises(DatabaseUnavailable, match=r"tell the batch again|no PostgreSQL"):
            writer.write(Source("pbx", "test"), CALL, now=NOW)
