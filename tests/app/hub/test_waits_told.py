"""The wait that a customer was told with an offer is kept, once, as the hub told it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from app.bootstrap import House
from app.duties import keep_waits_told
from app.exposure.surroundings import Rows, Wait, surroundings
from app.hub.telling import Seen, Telling
from kpis.estimate_schema import estimates

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
#: Sampled at NOON: seconds by channel and queue.
SAMPLES = {("phone", "billing"): 60, ("phone", "delivery"): 200, ("chat", ""): 30}


@pytest.fixture
def sampled(house: House) -> House:
    rows = [
        {"at": NOON, "channel": channel, "queue": queue, "occasion": "sample",
         "estimate_ms": wait_s * 1000, "recent_ms": None, "basis": "queue"}
        for (channel, queue), wait_s in SAMPLES.items()
    ]  # fmt: skip
    with house.database.engine.begin() as connection:
        connection.execute(insert(estimates), rows)
    return house


def shown(house: House, *seen: tuple[str, str | None, str]) -> None:
    """A button tells so half a minute after noon."""
    telling = Telling(lambda: house.store, clock=lambda: NOON + timedelta(seconds=30))
    telling.take(
        Seen("offer_shown", c, state, "web", reason, None, "") for c, reason, state in seen
    )
    assert telling.tell()


def kept(house: House) -> dict[tuple[str, str], float]:
    c = estimates.c
    query = select(c.channel, c.queue, c.estimate_ms).where(c.occasion == "offer", c.at == NOON)
    with house.database.engine.connect() as connection:
        return {(channel, queue): ms / 1000 for channel, queue, ms in connection.execute(query)}


def test_what_the_hub_told_is_kept_once_however_often_the_duty_runs(sampled: House) -> None:
    shown(sampled, ("phone", "billing", "open"), ("phone", "technical", "tucked"),
          ("chat", "billing", "closed"), ("video", None, "open"))  # fmt: skip
    for seconds in (60, 61, 200):
        keep_waits_told.run(sampled, NOON + timedelta(seconds=seconds))
    waits = tuple(Wait(*place, wait_s, NOON) for place, wait_s in SAMPLES.items())
    around = surroundings(Rows(waits=waits))
    at = NOON + timedelta(seconds=30)
    assert kept(sampled) == {
        ("phone", "billing"): around.wait_s("phone", "billing", at),
        ("phone", "delivery"): around.wait_s("phone", "technical", at),
    }


def test_nothing_is_kept_of_a_minute_in_which_nobody_was_shown_anything(sampled: House) -> None:
    keep_waits_told.run(sampled, NOON + timedelta(seconds=90))
    assert kept(sampled) == {}
