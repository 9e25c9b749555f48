"""The KPIs of callbacks, of what the desk does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.bootstrap import House
from app.callback_desk.attempts import record
from app.callback_desk.booking import Bookings, Wish
from app.callback_desk.facts import Outcome
from app.callback_desk.planning import Planner
from kpis.series import KpiQuery, compute

#: A Monday in Paris, 9:50 there, and the slot that is booked.
NOW = datetime(2026, 11, 23, 8, 50, tzinfo=UTC)
SLOT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_the_figures_are_those_of_the_desk(house: House) -> None:
    bookings = Bookings(house, Planner(house.database, house.settings.tz, "FR"))
    first, second = (
        bookings.book(Wish(f"+336399800{number:02}", SLOT, f"request-{number}"), NOW).id
        for number in (1, 2)
    )
    record(house, first, Outcome.NO_ANSWER, "otto", SLOT)
    record(house, first, Outcome.REACHED, "otto", SLOT + 20 * MINUTE)
    record(house, second, Outcome.REACHED, "otto", SLOT + 31 * MINUTE)
    query = KpiQuery(from_=NOW - DAY, to=NOW + DAY, now=NOW + DAY)
    with house.database.engine.connect() as connection:
        [row] = compute(connection, query)
    figures = [row.kpis[key] for key in ("callback_attempts", "callback_punctuality")]
    assert figures == [1.5, 0.5]
