"""What comes of attempts, and what ends by itself."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.bootstrap import House
from app.callback_desk.attempts import record
from app.callback_desk.booking import AlreadyWaiting, Booked, Bookings, Wish
from app.callback_desk.by_itself import begin, forget
from app.callback_desk.facts import Outcome
from app.callback_desk.listing import Callback, listed
from app.callback_desk.planning import Planner
from app.duties import begin_callbacks, forget_callers
from app.errors import Conflict, NotFound

#: A Monday in Paris, 9:50 there, and the slot that is booked.
NOW = datetime(2026, 11, 23, 8, 50, tzinfo=UTC)
SLOT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def bookings(house: House) -> Bookings:
    return Bookings(house, Planner(house.database, house.settings.tz, "FR"))


@pytest.fixture
def booked(bookings: Bookings) -> Booked:
    return bookings.book(wish(1), NOW)


def wish(number: int, start: datetime = SLOT) -> Wish:
    return Wish(f"+336399800{number:02}", start, f"request-{number}-{start:%H%M}")


def tell(house: House, booked: Booked, *outcomes: Outcome, at: datetime = SLOT) -> Callback:
    for number, outcome in enumerate(outcomes):
        callback = record(house, booked.id, outcome, "otto", at + number * 20 * MINUTE)
    return callback


def wait(house: House, at: datetime = SLOT) -> None:
    """The slot begins, and several notice it at once."""
    assert begin(house, at) == 1
    assert begin(house, at) == 0


def contact(house: House) -> tuple[object, ...]:
    with house.database.engine.connect() as connection:
        found = connection.execute(text("select outcome, wait_ms, resolved_at from contacts"))
        return tuple(found.one())


def seats(house: House) -> list[int]:
    with house.database.engine.connect() as connection:
        return list(connection.scalars(text("select booked from callback_slots")))


def due(house: House, now: datetime) -> int:
    with house.database.engine.connect() as connection:
        return len(listed(connection, "due", now, 10))


@pytest.mark.parametrize(
    ("outcome", "state", "left"),
    [
        (Outcome.REACHED, "reached", "answered"),
        (Outcome.WRONG_NUMBER, "failed", "flowed_out"),
        (Outcome.CANCELLED, "cancelled", "abandoned"),
        (Outcome.BUSY, "open", "open"),
        (Outcome.NO_ANSWER, "open", "open"),
    ],
)
def test_an_outcome_moves_the_callback_and_its_contact(
    house: House, booked: Booked, outcome: Outcome, state: str, left: str
) -> None:
    wait(house)
    callback = tell(house, booked, outcome)
    assert (callback.state, callback.tried, contact(house)[0]) == (state, 1, left)
    assert [each.by for each in callback.attempts] == ["otto"]


def test_who_does_not_answer_is_due_again_until_it_was_tried_often_enough(
    house: House, booked: Booked
) -> None:
    assert (due(house, SLOT - MINUTE), due(house, SLOT)) == (0, 1)
    tell(house, booked, Outcome.NO_ANSWER)
    assert (due(house, SLOT + 14 * MINUTE), due(house, SLOT + 15 * MINUTE)) == (0, 1)
    assert tell(house, booked, Outcome.BUSY, Outcome.NO_ANSWER).state == "failed"
    assert contact(house)[0] == "flowed_out"
    assert due(house, SLOT + DAY) == 0
    with pytest.raises(Conflict, match="failed already"):
        tell(house, booked, Outcome.REACHED)


@pytest.mark.parametrize(("after", "late_s"), [(-5, 0), (29, 0), (30, 0), (42, 720)])
def test_the_wait_is_what_the_call_was_late_by(
    house: House, booked: Booked, after: int, late_s: int
) -> None:
    at = SLOT + after * MINUTE
    tell(house, booked, Outcome.REACHED, at=at)
    assert contact(house) == ("answered", late_s * 1000, at)


def test_one_who_cancels_gives_the_place_back_while_somebody_can_use_it(
    house: House, bookings: Bookings, booked: Booked
) -> None:
    tell(house, booked, Outcome.CANCELLED, at=NOW + MINUTE)
    assert seats(house) == [0]
    again = bookings.book(wish(2), NOW + 2 * MINUTE)
    tell(house, again, Outcome.CANCELLED, at=SLOT + MINUTE)
    assert seats(house) == [1]


def test_all_who_tell_at_once_are_heard_and_one_end_stands(house: House, booked: Booked) -> None:
    outcomes = [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REACHED, Outcome.REACHED]
    start, refused = threading.Barrier(len(outcomes)), list[Exception]()

    def run(outcome: Outcome, number: int) -> None:
        start.wait()
        try:
            record(house, booked.id, outcome, f"agent {number}", SLOT)
        except Conflict as error:
            refused.append(error)

    threads = [
        threading.Thread(target=run, args=(outcome, number))
        for number, outcome in enumerate(outcomes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with house.database.engine.connect() as connection:
        told = list(connection.scalars(text("select outcome from callback_attempts")))
        state = connection.scalar(text("select state from callbacks"))
        answers = connection.scalar(text("select count(*) from events where kind = 'answered'"))
    assert (state, told.count("reached"), answers) == ("reached", 1, 1)
    assert len(told) + len(refused) == len(outcomes)


def test_what_nobody_calls_in_a_day_is_given_up_and_its_number_forgotten_a_day_later(
    house: House, booked: Booked, bookings: Bookings
) -> None:
    forget_callers.run(house, booked.end + DAY)
    begin_callbacks.run(house, booked.end + DAY)
    assert contact(house)[0] == "open"
    ended = booked.end + DAY + MINUTE
    for _ in range(2):
        forget_callers.run(house, ended)
    assert contact(house)[0] == "flowed_out"
    assert phones(house) == ["+33639980001"]
    forget_callers.run(house, ended + DAY + MINUTE)
    assert phones(house) == [None]
    # The wish is still known, and the same number may wish again.
    assert bookings.book(wish(1), ended) == booked


def test_an_open_callback_keeps_its_number_and_its_place_in_the_list(
    house: House, booked: Booked, bookings: Bookings
) -> None:
    assert forget(house, SLOT + 2 * DAY) == 0
    assert phones(house) == ["+33639980001"]
    with pytest.raises(AlreadyWaiting):
        bookings.book(wish(1, SLOT + 30 * MINUTE), NOW)
    with pytest.raises(NotFound, match="no callback"):
        record(house, "nobody's", Outcome.BUSY, "otto", NOW)


def phones(house: House) -> list[str | None]:
    with house.database.engine.connect() as connection:
        return list(connection.scalars(text("select phone from callbacks")))
