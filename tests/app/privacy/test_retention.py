"""What is old goes by itself; what is summed stays, and what is left is verified to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.bootstrap import House, linker_of
from app.customers import found_by
from app.duties import forget_by_age
from app.privacy.retention import retain, tonight
from ingest.connector import Source
from ingest.customer_check import recompute
from ingest.events import Event, Identity, Rejected
from kpis.rollup import rebuild, verify

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
#: Midnight, thirteen months before.
HORIZON = datetime(2025, 10, 22, tzinfo=UTC)
PBX = Source("pbx", "test")


def call(
    number: str, at: datetime, phone: str | None, *, agent: str = "ada", due: bool = True
) -> Iterator[Event]:
    """A call that was answered; without `due` it waits for ever."""
    who = () if phone is None else (Identity("phone", phone),)
    told = {"contact_id": number, "channel": "phone", "queue": "billing"}
    yield Event(event_id=f"{number}q", occurred_at=at, kind="queued", identities=who, **told)
    if due:
        then = at + timedelta(seconds=20)
        yield Event(event_id=f"{number}a", occurred_at=then, kind="answered", agent=agent, **told)


def state(at: datetime, agent: str = "ada") -> Event:
    return Event(
        event_id=f"{agent}{at}", occurred_at=at, kind="agent_state", contact_id=f"agent:{agent}",
        channel="phone", agent=agent, attributes={"state": "available"},
    )  # fmt: skip


OLD, YOUNG = HORIZON - timedelta(days=1), HORIZON + timedelta(days=1)
ONLY_OLD, BOTH = "+33639980001", "+33639980002"


@pytest.fixture
def aged(house: House) -> House:
    """Two customers, one of whom called on both sides of the horizon, and a conversation across."""
    across = {"contact_id": "across", "channel": "messaging"}
    events = [
        *call("1", OLD, ONLY_OLD), *call("2", OLD + timedelta(hours=1), ONLY_OLD),
        *call("3", OLD, BOTH), *call("4", YOUNG, BOTH), *call("5", NOW - timedelta(days=1), BOTH),
        *call("6", OLD, None), *call("7", NOW - timedelta(days=40), None, agent="bob"),
        Event(event_id="x1", occurred_at=OLD, kind="message_in", **across),
        Event(event_id="x2", occurred_at=YOUNG, kind="message_out", agent="bob", **across),
        state(NOW - timedelta(days=31)), state(NOW - timedelta(days=29)),
    ]  # fmt: skip
    house.store.write(PBX, events, now=NOW)
    for days in (31, 29):
        refused = Rejected(reason="bad_json", detail="?", raw=b"%d" % days)
        house.store.write(PBX, [refused], now=NOW - timedelta(days=days))
    linker_of(house).drain(NOW)
    return house


def asked(house: House, query: str) -> list[tuple[object, ...]]:
    with house.database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


def differing(house: House) -> list[object]:
    with house.database.engine.connect() as connection:
        return [*verify(connection), *recompute(connection)]


SUMS = "select quarter, channel, offered, answered from rollup_quarter where offered > 0 order by 1"


def test_contacts_go_with_their_customers_and_agents_names_and_the_sums_stay(
    aged: House,
) -> None:
    sums = asked(aged, SUMS)
    done = {line.what: line.forgotten for line in retain(aged, NOW)}
    assert done == {
        "contacts": 4, "days of events": 1, "agents": 4, "looks at customers": 0,
        "refused records": 1,
    }  # fmt: skip
    left = asked(aged, "select contact_id from contacts order by contact_id")
    assert left == [("4",), ("5",), ("7",), ("across",)]
    assert asked(aged, SUMS) == sums
    assert found_by(aged, ONLY_OLD, ("phone",)) is None
    assert found_by(aged, BOTH, ("phone",)) is not None
    assert asked(aged, "select count(*) from links") == [(2,)]
    named = "select contact_id, agent from contacts where agent is not null"
    assert asked(aged, named) == [("5", "ada")]
    assert asked(aged, "select count(*) from events where kind = 'agent_state'") == [(1,)]
    assert asked(aged, "select count(*) from agent_states") == [(1,)]
    assert differing(aged) == []
    assert sum(line.forgotten for line in retain(aged, NOW)) == 0


def test_a_day_of_events_goes_whole_unless_something_young_began_in_it(aged: House) -> None:
    retain(aged, NOW)
    held = asked(aged, "select event_id from events where occurred_at < '2025-10-22Z'")
    assert held == [("x1",)]
    retain(aged, NOW + timedelta(days=1))
    assert asked(aged, "select to_regclass('events_20251021')::text") == [("events_20251021",)]
    # Once the conversation is old as well, its day goes whole.
    retain(aged, NOW + timedelta(days=3))
    assert asked(aged, "select to_regclass('events_20251021')") == [(None,)]
    assert differing(aged) == []


def test_a_dry_run_says_it_and_changes_nothing(aged: House) -> None:
    everything = (
        "select count(*), (select count(*) from contacts where agent is not null) from events"
    )
    before = asked(aged, everything)
    planned = retain(aged, NOW, dry_run=True)
    assert asked(aged, everything) == before
    assert asked(aged, "select count(*) from forgotten") == [(0,)]
    done = retain(aged, NOW)
    same = ("contacts", "looks at customers", "refused records", "days of events")
    assert [line for line in planned if line.what in same] == [
        line for line in done if line.what in same
    ]


def test_what_is_older_is_not_taken_in_again_and_sums_are_not_made_anew(aged: House) -> None:
    retain(aged, NOW)
    sums = asked(aged, SUMS)
    ledger = aged.store.write(PBX, [*call("1", OLD, ONLY_OLD)], now=NOW + timedelta(minutes=1))
    assert (ledger.received, ledger.quarantined) == (2, 2)
    assert asked(aged, "select raw, detail from quarantine where reason = 'past_retention'") == [
        (b"", "it is of before 2025-10-22")
    ]
    with aged.database.engine.begin() as connection:
        rebuild(connection)
    assert asked(aged, SUMS) == sums
    # Who calls again after that is a new customer.
    aged.store.write(PBX, [*call("8", NOW, ONLY_OLD)], now=NOW + timedelta(minutes=1))
    linker_of(aged).drain(NOW)
    link = (
        "select since_ms from links join contacts using (thread_key, turn) where contact_id = '8'"
    )
    assert asked(aged, link) == [(None,)]
    assert differing(aged) == []


def test_the_terms_are_settings_that_a_duty_keeps_every_night(aged: House, tmp_path: Path) -> None:
    (tmp_path / "vigie.toml").write_text("[privacy]\ncontacts_months = 120\nagents_days = 3660\n")
    done = {line.what: line.forgotten for line in retain(aged, NOW)}
    assert (done["contacts"], done["agents"]) == (0, 0)
    (tmp_path / "vigie.toml").unlink()
    forget_by_age.run(aged, NOW - timedelta(days=1))
    assert asked(aged, "select count(*) from contacts") == [(8,)]
    forget_by_age.run(aged, NOW)
    assert asked(aged, "select count(*) from contacts") == [(4,)]


def test_a_night_is_worked_in_once_and_not_the_first(house: House) -> None:
    """At three by the clock of Paris."""
    evening = datetime(2026, 11, 22, 21, tzinfo=UTC)
    assert not tonight(house, evening)
    assert not tonight(house, evening + timedelta(hours=4, minutes=59))
    assert tonight(house, evening + timedelta(hours=5, minutes=1))
    assert not tonight(house, evening + timedelta(hours=6))
    assert tonight(house, evening + timedelta(days=3))
