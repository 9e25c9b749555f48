"""Prepared statements: written once, and yet of the values that each question has."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import BigInteger, Integer, Text, bindparam, column, literal, select, text

from ingest.asking import ask
from ingest.database import Database
from ingest.schema import contacts
from kpis import keys as keys_module
from kpis.columns import columnar
from kpis.errors import KpiError
from kpis.prepared import Prepared, in_days, moment, written
from kpis.query import KpiQuery
from kpis.series import compute
from kpis.windows import RepeatWindow
from tests.kpis.conftest import Write
from tests.kpis.telling import MONDAY, contact

HOUR = timedelta(hours=1)
SHAPES = [
    {},
    {"by": ("channel", "queue")},
    {"by": ("reason",), "grain": "hour"},
    {"where": {"channel": "phone"}},
    {"where": {"channel": "email"}},
    {"where": {"hour": "10"}, "by": ("channel",)},
    {"where": {"hour": "11"}, "by": ("channel",)},
    {"target_s": 20},
    {"target_s": 40},
    {"repeats": RepeatWindow(1, True, False)},
]


def some_queries(number: int) -> list[KpiQuery]:
    drawn = random.Random(number)
    found = []
    for _ in range(30):
        start = MONDAY + drawn.choice([-1, 0, 0.1, 1]) * HOUR
        end = start + drawn.choice([0.25, 1, 5]) * HOUR
        now = MONDAY + drawn.choice([0.2, 1, 3, 200]) * HOUR
        zone = ZoneInfo(drawn.choice(["UTC", "Europe/Paris"]))
        words = {"from_": start, "to": end, "now": now, "zone": zone, **drawn.choice(SHAPES)}
        found.append(KpiQuery(**words))  # type: ignore[arg-type]
    return found


def test_a_text_written_for_one_question_answers_every_other_of_its_shape(
    database: Database, write: Write
) -> None:
    waits = [5, 15, 25, 45, 400]
    write(
        [
            event
            for number, wait in enumerate(waits * 4)
            for event in contact(
                f"c{number}",
                MONDAY + number * timedelta(minutes=17),
                (None, "answered", "abandoned", "flowed_out")[number % 4],
                wait,
                channel=("phone", "email", "chat")[number % 3],
                queue=("billing", None)[number % 2],
            )
        ]
    )
    queries = some_queries(1)
    with database.engine.connect() as connection:
        kept = [compute(connection, query) for query in queries]
        anew = []
        for query in queries:
            keys_module._text.cache_clear()
            anew.append(compute(connection, query))
    assert kept == anew
    assert len({str(rows) for rows in kept}) > 15


def test_a_statement_that_would_keep_a_moment_for_ever_is_refused() -> None:
    with pytest.raises(KpiError, match="holds a moment"):
        written(select(literal(MONDAY)), lambda name: False)


def test_named_values_are_given_anew_each_time(database: Database) -> None:
    def build() -> object:
        return select(moment("at") + timedelta(hours=1), bindparam("number", None, Integer) * 2)

    statement = Prepared(build, "at", "number")  # type: ignore[arg-type]
    with database.engine.connect() as connection:
        rows = [
            row
            for at, number in ((MONDAY, 1), (MONDAY + HOUR, 21))
            for row in statement.rows(connection, at=at, number=number)
        ]
    assert rows == [(MONDAY + HOUR, 2), (MONDAY + 2 * HOUR, 42)]
    assert isinstance(rows[0][0], datetime)


def test_moments_that_last_stand_in_the_text_of_the_day(database: Database) -> None:
    def build() -> object:
        at = moment("at")
        return select(at, moment("start"), *in_days(at, at, at))

    statement = Prepared(build, "at", lasting=["start"])  # type: ignore[arg-type]
    midnight = datetime(2024, 3, 5, tzinfo=UTC)
    with database.engine.connect() as connection:
        for at in (MONDAY, midnight - timedelta(microseconds=1), midnight):
            asked = statement.under(at=at, start=MONDAY - HOUR)
            assert statement.rows(connection, at=at, start=MONDAY - HOUR) == [
                (at, MONDAY - HOUR, True, True)
            ]
            day = at.replace(hour=0, minute=0, second=0, microsecond=0)
            for stands in (MONDAY - HOUR, day, day + 24 * HOUR):
                assert f"timestamptz '{stands.isoformat()}'" in asked.text


def test_what_never_changes_stands_in_the_text_so_that_partial_indexes_serve() -> None:
    open_ones = select(contacts.c.turn).where(
        contacts.c.outcome == "open", contacts.c.offered_at < moment("at"),
        contacts.c.modality.in_(("sync", "it's")),
    )  # fmt: skip
    statement = written(open_ones, {"at"}.__contains__)
    assert statement.names == ("at",)
    assert "outcome = 'open'" in statement.text
    assert "IN ('sync', 'it''s')" in statement.text


@pytest.mark.parametrize("names", [["great", "few"], ["few"], ["great"]])
def test_counts_come_back_as_they_are_and_nothing_is_nought(
    database: Database, names: list[str]
) -> None:
    counts = {"great": [2**52, 2**62, -5], "few": [3, None, None]}
    told = text(
        "select * from (values (1, 'sync', 4503599627370496, 3),"
        " (1, 'async', 4611686018427387904, null), (2, 'bot', -5, null)"
        ") told (key_0, key_1, great, few)"
    ).columns(
        column("key_0", Integer), column("key_1", Text), *(column(n, BigInteger) for n in counts)
    )  # fmt: skip
    c = told.subquery().c
    statement, layout = columnar(select(c.key_0, c.key_1, *(c[name] for name in names)), 1)
    question = written(statement, lambda _name: False).under(lambda _name: None, binary=True)
    with database.engine.connect() as connection:
        ask(connection, [question])
    found = layout.columns(question.rows)
    assert (found.groups, found.modalities) == ([(1,), (1,), (2,)], ["sync", "async", "bot"])
    expected = {name: [number or 0 for number in counts[name]] for name in names}
    assert {name: column.tolist() for name, column in found.counts.items()} == expected
