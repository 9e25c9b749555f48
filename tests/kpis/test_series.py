"""Series: the same contacts, any way they are asked for."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.database import Database
from ingest.events import Event
from kpis.errors import WrongQuery
from kpis.reading import closes
from kpis.series import KpiQuery, KpiRow, compute
from kpis.service_level import FORMULAS
from tests.kpis.conftest import Write
from tests.kpis.telling import MONDAY, contact

PARIS = ZoneInfo("Europe/Paris")
#: Long after everything: nobody waits within their target any more.
LATER = MONDAY + timedelta(days=30)
DAY = {"from_": MONDAY - timedelta(hours=10), "to": MONDAY + timedelta(hours=14)}


def ask(database: Database, **words: object) -> list[KpiRow]:
    with database.engine.connect() as connection:
        asked = {**DAY, "now": LATER, "zone": PARIS, **words}
        return compute(connection, KpiQuery(**asked))  # type: ignore[arg-type]


def both_ways(database: Database, **words: object) -> list[KpiRow]:
    """The rows, once they are the same from the rollups and from the contacts."""
    rolled = ask(database, **words)
    with patch.object(KpiQuery, "rolled", lambda self: False):
        assert ask(database, **words) == rolled
    return rolled


def test_the_fixture_of_1060_contacts_gives_every_variant_of_the_service_level(
    database: Database, write: Write
) -> None:
    told: list[Event] = []
    for number in range(1060):
        at = MONDAY + timedelta(seconds=number)
        if number < 1000:
            told += contact(f"a{number}", at, wait_s=20 if number < 860 else 20.001)
        else:
            wait = 5 if number < 1010 else 20 if number < 1020 else 21
            told += contact(f"b{number}", at, "abandoned", wait)
    write(told)
    levels = {
        formula: both_ways(database, service_level_formula=formula)[0].kpis["service_level"]
        for formula in FORMULAS
    }
    assert {formula: round(100 * float(level or 0), 2) for formula, level in levels.items()} == {
        "abandons_count_against": 81.13,
        "abandons_within_target_ignored": 82.69,
        "abandons_within_target_positive": 83.02,
        "answered_only": 86.00,
        "short_abandons_excluded": 81.90,
        "short_abandons_positive": 82.08,
        "flow_outs_count_against": 81.13,
        "removed_within_target": 83.02,
    }
    [row] = both_ways(database)
    assert row.kpis["offered"] == 1060
    assert row.kpis["answer_rate"] == pytest.approx(0.9434, abs=5e-5)
    assert row.kpis["abandonment_rate"] == pytest.approx(0.0566, abs=5e-5)
    assert row.kpis["short_abandoned"] == 10


def test_flow_outs_count_where_the_formula_says_so(database: Database, write: Write) -> None:
    write(
        [
            *contact("a", wait_s=5),
            *contact("b", left="abandoned", wait_s=50),
            *contact("f1", left="flowed_out", wait_s=10),
            *contact("f2", left="flowed_out", wait_s=100),
        ]
    )

    def level(formula: str) -> object:
        return both_ways(database, service_level_formula=formula)[0].kpis["service_level"]

    assert level("abandons_count_against") == 0.5
    assert level("flow_outs_count_against") == 0.25
    assert level("removed_within_target") == 0.5


def test_without_contacts_counts_are_zero_and_ratios_are_nothing(database: Database) -> None:
    [row] = both_ways(database)
    assert row.kpis["offered"] == 0
    assert row.kpis["backlog"] == 0
    for key in ("service_level", "answer_rate", "asa_s", "wait_p50_s", "aht_s", "oldest_s"):
        assert row.kpis[key] is None


def test_another_target_is_exact_from_the_histogram_and_from_the_contacts(
    database: Database, write: Write
) -> None:
    waits = [1, 9.999, 10, 10.001, 11, 119, 120, 120.5, 126, 126.001, 131, 400]
    told = [e for n, wait in enumerate(waits) for e in contact(f"w{n}", wait_s=wait)]
    write([*told, *contact("m", channel="email", left="message_out", wait_s=100)])
    for target in (0, 1, 10, 119, 120, 126, 127, 400):
        [row] = both_ways(database, target_s=target)
        within = sum(wait <= target for wait in waits)
        assert row.kpis["service_level"] == round(within / len(waits), 6)
        assert row.kpis["async_service_level"] == (1.0 if target >= 100 else 0.0)


def test_each_kpi_reads_only_contacts_of_its_own_modality(database: Database, write: Write) -> None:
    write(
        [
            *contact("p", wait_s=10, talk_s=100),
            *contact("c", channel="chat", wait_s=50, talk_s=300),
            *contact("e", channel="email", left="message_out", wait_s=3600),
            *contact("w", channel="messaging", left="message_out", wait_s=1800),
        ]
    )
    [row] = both_ways(database)
    assert row.kpis["offered"] == 4
    assert row.kpis["asa_s"] == 30.0
    assert row.kpis["service_level"] == 1.0  # the chat's own target is 60 s
    assert row.kpis["first_response_s"] == 2700.0
    # The e-mail was due within the day and came in time, the message came too late.
    assert row.kpis["async_service_level"] == 0.5
    assert row.kpis["aht_s"] == 200.0


def test_a_written_contact_counts_when_it_is_due_not_when_it_came(
    database: Database, write: Write
) -> None:
    write(
        [
            *contact("old", MONDAY - timedelta(hours=12), None, channel="email"),
            *contact("fresh", MONDAY + timedelta(hours=13), "message_out", 60, channel="email"),
        ]
    )
    [row] = both_ways(database)
    # «old» was due at 4 h before the end of the day; «fresh», though answered, is due tomorrow.
    assert row.kpis["offered"] == 1
    assert row.kpis["async_service_level"] == 0.0


def test_what_we_deflected_is_neither_answered_nor_lost_nor_due(
    database: Database, write: Write
) -> None:
    write(
        [
            *contact("a", wait_s=5),
            *contact("b", left="abandoned"),
            *contact("d", left="deflected"),
            *contact("e", channel="email", left="deflected"),
        ]
    )
    [row] = both_ways(database)
    assert (row.kpis["offered"], row.kpis["deflected"]) == (4, 2)
    assert (row.kpis["answer_rate"], row.kpis["abandonment_rate"]) == (0.5, 0.5)
    assert row.kpis["async_service_level"] is None


def test_an_answer_that_is_not_due_yet_is_not_held_against_us(
    database: Database, write: Write
) -> None:
    write(contact("waits", MONDAY, None, channel="email"))
    hour = timedelta(hours=1)
    [before] = both_ways(database, now=MONDAY + hour)
    [then] = both_ways(database, now=MONDAY + 8 * hour)
    [after] = both_ways(database, now=MONDAY + 8 * hour + timedelta(milliseconds=1))
    assert before.kpis["async_service_level"] is None
    assert then.kpis["async_service_level"] is None
    assert after.kpis["async_service_level"] == 0.0
    assert (before.kpis["backlog"], before.kpis["oldest_s"]) == (1, 3600.0)


def test_a_waiting_contact_counts_from_the_moment_its_target_expires(
    database: Database, write: Write
) -> None:
    write([*contact("served", wait_s=5), *contact("waits", left=None)])

    def level(seconds: float, **words: object) -> object:
        now = MONDAY + timedelta(seconds=seconds)
        return both_ways(database, now=now, **words)[0].kpis["service_level"]

    assert level(20) == 1.0
    assert level(20.001) == 0.5
    assert level(31, target_s=31) == 1.0
    assert level(31.001, target_s=31) == 0.5


def test_one_who_cannot_be_waiting_any_more_is_a_ghost(database: Database, write: Write) -> None:
    write([*contact("ghost", left=None), *contact("waits", MONDAY + timedelta(hours=3), None)])
    [row] = both_ways(database, now=MONDAY + timedelta(hours=4, seconds=1))
    assert row.kpis["longest_wait_s"] == 3601.0
    assert row.kpis["still_open"] == 2
    assert row.kpis["service_level"] == 0.0


def test_who_waited_when_the_source_restarted_is_a_ghost(database: Database, write: Write) -> None:
    start = MONDAY + timedelta(seconds=100)
    restart = Event(
        event_id="r", occurred_at=start, kind="source_started", contact_id="x", channel="phone"
    )
    later = contact("after", MONDAY + timedelta(seconds=150), left=None)
    write([*contact("before", left=None), restart, *later])
    [row] = both_ways(database, now=MONDAY + timedelta(seconds=200))
    assert row.kpis["longest_wait_s"] == 50.0


@pytest.mark.parametrize(
    ("day", "quarters"), [("2024-03-31", 92), ("2024-10-27", 100), ("2024-03-04", 96)]
)
def test_a_local_day_is_the_sum_of_its_quarters(
    database: Database, write: Write, day: str, quarters: int
) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=PARIS).astimezone(UTC)
    span = {"from_": midnight, "to": midnight + timedelta(minutes=15) * quarters}
    dice = random.Random(day)
    told: list[Event] = []
    for number in range(60):
        at = midnight + timedelta(seconds=dice.randrange(-3600, quarters * 900 + 3600))
        told += contact(f"{day}-{number}", at, dice.choice(["answered", "abandoned", None]))
    write(told)
    rows = both_ways(database, grain="15min", **span)
    assert len(rows) == quarters
    assert [row.start.astimezone(UTC) for row in rows] == [
        midnight + timedelta(minutes=15) * number for number in range(quarters)
    ]
    [total] = both_ways(database, **span)
    [whole] = both_ways(database, grain="day", **span)
    hours = both_ways(database, grain="hour", **span)
    assert len(hours) == quarters / 4
    for key in ("offered", "answered", "abandoned", "still_open"):
        assert total.kpis[key] == whole.kpis[key] == sum(row.kpis[key] or 0 for row in rows)
        assert total.kpis[key] == sum(row.kpis[key] or 0 for row in hours)
    assert total.kpis["offered"]


def test_groups_and_filters_follow_the_local_clock(database: Database, write: Write) -> None:
    sunday_night = datetime(2024, 3, 3, 22, 30, tzinfo=UTC)  # 23:30 in Paris
    write(
        [
            *contact("s", sunday_night),
            *contact("m", sunday_night + timedelta(hours=1), queue=None),
            *contact("n", MONDAY, reason="billing"),
        ]
    )
    wide = {"from_": MONDAY - timedelta(days=2), "to": MONDAY + timedelta(days=1)}
    rows = both_ways(database, by=("weekday", "hour"), **wide)
    told = [(row.by, row.kpis["offered"]) for row in rows]
    assert told == [
        ({"weekday": 1, "hour": 0}, 1),
        ({"weekday": 1, "hour": 10}, 1),
        ({"weekday": 7, "hour": 23}, 1),
    ]
    [row] = both_ways(database, where={"day": "2024-03-03"}, **wide)
    assert row.kpis["offered"] == 1
    queues = both_ways(database, by=("channel", "queue"), where={"weekday": "1"}, **wide)
    assert [row.by for row in queues] == [
        {"channel": "phone", "queue": None},
        {"channel": "phone", "queue": "billing"},
    ]
    [by_reason] = ask(database, by=("reason", "source"), where={"reason": "billing"}, **wide)
    assert by_reason.by == {"reason": "billing", "source": "test"}


def test_bounds_within_a_minute_are_kept_exactly(database: Database, write: Write) -> None:
    write([e for n in range(60) for e in contact(f"s{n}", MONDAY + timedelta(seconds=n))])
    span = {"from_": MONDAY + timedelta(seconds=10), "to": MONDAY + timedelta(seconds=25)}
    [row] = ask(database, **span)
    assert row.kpis["offered"] == 15


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"by": ("colour",)}, "no dimension «colour»; there are: channel, queue"),
        ({"where": {"colour": "red"}}, "no dimension «colour»"),
        ({"grain": "week"}, "no grain «week»; there are: 15min, hour, day, total"),
        ({"service_level_formula": "x"}, "no service-level formula «x»"),
        ({"by": ("agent",)}, "agent is personal data"),
        ({"where": {"hour": "noon"}}, "hour=noon: write a whole number"),
        ({"target_s": -1}, "a target of -1 s"),
        ({"to": DAY["from_"]}, "nothing lies between"),
        ({"from_": datetime(1990, 1, 1, tzinfo=UTC), "grain": "15min"}, "coarser grain"),
    ],
)
def test_a_wrong_question_is_told_what_would_be_right(
    database: Database, wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(WrongQuery, match=said):
        ask(database, **wrong)


def test_agents_are_given_out_only_where_that_is_said(database: Database, write: Write) -> None:
    write(contact("a"))
    [row] = ask(database, by=("agent",), agents=True)
    assert row.by == {"agent": None}


CONTACTS = st.lists(
    st.tuples(
        st.integers(-40_000, 40_000),
        st.sampled_from(["answered", "abandoned", "flowed_out", "deflected", "resolved", None]),
        st.integers(0, 200_000),
        st.sampled_from(["phone", "chat", "email", "messaging"]),
        st.sampled_from(["billing", "sales", None]),
        st.booleans(),
    ),
    max_size=25,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(CONTACTS, st.sampled_from(["15min", "hour", "day", "total"]), st.integers(0, 150), st.data())
def test_what_came_in_is_what_became_of_it_both_ways_and_in_every_group(
    database: Database,
    write: Write,
    told: list[tuple[int, str | None, int, str, str | None, bool]],
    grain: str,
    target: int,
    data: st.DataObject,
) -> None:
    batch = data.draw(st.uuids())
    for number, (at, left, wait_ms, channel, queue, talks) in enumerate(told):
        write(
            contact(
                f"{batch}-{number}",
                MONDAY + timedelta(seconds=at),
                left,
                wait_ms / 1000,
                60 if talks and left == "answered" else None,
                channel,
                queue,
            )
        )
    rows = both_ways(database, grain=grain, by=("channel", "queue"), target_s=target)
    assert all(closes(row.kpis) for row in rows)
    [total] = both_ways(database)
    assert closes(total.kpis)
    assert total.kpis["offered"] == sum(row.kpis["offered"] or 0 for row in rows)
