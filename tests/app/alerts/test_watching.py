"""Alerts at work: one row a firing, told once, held by a silent feed, seen to by people."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from app.alerts import reading as alert_reading
from app.alerts.book import AlertBook, tomorrow
from app.alerts.deciding import Note
from app.alerts.model import Alert, Kind, Side
from app.alerts.records import Status, Why
from app.alerts.watching import watch
from app.bootstrap import House
from app.duties import Duties
from app.errors import Conflict, Forbidden, NotFound
from app.exposure.desk import reading
from app.outbox import deliveries, subscribers
from app.outbox.addresses import Reach
from tests.app.alerts.conftest import ANA, EVE, SOURCE, WAITS, Look, after
from tests.kpis.telling import MONDAY, contact


def caller_waits(house: House) -> None:
    house.store.write(SOURCE, contact("waits", MONDAY, None), now=MONDAY)


def caller_is_answered(house: House, minutes: float) -> None:
    told = contact("waits", MONDAY, "answered", minutes * 60)
    house.store.write(SOURCE, told, now=after(minutes))


def test_it_fires_with_what_was_read_and_is_over_when_it_is_back(
    house: House, book: AlertBook, look: Look
) -> None:
    caller_waits(house)
    book.save(WAITS, ANA, MONDAY)
    look(6)
    assert book.firing() == ()
    look(7)
    (firing,) = book.firing()
    assert (firing.alert, firing.value, firing.fired_at) == (WAITS, 420.0, after(7))
    assert firing.status(after(7)) is Status.FIRING
    caller_is_answered(house, 8)
    look(9)
    look(10)
    (ended,) = book.history()
    assert (ended.over_at, ended.over_why, ended.over_value) == (after(10), Why.BACK, 0.0)
    assert book.firing() == ()


def test_processes_that_look_at_once_make_one_row_of_a_firing(
    house: House, book: AlertBook, look: Look
) -> None:
    caller_waits(house)
    book.save(replace(WAITS, held_s=0), ANA, MONDAY)
    house.store.write(SOURCE, [], now=after(7))
    with ThreadPoolExecutor(6) as pool:
        runs = [
            pool.submit(watch, house.database, after(7) + timedelta(seconds=n % 3),
                        house.settings.tz, mails=True)
            for n in range(18)
        ]  # fmt: skip
        for run in runs:
            run.result()
    assert len(book.history()) == 1


def test_a_turn_that_dies_leaves_nothing_and_the_next_makes_it_whole(
    house: House, book: AlertBook, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller_waits(house)
    book.save(replace(WAITS, held_s=0), ANA, MONDAY)
    with monkeypatch.context() as patch:
        patch.setattr("app.alerts.outward.tell", _dies)
        with pytest.raises(RuntimeError):
            look(7)
    assert book.history() == ()
    look(8)
    assert [each.fired_at for each in book.history()] == [after(8)]


def _dies(*told: object) -> None:
    raise RuntimeError("killed")


def test_a_silent_feed_neither_fires_nor_ends_anything_and_says_so(
    house: House, book: AlertBook, look: Look
) -> None:
    caller_waits(house)
    book.save(WAITS, ANA, MONDAY)
    watch(house.database, after(30), house.settings.tz, mails=True)
    assert book.get(WAITS.name).state.note is Note.STALE
    assert book.firing() == ()


def test_others_are_told_once_when_it_fires_and_once_when_it_is_over(
    house: House, book: AlertBook, look: Look
) -> None:
    with reading(house.database) as desk:
        subscribers.add(
            desk.rows, "ops", "https://example.com/hook", (), "ana", MONDAY, Reach.of("")
        )
    caller_waits(house)
    book.save(replace(WAITS, held_s=0), ANA, MONDAY)
    for minutes in (7, 8, 9):
        look(minutes)
    caller_is_answered(house, 9.5)
    look(10)
    look(11)
    with reading(house.database) as desk:
        told = deliveries.newest(desk.rows)
        bodies = desk.rows.execute("select body from webhook_deliveries order by id").fetchall()
    assert [each.kind for each in told] == ["alert.over", "alert.fired"]
    fired = msgspec.json.decode(bytes(bodies[0][0]))
    assert (fired["type"], fired["data"]["alert"], fired["data"]["value"]) == (
        "alert.fired", "long-wait", 420.0,
    )  # fmt: skip
    assert "mail" not in fired["data"]


def test_what_is_snoozed_is_told_when_the_snooze_ends_if_it_still_fires(
    house: House, book: AlertBook, look: Look
) -> None:
    caller_waits(house)
    mailed = replace(WAITS, held_s=0, mail=("sam@example.com",))
    book.save(mailed, ANA, MONDAY)
    book.snooze(mailed.name, after(20), ANA, MONDAY)
    look(7)
    (firing,) = book.firing()
    assert (firing.told_at, firing.status(after(7))) == (None, Status.SNOOZED)
    assert letters(house) == []
    look(21)
    (firing,) = book.firing()
    assert (firing.told_at, firing.status(after(21))) == (after(21), Status.FIRING)
    look(22)
    assert letters(house) == ["sam@example.com"]


def letters(house: House) -> list[str]:
    with reading(house.database) as desk:
        return [row[0] for row in desk.rows.execute("select recipient from alert_mails")]


def test_one_person_acknowledges_and_the_next_learns_who_did(
    house: House, book: AlertBook, look: Look
) -> None:
    caller_waits(house)
    book.save(replace(WAITS, held_s=0), ANA, MONDAY)
    with pytest.raises(Conflict, match="not firing"):
        book.acknowledge_named(WAITS.name, ANA, after(6))
    look(7)
    (firing,) = book.firing()
    with pytest.raises(Forbidden):
        book.acknowledge(firing.id, EVE, after(8))
    assert book.acknowledge(firing.id, ANA, after(8)).status(after(8)) is Status.ACKNOWLEDGED
    with pytest.raises(Conflict, match="ana has acknowledged"):
        book.acknowledge_named(WAITS.name, ANA, after(9))
    with pytest.raises(NotFound):
        book.acknowledge(firing.id + 1, ANA, after(9))


def test_a_changed_alert_is_its_next_version_and_one_switched_off_is_over(
    house: House, book: AlertBook, look: Look
) -> None:
    caller_waits(house)
    book.save(replace(WAITS, held_s=0), ANA, MONDAY)
    look(7)
    assert book.save(replace(WAITS, held_s=0, enter=360), ANA, after(7)).version == 2
    assert book.save(replace(WAITS, held_s=0, enter=360), ANA, after(7)).version == 2
    look(8)
    assert [each.version for each in book.firing()] == [1]
    book.switch(WAITS.name, False, ANA, after(9))
    look(10)
    assert [each.over_why for each in book.history()] == [Why.OFF]
    book.switch(WAITS.name, True, ANA, after(11))
    look(12)
    assert [each.version for each in book.firing()] == [2]


def test_a_kpi_of_the_last_minutes_is_read_of_the_scope_alone(
    house: House, book: AlertBook, look: Look
) -> None:
    for number in range(12):
        lost = contact(f"lost{number}", after(number), "abandoned", 30, queue="sales")
        held = contact(f"held{number}", after(number), "answered", 5, queue="care")
        house.store.write(SOURCE, [*lost, *held], now=after(20))
    of_sales = Alert(
        name="lost", kpi="abandonment_rate", channel="phone", queue="sales", enter=0.5, exit=0.3,
        held_s=0, min_volume=10,
    )  # fmt: skip
    whole = replace(of_sales, name="whole", queue="*", enter=0.6, exit=0.4)
    quiet = replace(of_sales, name="quiet", queue="nobody")
    for alert in (of_sales, whole, quiet):
        book.save(alert, ANA, MONDAY)
    look(20)
    assert [each.alert.name for each in book.firing()] == ["lost"]
    values = {each.alert.name: each.reading and each.reading.value for each in book.list()}
    assert values == {"lost": 1.0, "whole": 0.5, "quiet": None}
    look(45)  # those contacts are older than half an hour: nothing is left to judge
    assert [each.over_why for each in book.history()] == [Why.UNJUDGED]


def test_the_backlog_counts_what_is_open_whatever_day_it_came(
    house: House, book: AlertBook, look: Look
) -> None:
    for day in range(3):
        old = contact(f"old{day}", MONDAY - timedelta(days=day), None, channel="email")
        house.store.write(SOURCE, old, now=MONDAY)
    book.save(Alert(name="heap", kpi="backlog", enter=3, exit=1, held_s=0), ANA, MONDAY)
    look(1)
    assert [each.value for each in book.firing()] == [3.0]


def test_arrivals_above_the_forecast_band_fire_while_the_quarter_runs(
    house: House, book: AlertBook, look: Look
) -> None:
    usual = [
        event
        for week in range(1, 5)
        for hour in range(8)
        for number in range(6)
        for event in contact(
            f"u{week}-{hour}-{number}",
            MONDAY - timedelta(weeks=week) + timedelta(minutes=hour * 15 + number),
        )
    ]
    storm = [
        event for n in range(60) for event in contact(f"s{n}", after(16) + timedelta(seconds=n))
    ]
    house.store.write(SOURCE, usual, now=MONDAY)
    alert = Alert(
        name="storm", kpi="offered", kind=Kind.FORECAST, channel="phone", side=Side.ABOVE, held_s=0
    )
    book.save(alert, ANA, MONDAY)
    look(16)
    assert book.firing() == ()
    house.store.write(SOURCE, storm, now=after(18))
    look(18)
    (firing,) = book.firing()
    band = firing.reading.band
    assert band is not None
    assert firing.reading.count == 60 > band.high
    assert band.start == after(15)
    look(47)  # two quarters later nothing comes any more
    assert [each.over_why for each in book.history()] == [Why.BACK]


def test_one_that_cannot_be_read_keeps_no_other_from_firing(
    house: House, book: AlertBook, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller_waits(house)
    book.save(replace(WAITS, held_s=0), ANA, MONDAY)
    book.save(Alert(name="broken", kpi="offered", enter=1, exit=0, held_s=0), ANA, MONDAY)
    monkeypatch.setattr(alert_reading, "count", _dies)
    look(7)
    assert [each.alert.name for each in book.firing()] == ["long-wait"]


def test_until_tomorrow_is_the_next_morning_of_the_site(house: House) -> None:
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # already the 29th in Paris: the clocks change
    assert tomorrow(late, house.settings.tz) == datetime(2026, 3, 30, 6, 0, tzinfo=UTC)


def test_an_event_that_is_stored_fires_within_five_seconds(house: House, book: AlertBook) -> None:
    book.save(Alert(name="calls", kpi="offered", enter=1, exit=0, held_s=0), ANA, MONDAY)
    with Duties(house) as duties:
        duties.start()
        now = datetime.now(UTC)
        house.store.write(SOURCE, contact("rings", now, None), now=now)
        stored = time.monotonic()
        while not book.firing():
            assert time.monotonic() - stored < 20, "it never fired"
            threading.Event().wait(0.05)
        assert time.monotonic() - stored <= 5
