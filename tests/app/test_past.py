"""The past: what is looked at later is what stood there then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.bootstrap import House
from app.past import house_at
from ingest.connector import Source
from ingest.connectors.simulator import Record, translate
from kpis.board import Board, Line, read
from kpis.snapshot import snapshot
from sample_data.simulator import Simulator
from tests.extent import extent
from tests.kpis.linked import Linked
from tests.kpis.telling import contact

#: A Sunday night in Paris: the first looks fall into a Monday.
START = datetime(2026, 3, 1, 22, tzinfo=UTC)
SOURCE = Source("centre", "simulator")


def board(house: House, at: datetime) -> Board:
    with snapshot(house.database.engine) as connection:
        return read(connection, at, house.settings.tz)


def told(records: list[Record], linked: Linked) -> None:
    """Stored and linked, each customer known by one identity: who is who stays as it is."""
    known = [
        msgspec.structs.replace(
            record, customer={kind: key for kind, key in record.customer.items() if kind == "crm"}
        )
        for record in records
    ]
    events = [translate(msgspec.json.encode(record)) for record in known]
    linked.load(SOURCE, events, now=records[-1].at if records else START)


def differing(one: Line, other: Line) -> dict[str, tuple[object, object]]:
    """The KPIs that are not the same."""
    pairs = {key: (one.kpis[key], other.kpis[key]) for key in one.kpis}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("seed", range(extent(1, 6)))
def test_a_board_kept_live_equals_the_board_travelled_to_later(house: House, seed: int) -> None:
    linked = Linked(house.database)
    simulator = Simulator(seed, START)
    looks = [START + timedelta(hours=hours, minutes=7, seconds=11) for hours in (10, 15, 34)]
    live = []
    for at in looks:
        told(list(simulator.history(at)), linked)
        live.append(board(house, at))
    told(list(simulator.history(looks[-1] + timedelta(hours=30))), linked)
    for at, then in zip(looks, live, strict=True):
        with house_at(house, at) as past:
            again = board(past, at)
        assert then.total.waiting + then.total.backlog > 0
        assert differing(again.total, then.total) == {}
        assert again.total == then.total
        assert again.channels == then.channels
        assert again.queues == then.queues
        assert again.trend == then.trend
        assert again.bots == then.bots
        [source] = again.sources
        assert source.last_event_at == then.sources[0].last_event_at


def test_nothing_can_be_changed_in_the_past(house: House) -> None:
    with (
        house_at(house, START) as past,
        past.database.engine.connect() as connection,
        pytest.raises(DBAPIError, match="read-only"),
    ):
        connection.execute(text("delete from targets"))


def test_who_looks_again_reads_the_same_snapshot_and_an_error_begins_it_anew(
    house: House,
) -> None:
    linked = Linked(house.database)
    linked.load(SOURCE, contact("a", START, wait_s=600))
    at = START + timedelta(minutes=5)
    with house_at(house, at) as past:
        assert board(past, at).total.waiting == 1
        # What comes late of then is seen as soon as the snapshot is another one.
        linked.load(SOURCE, contact("b", START, wait_s=600))
        assert board(past, at).total.waiting == 1
        with past.database.engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text("select 1 / 0"))
        assert board(past, at).total.waiting == 2


def test_who_looks_again_after_a_while_finds_another_session(house: House) -> None:
    with house_at(house, START) as past:
        engine = past.database.engine
        with engine.connect() as connection:
            connection.execute(text("set idle_in_transaction_session_timeout = '20ms'"))
            pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
        with house.database.connect(autocommit=True) as other:
            while other.execute("select from pg_stat_activity where pid = %s", [pid]).rowcount:
                other.execute("select pg_sleep(0.01)")
        assert board(past, START).total.waiting == 0
