"""Versions of targets and formula: the old and the new number, each under its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict
from msgspec.structs import replace as changed
from sqlalchemy import Connection, insert, text

from app.bootstrap import House
from app.decision import Decision
from app.target_book import TargetBook, Wanted
from ingest.connector import Source
from ingest.events import APART
from ingest.fold import FOLD, listed
from ingest.schema import targets as stored
from kpis.board import read
from kpis.comparison import compared
from kpis.errors import WrongQuery
from kpis.judged import judged
from kpis.query import KpiQuery
from kpis.rollup import verify
from kpis.series import compute
from kpis.snapshot import snapshot
from kpis.versions import Target, formula_in_force, in_force, read_targets, read_versions
from tests.kpis.telling import MONDAY, contact

PARIS = ZoneInfo("Europe/Paris")
TEST = Source("test", "simulator")
LEA = Decision("lea", "", MONDAY + timedelta(days=30))
DAY = timedelta(days=1)


@pytest.fixture
def book(house: House) -> TargetBook:
    """Calls of three days, each day with waits of 10, 25, 25 and 40 s; a mail of nine hours."""
    events = [
        event
        for day in range(3)
        for number, wait in enumerate((10, 25, 25, 40))
        for event in contact(f"{day}-{number}", MONDAY + day * DAY, wait_s=wait)
    ]
    events += contact("m", channel="email", left="message_out", wait_s=9 * 3600)
    house.store.load(TEST, events, now=LEA.at)
    return TargetBook(house.database, house.store)


def question(house: House, **more: object) -> KpiQuery:
    query = KpiQuery(
        from_=datetime(2024, 3, 4, tzinfo=PARIS),
        to=datetime(2024, 3, 7, tzinfo=PARIS),
        now=LEA.at,
        zone=PARIS,
    )
    return replace(query, **more)  # type: ignore[arg-type]


def both(house: House, word: str = "previous", **more: object) -> list[dict[str, object]]:
    """The flat rows with what stands beside them."""
    query = question(house, **more)
    with snapshot(house.database.engine) as connection:
        site = replace(query, service_level_formula=formula_in_force(connection))
        query = query if "service_level_formula" in more else site
        rows = compute(connection, query)
        pairs = zip(rows, compared(connection, query, rows, word), strict=True)
        return [{**row.flat(), **old} for row, old in pairs]


def levels(row: dict[str, object]) -> tuple[object, object]:
    return row["service_level"], row["compared_service_level"]


def test_a_new_target_shows_its_number_and_that_of_the_one_before(
    house: House, book: TargetBook
) -> None:
    tuesday = Wanted(channel="phone", seconds=30, valid_from=MONDAY + DAY - timedelta(hours=9))
    book.set([tuesday], LEA, recount=True)
    [row] = both(house)
    assert levels(row) == (round((1 + 3 + 3) / 12, 6), 0.25)
    assert (row["service_level_version"], row["compared_version"]) == (2, 1)
    days = both(house, grain="day")
    assert [levels(day) for day in days] == [(0.25, 0.25), (0.75, 0.25), (0.75, 0.25)]


def test_both_of_the_hours_that_a_clock_shows_twice_are_compared_with_themselves(
    house: House, book: TargetBook
) -> None:
    first = datetime(2024, 10, 27, 0, 5, tzinfo=UTC)
    waits = {first: 25, first + timedelta(hours=1): 40}
    later = Decision("lea", "", first + DAY)
    for at, wait in waits.items():
        house.store.load(TEST, contact(f"{at}", at, wait_s=wait), now=later.at)
    wanted = Wanted(channel="phone", seconds=30, valid_from=first - DAY)
    book.set([wanted], later, recount=True)
    sunday = {"from_": first - DAY / 24, "to": first + DAY / 6, "grain": "hour"}
    told = [levels(row) for row in both(house, **sunday)]
    assert [each for each in told if each != (None, None)] == [(1.0, 0.0), (0.0, 0.0)]


def test_written_work_is_compared_by_when_it_was_due(house: House, book: TargetBook) -> None:
    mail = Wanted(channel="email", seconds=10 * 3600, valid_from=MONDAY - DAY)
    book.set([mail], LEA, recount=True)
    [row] = both(house)
    assert (row["async_service_level"], row["compared_async_service_level"]) == (1.0, 0.0)
    assert levels(row) == (0.25, 0.25)


def test_a_new_formula_shows_its_number_and_that_of_the_one_before(
    house: House, book: TargetBook
) -> None:
    house.store.load(TEST, contact("gone", left="abandoned", wait_s=3), now=LEA.at)
    book.set_formula("abandons_within_target_ignored", LEA)
    [row] = both(house)
    assert levels(row) == (round(3 / 12, 6), round(3 / 13, 6))
    assert row["service_level_formula"] == "abandons_within_target_ignored"
    assert row["compared_formula"] == "abandons_count_against"
    [asked] = both(house, service_level_formula="answered_only")
    assert (asked["service_level_formula"], asked["compared_formula"]) == ("answered_only",) * 2


def test_any_version_can_be_asked_for_by_its_number(house: House, book: TargetBook) -> None:
    for seconds in (30, 60):
        wanted = Wanted(channel="phone", seconds=seconds, valid_from=MONDAY - DAY)
        book.set([wanted], LEA, recount=True)
    assert [levels(both(house, str(version))[0])[1] for version in (1, 2, 3)] == [0.25, 0.75, 1.0]
    with pytest.raises(WrongQuery, match="no version «9»; there are: 1, 2, 3"):
        both(house, "9")
    with pytest.raises(WrongQuery, match="write previous or a version's number"):
        both(house, "last")


def test_what_a_version_says_is_what_was_counted_while_it_stood(
    house: House, book: TargetBook
) -> None:
    """The whole rows under version 1, computed after the change, are those from before it."""
    words = {"by": ("channel", "queue"), "grain": "day"}
    with snapshot(house.database.engine) as connection:
        before = compute(connection, question(house, **words))
    wanted = [
        Wanted(channel="phone", seconds=30, valid_from=MONDAY - DAY),
        Wanted(channel="phone", queue="billing", seconds=12, valid_from=MONDAY + DAY),
        Wanted(channel="email", seconds=10 * 3600, valid_from=MONDAY - DAY),
    ]
    book.set(wanted, LEA, recount=True)
    with snapshot(house.database.engine) as connection:
        first = read_versions(connection)[-1]
        now = compute(connection, question(house, **words))
        then = compute(connection, question(house, **words, targets=first.targets))
        newest = read_versions(connection)[0]
        again = compute(connection, question(house, **words, targets=newest.targets))
        assert verify(connection) == []
    assert then == before != now == again


def test_without_any_version_the_question_is_refused(house: House, book: TargetBook) -> None:
    with house.database.engine.begin() as connection:
        connection.execute(text("delete from service_level_versions"))
    with pytest.raises(WrongQuery, match="there is no version yet"):
        both(house)


_FOLDED = f"""
with facts as (select * from events where kind not in ({listed(APART)})),
{FOLD}
select thread_key, turn, target_ms, short_ms, due_at from folded order by thread_key, turn
"""
_MOMENTS = st.integers(-3, 3).map(lambda days: MONDAY + days * DAY)
_TARGETS = st.builds(
    Target,
    channel=st.sampled_from(["*", "phone", "email"]),
    queue=st.sampled_from(["*", "billing", "vip"]),
    valid_from=_MOMENTS,
    target_ms=st.sampled_from([0, 10_000, 25_000, 3_600_000]),
    short_ms=st.sampled_from([0, 3_000]),
    goal=st.just(0.8),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    targets=st.lists(_TARGETS, min_size=1, max_size=8, unique_by=lambda t: (t.place, t.valid_from))
)
def test_reading_under_targets_judges_as_the_fold_does(
    house: House, book: TargetBook, targets: list[Target]
) -> None:
    """Whatever the targets: what is read under them is what a refold under them would store."""
    kept = [each for each in targets if each.queue == "*" or each.channel != "*"]
    with house.database.engine.connect() as connection:
        read = _judged(connection, tuple(kept))
        transaction = connection.begin_nested()
        connection.execute(text("delete from targets"))
        _insert(connection, kept)
        found = connection.exec_driver_sql(_FOLDED).all()
        transaction.rollback()
        connection.rollback()
    assert read == [tuple(row) for row in found]


def _judged(connection: Connection, targets: tuple[Target, ...]) -> list[tuple[object, ...]]:
    query = KpiQuery(from_=MONDAY, to=MONDAY + DAY, now=MONDAY, targets=targets)
    rows = judged(query)
    c = rows.c
    order = (c.thread_key, c.turn)
    wanted = rows.select().with_only_columns(
        c.thread_key, c.turn, c.target_ms, c.short_ms, c.due_at
    )
    return [tuple(row) for row in connection.execute(wanted.order_by(*order))]


def _insert(connection: Connection, targets: list[Target]) -> None:
    for each in targets:
        connection.execute(insert(stored).values(asdict(each)))


def test_of_the_targets_of_a_place_the_last_that_has_begun_is_in_force(house: House) -> None:
    with house.database.engine.connect() as connection:
        known = read_targets(connection)
    later = changed(known[0], valid_from=MONDAY)
    assert in_force([later, *known], MONDAY - DAY)[known[0].place] == known[0]
    assert in_force([later, *known], MONDAY)[known[0].place] == later


def test_the_board_counts_by_the_formula_of_the_site(house: House, book: TargetBook) -> None:
    events = [*contact("in", wait_s=10), *contact("gone", left="abandoned", wait_s=30)]
    house.store.load(Source("other", "simulator"), events, now=LEA.at)
    noon = MONDAY + timedelta(hours=3)
    levels = []
    for formula in ("abandons_count_against", "answered_only"):
        book.set_formula(formula, LEA)
        with snapshot(house.database.engine) as connection:
            board = read(connection, noon, PARIS)
        assert board.formula == formula
        levels.append(board.total.kpis["service_level"])
    assert levels == [round(2 / 6, 6), round(2 / 5, 6)]
