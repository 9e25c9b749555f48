"""The quarantine's closed list, and what a replay will not do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from ingest.connector import Source
from ingest.database import Database
from ingest.events import Rejected
from ingest.quarantine import KEPT, REASONS, entries, piles, replay, sweep
from tests.ingest.telling import NOW, keep, source, store, told

SAMPLES = Path(__file__).parents[2] / "sample_data"
FLOORS = [Path(__file__).parents[2] / floor for floor in ("ingest", "app")]
USED = re.compile(r"""(?:RejectedEvent\(\s*|reason=)"([a-z_]+)",""")


def refused(reason: str, raw: bytes) -> Rejected:
    return Rejected(reason=reason, detail="as told", raw=raw)


def set_aside(database: Database, records: Sequence[Rejected], now: datetime = NOW) -> None:
    store(database).write(source(), records, now=now)


def test_every_reason_that_the_code_gives_is_of_the_closed_list() -> None:
    used = {
        code
        for floor in FLOORS
        for path in floor.rglob("*.py")
        for code in USED.findall(path.read_text())
    }
    assert len(used) > 5
    assert used - set(REASONS) == set()


def test_the_second_content_of_an_id_is_never_replayed_over_the_first(database: Database) -> None:
    keep(database, [told(0, "queued", event_id="e1"), told(5, "queued", event_id="e1")])
    with database.engine.connect() as connection:
        chosen = entries(connection, reason="id_conflict")
    (done,) = replay(
        store(database), database.engine, chosen, lambda name: Source(name, "simulator"), now=NOW
    )
    assert (done.new, done.still_refused) == (0, REASONS["id_conflict"].remedy["en"])


def test_an_event_refused_for_its_time_gets_in_once_the_time_has_come(database: Database) -> None:
    early = told(40 * 86_400, "queued")
    assert keep(database, [early]).quarantined == 1
    with database.engine.connect() as connection:
        chosen = entries(connection)
    assert msgspec.json.decode(chosen[0].raw, type=type(early)) == early

    def pbx(name: str) -> Source:
        return Source(name, "simulator")

    (done,) = replay(store(database), database.engine, chosen, pbx, now=NOW)
    assert (done.new, done.still_refused is None) == (0, False)
    (done,) = replay(store(database), database.engine, chosen, pbx, now=early.occurred_at)
    assert (done.new, done.still_refused) == (1, None)


def test_as_many_and_as_long_records_as_a_batch_can_hold_are_kept_each_once(
    database: Database,
) -> None:
    records = [refused("bad_value", b"%06d" % number + bytes(65_000)) for number in range(600)]
    set_aside(database, [*records, *records[::-1]])
    with database.engine.connect() as connection:
        (pile,) = piles(connection)
        kept = entries(connection, limit=1000)
    assert pile.waiting == 600
    assert {one.raw for one in kept} == {one.raw for one in records}


def test_what_waits_is_counted_by_reason_and_source(database: Database) -> None:
    set_aside(
        database, [refused("bad_time", b"1"), refused("bad_time", b"2"), refused("bad_json", b"3")]
    )
    set_aside(database, [refused("bad_time", b"1")])  # the same bytes again are the same record
    with database.engine.connect() as connection:
        counted = [(pile.reason, pile.source, pile.waiting) for pile in piles(connection)]
    assert counted == [("bad_json", "pbx", 1), ("bad_time", "pbx", 2)]


def test_a_sweep_forgets_what_is_thirty_days_old_and_may_be_repeated(database: Database) -> None:
    set_aside(database, [refused("bad_time", b"old")], now=NOW)
    set_aside(database, [refused("bad_time", b"new")], now=NOW + timedelta(seconds=1))
    assert sweep(database.engine, NOW + KEPT) == 0
    assert sweep(database.engine, NOW + KEPT + timedelta(seconds=1)) == 1
    assert sweep(database.engine, NOW + KEPT + timedelta(seconds=1)) == 0
    with database.engine.connect() as connection:
        assert [one.raw for one in entries(connection)] == [b"new"]


def test_the_oldest_come_first_where_order_decides(database: Database) -> None:
    set_aside(database, [refused("bad_time", b"%d" % number) for number in range(4)])
    with database.engine.connect() as connection:
        assert [one.id for one in entries(connection, oldest=True, limit=2)] == [1, 2]
        assert [one.id for one in entries(connection, before=3)] == [2, 1]


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_is_explained_in_both_languages(code: str) -> None:
    for words in (REASONS[code].meaning, REASONS[code].remedy):
        assert set(words) == {"en", "fr"}
        assert all(words.values())
        assert words["en"] != words["fr"]


def test_a_delivery_that_tells_no_time_is_replayed_at_the_time_of_its_receipt(
    database: Database,
) -> None:
    text = (SAMPLES / "twilio_messaging" / "regular.txt").read_bytes()
    received_at = NOW - timedelta(days=2)
    line = Source("sms", "twilio-messaging")
    refusal = Rejected(reason="unknown_shape", detail="before the update", raw=text)
    store(database).write(line, [refusal], now=received_at)
    with database.engine.connect() as connection:
        chosen = entries(connection)
    replay(store(database), database.engine, chosen, lambda name: line, now=NOW)
    with database.connect() as connection:
        told_at = connection.execute("select occurred_at from events").fetchall()
    assert told_at == [(received_at,)]
