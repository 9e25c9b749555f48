"""The moves by reason and outcome, and who came again most often."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from msgspec.structs import replace

from ingest.connector import Source
from ingest.database import Database
from ingest.events import Identity
from kpis.journeys import flows, journeys, returners
from kpis.query import KpiQuery
from tests.kpis.linked import NOW, Linked
from tests.kpis.telling import MONDAY, contact

DAY = timedelta(days=1)
QUERY = KpiQuery(from_=MONDAY - DAY, to=MONDAY + 20 * DAY, now=NOW)


@pytest.fixture
def told(database: Database) -> Database:
    """Ada: a lost call, a call, a mail, all within two days.  Bob: a lost call and a call.
    Cleo: one call."""
    said = {
        "ada": [
            *contact("a1", left="abandoned", reason="billing"),
            *contact("a2", MONDAY + DAY, reason="billing"),
            *contact("a3", MONDAY + 2 * DAY, "message_out", channel="email"),
        ],
        "bob": [
            *contact("b1", left="abandoned", reason="billing"),
            *contact("b2", MONDAY + DAY, reason="delivery"),
        ],
        "cleo": contact("c1", reason="billing"),
    }
    known = [
        replace(event, identities=(Identity("crm", name * 3), Identity("email", f"{name}@x.org")))
        for name, events in said.items()
        for event in events
    ]
    Linked(database).load(Source("test", "simulator"), known)
    return database


def test_flows_tell_after_what_and_add_up_to_the_moves(told: Database) -> None:
    with told.engine.connect() as connection:
        found = flows(connection, QUERY)
        moves = journeys(connection, QUERY).moves
    assert {(one.from_, one.reason, one.outcome, one.to): one.count for one in found} == {
        ("phone", "billing", "abandoned", "phone"): 2,
        ("phone", "billing", "answered", "email"): 1,
    }
    summed = Counter[tuple[str, str]]()
    for one in found:
        summed[one.from_, one.to] += one.count
    assert summed == {(move.from_, move.to): move.count for move in moves}


@pytest.mark.parametrize(("after", "counts"), [("abandoned", [2]), ("answered", [1])])
def test_flows_after_one_outcome_leave_the_others_out(
    told: Database, after: str, counts: list[int]
) -> None:
    with told.engine.connect() as connection:
        assert [one.count for one in flows(connection, QUERY, after=after)] == counts


def test_who_came_again_most_often_comes_first_and_masked(told: Database) -> None:
    with told.engine.connect() as connection:
        first, second = returners(connection, QUERY)
        [only] = returners(connection, QUERY, after="answered")
        assert returners(connection, QUERY, limit=1) == [first]
    assert (first.contacts, first.repeated, first.channels) == (3, 2, 2)
    assert (second.contacts, second.repeated, second.channels) == (2, 1, 1)
    assert only.customer_key == first.customer_key
    assert "a•••@x.org" in first.known_by
    assert "ada@" not in first.known_by
