"""Readings from contacts: one statement for live and past, checked by counting again by hand."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from app.bootstrap import House
from app.exposure.rules.deciding import Reading
from app.exposure.rules.model import Condition, Measure, Rule
from app.exposure.rules.reading import read_now, read_past
from ingest.connector import Source
from ingest.events import Event
from kpis.costs import Decision, Price, set_price
from tests.kpis.telling import MONDAY, contact

SOURCE = Source("pbx", "simulator")
RULE = Rule(
    name="r",
    channel="phone",
    queue="billing",
    conditions=(Condition(measure=Measure.LONGEST_WAIT, enter=300, exit=200),),
    window_s=600,
)


def after(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def past(house: House, rule: Rule, minutes: int) -> list[Reading]:
    with house.database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        return read_past(driver, rule, MONDAY, after(60 * minutes))  # type: ignore[arg-type]


def now(house: House, rule: Rule, at: datetime) -> Reading:
    with house.database.engine.connect() as connection:
        return read_now(connection, rule, at)


def told(house: House, events: list[Event], at: datetime) -> None:
    house.store.write(SOURCE, events, now=at)


def test_every_minute_agrees_with_a_count_by_hand(house: House) -> None:
    rng = random.Random(7)
    calls = [
        (rng.uniform(0, 5400), rng.uniform(1, 900), rng.choice(["answered", "abandoned"]))
        for _ in range(300)
    ]
    events = [
        event
        for number, (at, wait, left) in enumerate(calls)
        for event in contact(f"c{number}", after(at), left, wait)
    ]
    events += contact("elsewhere", after(10), "answered", 3000, queue="sales")
    told(house, events, after(7200))
    with house.database.connect() as connection:
        rows = connection.execute(
            "select offered_at, left_at, due_at, outcome from contacts where queue = 'billing'"
        ).fetchall()
    for reading in past(house, RULE, 120):
        at, start = reading.at, reading.at - timedelta(minutes=10)
        waiting = [(at - came).total_seconds() for came, left, *_ in rows if came < at < left]
        assert reading.longest_wait == pytest.approx(max(waiting, default=0), abs=1e-3)
        gone = [row for row in rows if start <= row[1] < at]
        waited = [(left - came).total_seconds() for came, left, *_ in gone]
        mean = sum(waited) / len(waited) if waited else None
        assert reading.average_wait == pytest.approx(mean, abs=2e-3)
        good = sum(outcome == "answered" and left <= due for _came, left, due, outcome in gone)
        late = sum(due < at <= left for _came, left, due, _outcome in rows)
        level = good / (len(gone) + late) if gone or late else None
        assert reading.service_level == pytest.approx(level)


def test_live_reads_what_the_past_will_say_of_that_minute(house: House) -> None:
    told(house, [*contact("a", after(0), None), *contact("b", after(100), "answered", 30)],
         after(240))  # fmt: skip
    live = now(house, RULE, after(240))
    assert live.longest_wait == 240
    assert live.average_wait == 30
    assert past(house, RULE, 4)[-1].longest_wait == live.longest_wait
    assert (live.fed_at, live.fed_by) == (after(240), "pbx")


def test_an_unanswered_mail_ages_the_backlog_and_not_the_line(house: House) -> None:
    mail = {"channel": "email", "queue": None}
    old = contact("old", after(-86_400 * 5), None, **mail)  # type: ignore[arg-type]
    told(house, [*old, *contact("new", after(0), None, **mail)], after(60))  # type: ignore[arg-type]
    rule = RULE.__class__(name="r", channel="email", conditions=RULE.conditions)
    reading = now(house, rule, after(60))
    assert reading.backlog_age == 5 * 86_400 + 60
    assert reading.longest_wait == 0


def test_a_call_that_its_source_lost_is_waited_for_four_hours_at_most(house: House) -> None:
    told(house, contact("lost", after(0), None), after(60))
    readings = past(house, RULE, 4 * 60 + 2)
    assert readings[4 * 60 - 1].longest_wait == 4 * 3600 - 60
    assert readings[4 * 60 + 1].longest_wait == 0


def test_the_feed_is_as_fresh_as_the_source_that_is_farthest_behind(house: House) -> None:
    told(house, contact("a", after(0), None), after(60))
    other = Source("second", "simulator")
    house.store.write(other, contact("b", after(10), None), now=after(10))
    house.store.write(SOURCE, [], now=after(600))
    reading = now(house, RULE, after(600))
    assert (reading.fed_by, reading.fed_at) == ("second", after(10))


def test_a_place_that_nothing_feeds_has_no_fresh_reading(house: House) -> None:
    assert now(house, RULE, MONDAY).fed_at is None


def test_cost_is_by_the_price_in_force_and_none_where_there_is_no_price(house: House) -> None:
    told(house, [*contact("a", after(0), talk_s=120), *contact("b", after(60), talk_s=60)],
         after(300))  # fmt: skip
    assert now(house, RULE, after(300)).cost is None
    price = Price(
        channel="phone", valid_from=MONDAY - timedelta(hours=1), per_contact=Decimal(1),
        per_minute=Decimal("0.5"),
    )  # fmt: skip
    with house.database.engine.begin() as connection:
        set_price(connection, price, Decision("ana", MONDAY, past=True))
    assert now(house, RULE, after(300)).cost == pytest.approx(2 + 1.5)
