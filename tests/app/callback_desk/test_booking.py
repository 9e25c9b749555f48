"""A wish becomes one callback, one place in its slot and one contact, whoever else wants it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import pytest
from sqlalchemy import text

from app.bootstrap import House
from app.callback_desk.booking import (
    AlreadyWaiting,
    Booked,
    Bookings,
    OtherWish,
    SlotFull,
    Wish,
    WrongName,
    WrongNumber,
)
from app.callback_desk.by_itself import begin
from app.callback_desk.planning import Planner
from app.callback_desk.terms import Terms, write_terms
from app.decision import Decision
from ingest.errors import DatabaseUnavailable

#: A Monday in Paris, 9:50 there.
NOW = datetime(2026, 11, 23, 8, 50, tzinfo=UTC)
TEN_THIRTY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DECISION = Decision("otto", "tests", NOW)


def counter(house: House) -> Bookings:
    return Bookings(house, Planner(house.database, house.settings.tz, "FR"))


@pytest.fixture
def bookings(house: House) -> Bookings:
    return counter(house)


def wish(number: int = 0, **more: object) -> Wish:
    """The wish of the customer of that number."""
    told = {
        "phone": f"+336399800{number:02}", "start": TEN_THIRTY,
        "request_id": f"request-{number}", **more,
    }  # fmt: skip
    return msgspec.convert(told, Wish)


def rows(house: House, sql: str) -> list[tuple[object, ...]]:
    with house.database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_a_wish_takes_a_place_and_is_a_contact_when_its_slot_begins(
    house: House, bookings: Bookings
) -> None:
    booked = bookings.book(wish(1, name="  Ann   Lee ", surface="web"), NOW)
    assert (booked.start, booked.end) == (TEN_THIRTY, TEN_THIRTY + timedelta(minutes=30))
    assert rows(house, "select pool, booked, capacity from callback_slots") == [("*", 1, 2)]
    assert begin(house, TEN_THIRTY - timedelta(seconds=1)) == 0
    assert rows(house, "select 1 from contacts") == [], "nobody waits for what is to come"
    assert [begin(house, TEN_THIRTY + timedelta(minutes=3)) for _ in range(2)] == [1, 0]
    [(contact, channel, outcome, at)] = rows(
        house, "select contact_id, channel, outcome, offered_at from contacts"
    )
    assert (contact, channel, outcome) == (f"callback/{booked.id}", "callback", "open")
    assert at == TEN_THIRTY
    [(name, phone, masked)] = rows(house, "select name, phone, phone_masked from callbacks")
    assert (name, phone, masked) == ("Ann Lee", "+33639980001", "+33•••01")
    # Beside the callback itself the number is nowhere in the open.
    assert rows(house, "select 1 from events where events::text like '%39980001%'") == []
    same = "events.identities::text like '%' || callbacks.number_key || '%'"
    assert rows(house, f"select 1 from events, callbacks where {same}") == [(1,)]


def test_the_same_wish_told_again_is_the_same_callback(house: House, bookings: Bookings) -> None:
    booked = bookings.book(wish(1), NOW)
    assert bookings.book(wish(1), NOW + timedelta(minutes=1)) == booked
    # Also once its slot is gone.
    assert counter(house).book(wish(1), NOW + timedelta(days=2)) == booked
    assert rows(house, "select booked from callback_slots") == [(1,)]
    for other in (wish(2, request_id="request-1"), wish(1, reason="billing")):
        with pytest.raises(OtherWish):
            bookings.book(other, NOW)


def test_a_number_waits_once_for_a_reason(bookings: Bookings, house: House) -> None:
    bookings.book(wish(1), NOW)
    with pytest.raises(AlreadyWaiting):
        bookings.book(wish(1, request_id="another-one", phone="06 39 98 00 01"), NOW)
    with pytest.raises(AlreadyWaiting):  # a reason that does not exist is none
        bookings.book(wish(1, request_id="another-one", reason="pigeons"), NOW)
    assert rows(house, "select booked from callback_slots") == [(1,)]


def test_a_full_slot_is_not_offered_and_says_which_are_not(
    house: House, bookings: Bookings
) -> None:
    planner = bookings.planner
    for number in (1, 2):
        bookings.book(wish(number), NOW)
    with pytest.raises(SlotFull) as full:
        bookings.book(wish(3), NOW)
    free = planner.free(planner.plan(NOW), "", NOW)
    assert full.value.slots == free
    assert TEN_THIRTY not in {slot.start for slot in free}
    assert len(free) > 20
    with pytest.raises(SlotFull):  # no slot begins then
        bookings.book(wish(3, start=TEN_THIRTY + timedelta(minutes=1)), NOW)
    assert rows(house, "select count(*) from callbacks") == [(2,)]
    assert rows(house, "select count(*) from events") == [(2,)]


@pytest.mark.parametrize(
    "phone",
    ["", "hello", "12", "+33 899 70 12 34", "0000000000", "\x00",
     "+881 612 345 678", "+882 16 12 34 56 78", "+44 70 1234 5678"],
)  # fmt: skip
def test_what_cannot_be_called_back_is_refused(bookings: Bookings, phone: str) -> None:
    with pytest.raises(WrongNumber):
        bookings.book(wish(1, phone=phone), NOW)


@pytest.mark.parametrize("name", ["x" * 81, "a\x00b"])
def test_a_name_that_nobody_could_read_out_is_refused(bookings: Bookings, name: str) -> None:
    with pytest.raises(WrongName):
        bookings.book(wish(1, name=name), NOW)


def in_threads(work: list[Callable[[], object]]) -> list[object]:
    """What each gives or raises, all begun at once."""
    start, found = threading.Barrier(len(work)), list[object](work)

    def run(number: int) -> None:
        start.wait()
        try:
            found[number] = work[number]()
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_at_once_never_overbook_a_slot(house: House) -> None:
    with house.database.engine.begin() as connection:
        write_terms(connection, "*", Terms(unknown=5), DECISION)
    counters = [counter(house) for _ in range(4)]
    for one in counters:
        one.planner.plan(NOW)
    wishes = [wish(number) for number in range(12)]

    def booking(number: int) -> Callable[[], object]:
        return lambda: counters[number % 4].book(wishes[number], NOW)

    found = in_threads([booking(number) for number in range(12)])
    booked = [one for one in found if isinstance(one, Booked)]
    assert (len(booked), sum(isinstance(one, SlotFull) for one in found)) == (5, 7)
    assert rows(house, "select booked, capacity from callback_slots") == [(5, 5)]
    ids = {(f"callback/{one.id}",) for one in booked}
    assert set(rows(house, "select contact_id from events")) == ids
    assert len(rows(house, "select id from callbacks")) == 5


def test_the_same_wish_from_everywhere_at_once_is_one_callback(house: House) -> None:
    counters = [counter(house) for _ in range(6)]
    for one in counters:
        one.planner.plan(NOW)
    found = in_threads([lambda one=one: one.book(wish(1), NOW) for one in counters])  # type: ignore[misc]
    assert len({one.id for one in found if isinstance(one, Booked)}) == 1, found
    assert not [one for one in found if isinstance(one, Exception)]
    assert rows(house, "select booked from callback_slots") == [(1,)]
    assert rows(house, "select count(*) from events") == [(1,)]


def test_the_database_itself_refuses_one_too_many(house: House, bookings: Bookings) -> None:
    bookings.book(wish(1), NOW)
    with house.database.connect() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("update callback_slots set booked = capacity + 1")


def test_a_commit_whose_answer_was_lost_is_not_booked_twice(
    house: House, bookings: Bookings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = house.store.write

    def lose(*words: object, **told: object) -> object:
        write(*words, **told)  # type: ignore[arg-type]
        raise DatabaseUnavailable("the database went away while storing")

    with monkeypatch.context() as patch:
        patch.setattr(house.store, "write", lose)
        with pytest.raises(DatabaseUnavailable):
            bookings.book(wish(1), NOW)
    again = bookings.book(wish(1), NOW)
    assert rows(house, "select id from callbacks") == [(again.id,)]
    assert rows(house, "select booked from callback_slots") == [(1,)]
    assert rows(house, "select count(*) from events") == [(1,)]


def test_less_room_later_takes_nobody_more_and_turns_nobody_away(
    house: House, bookings: Bookings
) -> None:
    for number in (1, 2):
        bookings.book(wish(number), NOW)
    with house.database.engine.begin() as connection:
        write_terms(connection, "*", Terms(unknown=1), DECISION)
    bookings.planner.forget()
    with pytest.raises(SlotFull):
        bookings.book(wish(3), NOW)
    assert rows(house, "select booked, capacity from callback_slots") == [(2, 2)]
