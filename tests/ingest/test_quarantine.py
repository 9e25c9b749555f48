"""The quarantine's closed list, and what a replay will not do."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from ingest.connector import Source
from ingest.database import Database
from ingest.quarantine import REASONS, entries, replay
from tests.ingest.telling import NOW, keep, store, told

FLOORS = [Path(__file__).parents[2] / floor for floor in ("ingest", "app")]
USED = re.compile(r"""(?:RejectedEvent\(\s*|reason=)"([a-z_]+)",""")


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
