"""Durations of what has not happened: none, not zero."""

from __future__ import annotations

from sqlalchemy import text

from app.bootstrap import House
from ingest.connector import Source
from kpis.query import KpiQuery
from kpis.rollup import verify
from kpis.series import compute
from tests.kpis.telling import MONDAY, contact

TEST = Source("test", "simulator")


def test_who_was_not_answered_has_no_response_and_no_resolution(house: House) -> None:
    events = [
        *contact("open", left=None, channel="email"),
        *contact("answered", left="message_out", wait_s=600, channel="email"),
        *contact("resolved", left="message_out", wait_s=600, talk_s=1200, channel="email"),
        *contact("waiting", left=None),
    ]
    house.store.load(TEST, events, now=MONDAY)
    words = "select contact_id, wait_ms, response_ms, resolution_ms from contacts"
    with house.database.engine.connect() as connection:
        found = {row[0]: row[1:] for row in connection.execute(text(words))}
    assert found == {
        "open": (None, None, None),
        "answered": (600_000, 600_000, None),
        "resolved": (600_000, 600_000, 1_800_000),
        "waiting": (None, None, None),
    }


def test_means_are_over_those_that_were_answered_and_resolved(house: House) -> None:
    events = [
        *contact("open", left=None, channel="email"),
        *contact("resolved", left="message_out", wait_s=600, talk_s=1200, channel="email"),
    ]
    house.store.load(TEST, events, now=MONDAY)
    day = {"from_": MONDAY.replace(hour=0), "to": MONDAY.replace(hour=23), "now": MONDAY}
    with house.database.engine.connect() as connection:
        [row] = compute(connection, KpiQuery(**day))
        assert verify(connection) == []
    assert (row.kpis["first_response_s"], row.kpis["resolution_s"]) == (600.0, 1800.0)
