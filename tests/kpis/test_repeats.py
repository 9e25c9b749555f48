"""Repeats: charged to the earlier contact, judged once they are ripe, the same both ways."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event, Identity
from kpis.errors import WrongQuery
from kpis.journeys import Journeys, Move, Origin, journeys
from kpis.kpi import Number
from kpis.query import KpiQuery
from kpis.rollup import rebuild, verify
from kpis.series import KpiRow, compute
from kpis.windows import RepeatWindow
from tests.kpis.linked import Linked
from tests.kpis.telling import MONDAY, contact

SOURCE = Source("test", "simulator")
DAY = timedelta(days=1)
MARCH = {"from_": MONDAY - 3 * DAY, "to": MONDAY + 20 * DAY}
#: Long after everything: all is ripe.
LATER = MONDAY + 300 * DAY


@pytest.fixture
def linked(database: Database) -> Linked:
    return Linked(database)


def by(customer: str | None, events: Sequence[Event]) -> list[Event]:
    """The same contact, by a customer whom the source knows (or not)."""
    told = (Identity("crm", customer),) if customer else ()
    return [replace(event, identities=told) for event in events]


def ask(database: Database, **words: object) -> list[KpiRow]:
    """The rows of a query, once they are the same from the rollup and from the links."""
    window = {
        name: words.pop(name)
        for name in ("days", "same_reason", "same_channel")
        if name in words
    }
    asked = {**MARCH, "now": LATER, **words, "repeats": RepeatWindow(**window)}  # type: ignore[arg-type]
    with database.engine.connect() as connection:
        query = KpiQuery(**asked)  # type: ignore[arg-type]
        rows = compute(connection, query)
        with patch.object(KpiQuery, "rolled", lambda self: False):
            assert compute(connection, query) == rows
    return rows


def total(database: Database, *keys: str, **words: object) -> list[Number | None]:
    [row] = ask(database, **words)
    return [row.kpis[key] for key in keys]


#: A customer's way through the channels, and somebody whom nobody knows.
WAY = [
    *by("c1", contact("a", MONDAY, "abandoned", reason="billing")),
    *by("c1", contact("b", MONDAY + 1 * DAY, reason="billing", channel="chat", queue="chats")),
    *by("c1", contact("c", MONDAY + 4 * DAY, reason="delivery")),
    *by("c1", contact("d", MONDAY + 16 * DAY, reason="billing")),
    *by("c2", contact("e", MONDAY + 2 * DAY)),
    *by(None, contact("f", MONDAY)),
]


def test_a_repeat_is_charged_to_the_earlier_contact(linked: Linked) -> None:
    linked.load(SOURCE, WAY)
    rows = ask(linked.database, by=("channel", "queue", "day"), days=7)
    told = {
        tuple(row.by.values()): (row.kpis["repeat_contacts"], row.kpis["repeat_rate"])
        for row in rows
    }
    assert told == {
        ("phone", "billing", "2024-03-04"): (1, 1.0),
        ("chat", "chats", "2024-03-05"): (1, 1.0),
        ("phone", "billing", "2024-03-06"): (0, 0.0),
        ("phone", "billing", "2024-03-08"): (0, 0.0),
        ("phone", "billing", "2024-03-20"): (0, 0.0),
    }
    [billing, *_] = ask(linked.database, by=("reason",), where={"reason": "billing"}, days=7)
    assert billing.kpis["repeat_contacts"] == 2


@pytest.mark.parametrize(
    ("words", "repeated"),
    [
        ({"days": 1}, 1),
        ({"days": 2}, 1),
        ({"days": 7}, 2),
        ({"days": 14}, 3),
        ({"days": 30}, 3),
        ({"days": 7, "same_channel": True}, 1),
        ({"days": 7, "same_reason": True}, 1),
        ({"days": 30, "same_reason": True}, 2),
        ({"days": 7, "same_reason": True, "same_channel": True}, 0),
        ({"days": 30, "same_reason": True, "same_channel": True}, 1),
    ],
)
def test_the_window_and_what_must_be_the_same_are_chosen_on_reading(
    linked: Linked, words: dict[str, object], repeated: int
) -> None:
    linked.load(SOURCE, WAY)
    assert total(linked.database, "repeat_contacts", **words) == [repeated]


def test_after_an_answer_and_after_an_abandon_stand_apart(linked: Linked) -> None:
    linked.load(SOURCE, WAY)
    keys = ("repeat_after_answer_rate", "repeat_after_abandon_rate", "cross_channel_repeat_rate")
    assert total(linked.database, *keys, days=7) == [0.25, 1.0, 0.4]
    assert total(linked.database, *keys, days=1, same_channel=True) == [0.0, 0.0, 0.2]


def test_fcr_looks_at_the_channel_and_once_and_done_at_all_of_them(linked: Linked) -> None:
    linked.load(SOURCE, WAY)
    # On one channel within 7 days: a (repeated by c), b, d, e are first.  On any: a, d, e.
    assert total(linked.database, "fcr", "once_and_done") == [0.75, 0.666667]


def test_contacts_of_nobody_are_neither_above_nor_below_the_line(linked: Linked) -> None:
    linked.load(SOURCE, [*by(None, contact("a")), *by(None, contact("b", MONDAY + DAY))])
    assert total(linked.database, "offered", "repeat_contacts", "repeat_rate", "fcr") == [
        2, 0, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "coverage", "fcr"),
    [
        (MONDAY, 0.0, None),
        (MONDAY + 7 * DAY, 0.0, None),
        (MONDAY + 7 * DAY + timedelta(seconds=1), 0.333333, 0.0),
        (MONDAY + 7 * DAY + timedelta(minutes=5), 0.333333, 0.0),
        (MONDAY + 7 * DAY + timedelta(minutes=5, seconds=1), 0.666667, 0.5),
        (MONDAY + 7 * DAY + timedelta(minutes=15), 0.666667, 0.5),
        (MONDAY + 9 * DAY, 1.0, 0.666667),
    ],
)
def test_a_first_contact_is_judged_when_its_window_has_passed(
    linked: Linked, as_of: datetime, coverage: float, fcr: float | None
) -> None:
    linked.load(SOURCE, [
        *by("c1", contact("a", MONDAY)),
        *by("c1", contact("b", MONDAY + timedelta(hours=2))),
        *by("c2", contact("c", MONDAY + timedelta(minutes=5))),
        *by("c3", contact("d", MONDAY + DAY)),
    ])  # fmt: skip
    assert total(linked.database, "fcr_coverage", "fcr", now=as_of) == [coverage, fcr]


def test_a_repeat_at_the_very_end_of_the_window_is_one(linked: Linked) -> None:
    late = MONDAY + 7 * DAY
    linked.load(SOURCE, [
        *by("c1", contact("a")), *by("c1", contact("b", late)),
        *by("c2", contact("c")), *by("c2", contact("d", late + timedelta(milliseconds=1))),
    ])  # fmt: skip
    assert total(linked.database, "repeat_contacts") == [1]


def test_what_comes_late_or_changes_moves_the_sums_exactly(linked: Linked) -> None:
    for event in reversed(WAY):
        linked.load(SOURCE, [event])
    in_pieces = total(linked.database, "repeat_contacts", "fcr", "once_and_done", days=14)
    # Between a and b: c1 becomes c1 and c9, told by one and the same mail, late.
    mail = replace(
        contact("m", MONDAY + DAY / 2, "message_out", channel="email")[0],
        identities=(Identity("crm", "c1"), Identity("email", "c9@example.org")),
    )
    linked.load(SOURCE, [mail])
    with linked.database.engine.begin() as connection:
        assert verify(connection) == []
        rebuild(connection)
    assert in_pieces == [3, 0.666667, 0.5]
    assert total(linked.database, "repeat_contacts", days=14) == [4]


@pytest.mark.parametrize(
    "damage",
    [
        "update links set until_ms = until_ms + 1 where until_ms is not null",
        "delete from links where turn = 1 and outcome = 'abandoned'",
        "update thread_customers set customer_key = 5 where customer_key > 5",
        "update rollup_repeat set followed_any_7 = followed_any_7 + 1",
        "delete from rollup_repeat where channel = 'chat'",
    ],
)
def test_the_verification_finds_what_was_touched(linked: Linked, damage: str) -> None:
    linked.load(SOURCE, WAY)
    with linked.database.engine.begin() as connection:
        assert verify(connection) == []
        connection.execute(text(damage))
        assert verify(connection) != []


def test_a_rebuild_mends_links_and_sums(linked: Linked) -> None:
    linked.load(SOURCE, WAY)
    with linked.database.engine.begin() as connection:
        connection.execute(text("delete from links"))
        connection.execute(text("update rollup_repeat set identified = 77"))
        rebuild(connection)
        assert verify(connection) == []
    assert total(linked.database, "repeat_contacts") == [2]


def test_who_is_not_linked_yet_is_no_difference(linked: Linked) -> None:
    linked.load(SOURCE, WAY[:2])
    linked.store.load(SOURCE, WAY, now=LATER)
    with linked.database.engine.connect() as connection:
        assert verify(connection) == []


def test_a_window_that_does_not_exist_is_told_which_do() -> None:
    with pytest.raises(WrongQuery, match="a repeat window of 5 days: write 1, 2, 7, 14 or 30"):
        RepeatWindow(5)


def test_the_matrix_tells_every_move_and_how_long_it_took(linked: Linked) -> None:
    linked.load(SOURCE, WAY)

    def matrix(*, ever: bool = False, **window: object) -> Journeys:
        query = KpiQuery(now=LATER, **MARCH, repeats=RepeatWindow(**window))  # type: ignore[arg-type]
        with linked.database.engine.connect() as connection:
            return journeys(connection, query, ever=ever)

    assert matrix(days=7) == Journeys(
        customers=2, repeating=1, crossing=1,
        channels=[Origin("phone", 4, 1), Origin("chat", 1, 1)],
        moves=[Move("chat", "phone", 1, 3 * 86_400.0), Move("phone", "chat", 1, 86_400.0)],
    )  # fmt: skip
    assert [(m.from_, m.to) for m in matrix(days=14).moves] == [
        ("chat", "phone"), ("phone", "chat"), ("phone", "phone"),
    ]  # fmt: skip
    assert matrix(days=7, same_reason=True).moves == [Move("phone", "chat", 1, 86_400.0)]
    assert len(matrix(days=1, ever=True, same_reason=True).moves) == 2
