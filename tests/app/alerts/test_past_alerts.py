"""Trials: what would have fired, counted from contacts that are told in the test."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from app.alerts.book import AlertBook
from app.alerts.errors import InvalidAlert
from app.alerts.model import Alert, Kind, Side, tidy_alert
from app.alerts.past import NoPast
from app.bootstrap import House
from app.errors import Forbidden, WrongUse
from ingest.events import Event
from tests.app.alerts.conftest import ANA, EVE, SOURCE, WAITS, after
from tests.kpis.telling import MONDAY, contact


def tell(house: House, *contacts: list[Event]) -> None:
    house.store.write(SOURCE, [event for each in contacts for event in each], now=after(600))


def fired(book: AlertBook, alert: Alert, minutes: float = 600) -> list[tuple[float, float | None]]:
    """Minutes after MONDAY from and to when it would have fired on the last day."""
    trial = book.try_on(alert, 1, ANA, after(minutes))
    return [
        ((each.from_ - MONDAY) / timedelta(minutes=1),
         each.to and (each.to - MONDAY) / timedelta(minutes=1))
        for each in trial.spells
    ]  # fmt: skip


def test_ages_are_tried_minute_by_minute(house: House, book: AlertBook) -> None:
    tell(house, contact("a", after(0), "answered", 1200), contact("b", after(100), "answered", 600))
    # Each is beyond 5 minutes, held for one; the line is free at 20 and at 110, held for one.
    assert fired(book, WAITS) == [(6, 21), (106, 111)]


def test_a_rate_is_tried_over_a_window_that_slides_by_quarters(
    house: House, book: AlertBook
) -> None:
    lost = [contact(f"l{n}", after(60 + n), "abandoned", 30) for n in range(10)]
    good = [contact(f"g{n}", after(75 + n / 2), "answered", 5) for n in range(30)]
    tell(house, *lost, *good)
    alert = Alert(
        name="lost", kpi="abandonment_rate", enter=0.5, exit=0.3, held_s=0, min_volume=5,
        window_s=1800,
    )  # fmt: skip
    # At 75: 10 of 10 lost.  At 90: 10 of 40.
    assert fired(book, alert) == [(75, 90)]
    assert fired(book, replace(alert, window_s=900)) == [(75, 90)]
    # Of today: at 75 it fires, and by 90 it is a quarter.
    assert fired(book, replace(alert, window_s=0)) == [(75, 90)]


def test_the_backlog_is_tried_from_what_came_and_went(house: House, book: AlertBook) -> None:
    mails = [
        contact(f"m{n}", after(n), "answered", (100 - n) * 60, channel="email") for n in range(5)
    ]
    older = contact("old", MONDAY - timedelta(days=3), None, channel="email")
    tell(house, *mails, older)
    alert = Alert(name="heap", kpi="backlog", channel="email", enter=6, exit=1, held_s=0)
    assert fired(book, alert) == [(15, 105)]


def test_a_forecast_is_tried_against_what_each_morning_told(house: House, book: AlertBook) -> None:
    usual = [
        contact(f"u{week}-{hour}-{n}", MONDAY + timedelta(weeks=-week, minutes=hour * 15 + n))
        for week in range(1, 5) for hour in range(12) for n in range(6)
    ]  # fmt: skip
    today = [contact(f"t{hour}-{n}", after(hour * 15 + n)) for hour in range(12) for n in range(6)]
    storm = [contact(f"s{n}", after(61) + timedelta(seconds=n)) for n in range(60)]
    tell(house, *usual, *today, *storm)
    alert = Alert(
        name="storm", kpi="offered", kind=Kind.FORECAST, channel="phone", side=Side.ABOVE, held_s=0
    )
    (spell,) = fired(book, alert)
    assert spell == (75, 90)


def test_days_without_a_history_before_them_are_not_judged_by_a_forecast(
    house: House, book: AlertBook
) -> None:
    tell(house, *[contact(f"t{n}", after(n), channel="chat") for n in range(40)])
    alert = Alert(name="storm", kpi="offered", kind=Kind.FORECAST, channel="chat", held_s=0)
    assert fired(book, alert) == []


def test_what_has_no_past_says_so(book: AlertBook) -> None:
    with pytest.raises(NoPast, match="by segment"):
        book.try_on(replace(WAITS, segment="premium"), 14, ANA, MONDAY)


def test_a_trial_is_an_operators_and_of_sixty_days_at_most(book: AlertBook) -> None:
    with pytest.raises(Forbidden):
        book.try_on(WAITS, 14, EVE, MONDAY)
    with pytest.raises(WrongUse, match="1 to 60"):
        book.try_on(WAITS, 61, ANA, MONDAY)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"name": "Long wait"}, "alert_name"),
        ({"kpi": "happiness"}, "alert_kpi"),
        ({"exit": 300}, "alert_exit"),
        ({"side": Side.BELOW}, "alert_exit"),
        ({"side": Side.EITHER}, "alert_side"),
        ({"enter": float("nan")}, "alert_number"),
        ({"kpi": "service_level", "enter": 80, "exit": 70}, "alert_fraction"),
        ({"held_s": -1}, "alert_range"),
        ({"window_s": 60}, "alert_range"),
        ({"queue": "a\nb"}, "alert_scope"),
        ({"kind": Kind.FORECAST}, "alert_forecast_kpi"),
        ({"kind": Kind.FORECAST, "kpi": "offered", "queue": "q"}, "alert_forecast_scope"),
    ],
)
def test_an_alert_that_cannot_be_meant_is_refused_with_a_remedy(
    told: dict[str, object], code: str
) -> None:
    with pytest.raises(InvalidAlert) as refused:
        tidy_alert(replace(WAITS, **told), ())
    assert refused.value.code == code
