"""Board: now, as it is in the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import Connection, text

from ingest.asking import Question, ask
from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event
from ingest.store import Store
from kpis.board import Board, Line, read
from kpis.catalogue import catalogue
from kpis.past import Past
from kpis.rollup import verify
from kpis.series import KpiQuery, compute
from tests.kpis.conftest import SOURCE, Write
from tests.kpis.telling import MONDAY, contact

PARIS = ZoneInfo("Europe/Paris")
NOW = MONDAY + timedelta(minutes=10)


def board(database: Database, now: datetime = NOW) -> Board:
    with database.engine.connect() as connection:
        return read(connection, now, PARIS)


def line(lines: list[Line], channel: str, queue: str | None = None) -> Line:
    [found] = [each for each in lines if (each.channel, each.queue) == (channel, queue)]
    return found


def morning(write: Write) -> None:
    write(
        [
            *contact("p1", wait_s=10, talk_s=60),
            *contact("p2", wait_s=50),
            *contact("p3", NOW - timedelta(seconds=90), None),
            *contact("p4", NOW - timedelta(seconds=5), None, queue="sales"),
            *contact("e1", MONDAY - timedelta(days=2), None, channel="email", queue=None),
            *contact("e2", MONDAY, "message_out", 60, channel="email", queue=None),
            *contact("w", MONDAY - timedelta(days=7), queue="sales"),
        ]
    )


def test_waiting_and_backlog_are_all_that_is_open_and_the_rest_is_today(
    database: Database, write: Write
) -> None:
    morning(write)
    seen = board(database)
    assert (seen.total.waiting, seen.total.longest_wait_s) == (2, 90.0)
    assert (seen.total.backlog, seen.total.oldest_s) == (1, 2 * 86_400 + 600.0)
    assert (seen.total.kpis["offered"], seen.total.kpis["answered"]) == (5, 3)
    assert seen.total.kpis["backlog"] == 1
    # Two answered, one within 20 s; one still waits, 70 s too long already; one may wait.
    assert seen.total.kpis["service_level"] == pytest.approx(1 / 3, abs=1e-6)
    assert seen.total.kpis["wait_p90_s"] == 50.0


def test_who_waits_since_yesterday_waits_but_did_not_come_today(
    database: Database, write: Write
) -> None:
    midnight = datetime(2024, 3, 4, tzinfo=PARIS).astimezone(UTC)
    write(
        [
            *contact("old", midnight - timedelta(minutes=2), None),
            *contact("new", midnight + timedelta(minutes=1), wait_s=5),
        ]
    )
    seen = board(database, midnight + timedelta(minutes=3))
    assert (seen.total.waiting, seen.total.longest_wait_s) == (1, 300.0)
    assert (seen.total.kpis["offered"], seen.total.kpis["service_level"]) == (1, 1.0)


@pytest.mark.parametrize("day", ["2024-03-05", "2024-03-31", "2024-04-01", "2024-10-27"])
def test_at_midnight_of_the_site_the_board_begins_anew(
    database: Database, write: Write, day: str
) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=PARIS).astimezone(UTC)
    instant = timedelta(milliseconds=1)
    write(
        [
            *contact("yesterday", midnight - instant, wait_s=0, queue="old"),
            *contact("today", midnight, wait_s=0, queue="new"),
        ]
    )
    before, after = board(database, midnight - instant), board(database, midnight)
    assert [each.queue for each in before.queues] == ["old"]
    assert [each.queue for each in after.queues] == ["new"]
    assert before.total.kpis["offered"] == after.total.kpis["offered"] == 1


def test_lines_stand_in_the_order_of_the_channels_with_their_own_targets(
    database: Database, write: Write
) -> None:
    morning(write)
    seen = board(database)
    assert [each.channel for each in seen.channels] == ["phone", "email"]
    assert [(each.channel, each.queue) for each in seen.queues] == [
        ("phone", "billing"),
        ("phone", "sales"),
    ]
    phone, email = seen.channels
    assert (phone.target_s, phone.goal, phone.modality) == (20.0, 0.8, "sync")
    assert (email.target_s, email.modality) == (8 * 3600.0, "async")
    assert line(seen.queues, "phone", "sales").waiting == 1
    assert line(seen.channels, "phone").kpis["offered"] == 4


def test_the_target_that_is_shown_is_the_one_that_contacts_are_judged_by(
    database: Database, write: Write
) -> None:
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "insert into targets values"
                " ('phone', 'sales', '2024-01-01', 30000, 5000, 0.9),"
                " ('*', 'billing', '2024-01-01', 27000, 5000, 0.9),"
                " ('phone', '*', '2024-01-01', 25000, 5000, 0.7),"
                " ('phone', '*', '2030-01-01', 1000, 1000, 0.1)"
            )
        )
    morning(write)
    with database.engine.connect() as connection:
        targets = text("select channel, queue, target_ms from contacts where channel = 'phone'")
        judged = {(channel, queue): ms / 1000 for channel, queue, ms in connection.execute(targets)}
    seen = board(database)
    shown = {(one.channel, one.queue): one.target_s for one in seen.queues}
    assert shown == judged == {("phone", "sales"): 30.0, ("phone", "billing"): 25.0}
    assert line(seen.channels, "phone").target_s == 25.0
    assert line(seen.channels, "phone").goal == 0.7


def test_what_is_decided_counts_at_the_very_next_read(database: Database, write: Write) -> None:
    morning(write)
    past = Past()

    def told() -> tuple[float | None, str]:
        with database.engine.connect() as connection:
            seen = read(connection, NOW, PARIS, past=past)
        return line(seen.channels, "phone").target_s, seen.formula

    assert [told() for _ in range(7)] == [(20.0, "abandons_count_against")] * 7
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "insert into targets values ('phone', '*', '2024-01-02', 60000, 5000, 0.9);"
                " insert into service_level_versions"
                " values (100, now(), now(), 'lea', 'why', 'what', 'answered_only', '[]')"
            )
        )
    assert told() == (60.0, "answered_only")


def test_the_board_and_the_series_of_the_day_agree(database: Database, write: Write) -> None:
    morning(write)
    seen = board(database)
    midnight = datetime(2024, 3, 4, tzinfo=PARIS)
    query = KpiQuery(
        from_=midnight, to=midnight + timedelta(days=1), now=NOW, by=("channel",), zone=PARIS
    )
    with database.engine.connect() as connection:
        rows = compute(connection, query)
    by_channel = {row.by["channel"]: row.kpis for row in rows}
    for each in seen.channels:
        live = {key for key, kpi in catalogue().items() if kpi.live}
        todays = {key: value for key, value in each.kpis.items() if key not in live}
        counted = by_channel[each.channel or ""]
        assert todays == {key: value for key, value in counted.items() if key not in live}


def test_the_trend_knows_today_so_far_and_the_same_day_last_week(
    database: Database, write: Write
) -> None:
    morning(write)
    trend = board(database).trend
    assert len(trend.quarters) == len(trend.today) == len(trend.last_week) == 96
    at = trend.quarters.index(MONDAY.isoformat())
    assert (trend.today[at], trend.last_week[at]) == (5, 1)
    assert trend.today[at - 1] == 0
    assert trend.today[at + 1] is None


def test_the_trend_knows_the_same_day_of_the_last_four_weeks(
    database: Database, write: Write
) -> None:
    for week in range(6):
        at = MONDAY - timedelta(days=7 * week)
        write([event for each in range(week) for event in contact(f"{week}.{each}", at)])
    trend = board(database).trend
    at_nine = trend.quarters.index(MONDAY.isoformat())
    assert [week[at_nine] for week in trend.weeks] == [1, 2, 3, 4]
    assert trend.weeks[0] == trend.last_week
    assert {sum(week) for week in trend.weeks} == {1, 2, 3, 4}


def test_what_is_over_is_read_again_a_minute_later(database: Database, write: Write) -> None:
    past = Past()

    def last_week(now: datetime) -> int:
        with database.engine.connect() as connection:
            return sum(read(connection, now, PARIS, past=past).trend.last_week)

    now = MONDAY + timedelta(minutes=5)
    assert last_week(now) == 0
    write(contact("late", MONDAY - timedelta(days=7)))
    assert last_week(now + timedelta(seconds=59)) == 0
    assert last_week(now + timedelta(seconds=60)) == 1


@pytest.mark.parametrize(("day", "quarters"), [("2024-03-31", 92), ("2024-10-27", 100)])
def test_the_trend_of_a_day_of_another_length_is_compared_by_the_clock(
    database: Database, write: Write, day: str, quarters: int
) -> None:
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=PARIS)
    last_week = (noon - timedelta(days=7)).astimezone(UTC)
    write([*contact("now", noon.astimezone(UTC)), *contact("then", last_week)])
    trend = board(database, noon.astimezone(UTC) + timedelta(hours=11)).trend
    assert len(trend.quarters) == quarters
    at = trend.quarters.index(noon.astimezone(UTC).isoformat())
    assert (trend.today[at], trend.last_week[at]) == (1, 1)


def test_nothing_ever_stored_gives_an_empty_board(database: Database) -> None:
    seen = board(database)
    assert (seen.channels, seen.queues, seen.sources) == ([], [], [])
    assert seen.total.kpis["offered"] == 0
    assert seen.total.kpis["service_level"] is None
    assert seen.total.longest_wait_s is None


def test_a_source_falls_silent_when_a_week_ago_it_was_not(database: Database, store: Store) -> None:
    def arrive(name: str, at: datetime) -> None:
        store.write(SOURCE, contact(name, at), now=at + timedelta(seconds=30))

    for number in range(8):
        arrive(f"w{number}", MONDAY - timedelta(days=7) + timedelta(minutes=number))
    arrive("last", MONDAY - timedelta(seconds=60))

    def told(minutes: float) -> tuple[float | None, bool]:
        [source] = board(database, MONDAY + timedelta(minutes=minutes)).sources
        return source.lag_s, source.silent

    assert told(14) == (14 * 60 + 50.0, False)
    assert told(20) == (20 * 60 + 50.0, True)
    assert told(60 * 24 * 30)[1] is True


def test_a_file_loaded_long_after_is_late_but_not_silent(database: Database, write: Write) -> None:
    write([e for n in range(90) for e in contact(f"c{n}", MONDAY - timedelta(hours=2 * n))])
    [source] = board(database, NOW + timedelta(hours=20)).sources
    assert (source.source, source.silent) == ("test", False)
    # The same history, had it come in when it happened.
    with database.engine.begin() as connection:
        connection.execute(text("update ledger set day = '2024-03-04'"))
    [source] = board(database, NOW + timedelta(hours=20)).sources
    assert source.silent


def test_the_board_goes_to_json_and_its_size_of_work_does_not_grow(
    database: Database, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    morning(write)
    ways: list[list[str]] = []

    def listening(connection: Connection, questions: Iterable[Question]) -> None:
        asked = list(questions)
        ways.append([question.text for question in asked])
        ask(connection, asked)

    monkeypatch.setattr("kpis.board.ask", listening)
    seen = board(database)
    [asked] = ways
    assert len(asked) <= 18
    assert not any("percentile_cont" in statement for statement in asked)
    assert msgspec.json.decode(msgspec.json.encode(seen))["total"]["waiting"] == 2
    with database.engine.connect() as connection:
        assert verify(connection) == []


def test_the_board_locks_no_events_of_days_that_it_does_not_tell_of(
    database: Database, write: Write
) -> None:
    days = (0, 1, 40, 60, 80)
    write([event for ago in days for event in contact(f"c{ago}", NOW - timedelta(days=ago))])
    locked = text(
        "select relation::regclass::text from pg_locks where pid = pg_backend_pid()"
        " and relation in (select inhrelid from pg_inherits where inhparent = 'events'::regclass)"
    )
    with database.engine.connect() as connection:
        # By then the server keeps a plan for any moment.
        for _ in range(12):
            read(connection, NOW, PARIS)
            connection.commit()
        read(connection, NOW, PARIS)
        assert set(connection.scalars(locked)) == {"events_20240303", "events_20240304"}


# --- every modality with the same words -----------------------------------------------------


def test_calls_messages_and_mails_stand_side_by_side_each_by_its_own_clock(
    database: Database, write: Write
) -> None:
    ago = timedelta(hours=-1)
    write(
        [
            # Seconds: one in 20, one not, one waits beyond it, one may still wait.
            *contact("p1", wait_s=10),
            *contact("p2", wait_s=50),
            *contact("p3", NOW - timedelta(seconds=90), None),
            *contact("p4", NOW - timedelta(seconds=5), None),
            # A quarter of an hour: one in time, one late, one overdue, one not due yet.
            *contact("w1", MONDAY + ago, "message_out", 600, channel="messaging"),
            *contact("w2", MONDAY + ago, "message_out", 1200, channel="messaging"),
            *contact("w3", MONDAY + ago, None, channel="messaging"),
            *contact("w4", NOW - timedelta(minutes=5), None, channel="messaging"),
            # Eight hours, counted when they are due: that of yesterday evening is due today.
            *contact("m1", MONDAY + 11 * ago, "message_out", 3600, channel="email"),
            *contact("m2", MONDAY + 10 * ago, None, channel="email"),
            *contact("m3", MONDAY, "message_out", 60, channel="email"),
        ]
    )
    seen = board(database)
    told = {
        each.channel: (each.target_s, each.judged, each.in_target, each.overdue)
        for each in seen.channels
    }
    assert told == {
        "phone": (20.0, 3, 1, 1),
        "messaging": (900.0, 3, 1, 1),
        # Due today: m1, m2 and, answered before it was due, m3.
        "email": (28_800.0, 3, 2, 1),
    }
    assert [each.quality for each in seen.channels] == pytest.approx([1 / 3, 1 / 3, 2 / 3])
    assert (seen.total.judged, seen.total.in_target, seen.total.overdue) == (9, 4, 3)
    assert seen.total.quality == pytest.approx(4 / 9)


def test_what_came_yesterday_and_is_due_later_today_is_not_judged_before(
    database: Database, write: Write
) -> None:
    # Due at six.
    write(contact("m", datetime(2024, 3, 3, 22, tzinfo=UTC), None, channel="email"))
    judged = {
        hour: line(board(database, datetime(2024, 3, 4, hour, tzinfo=UTC)).channels, "email").judged
        for hour in (3, 5, 7)
    }
    assert judged == {3: 0, 5: 0, 7: 1}


def test_the_quality_of_a_line_is_that_of_the_kpi_of_its_modality(
    database: Database, write: Write
) -> None:
    morning(write)
    for each in board(database).channels:
        key = "service_level" if each.modality == "sync" else "async_service_level"
        assert each.quality == pytest.approx(each.kpis[key], abs=1e-6)


def test_the_age_of_the_backlog_and_what_it_takes_at_last_weeks_pace(
    database: Database, write: Write
) -> None:
    minute = timedelta(minutes=1)
    write(
        [
            *[
                event
                for n in range(1, 11)
                for event in contact(f"m{n}", NOW - n * 10 * minute, None, channel="email")
            ],
            *[
                event
                for n in range(35)
                for event in contact(
                    f"w{n}", MONDAY - timedelta(days=1 + n % 7), "message_out", channel="email"
                )
            ],
        ]
    )
    email = line(board(database).channels, "email")
    assert (email.backlog, email.oldest_s) == (10, 6000.0)
    # Buckets grow by 5 %.
    assert email.backlog_p50_s == pytest.approx(3000, rel=0.027)
    assert email.backlog_p90_s == pytest.approx(5400, rel=0.027)
    # 35 in seven days.
    assert email.days_of_work == 2.0


def test_without_a_pace_there_are_no_days_of_work(database: Database, write: Write) -> None:
    write(contact("m", NOW - timedelta(hours=1), None, channel="email"))
    email = line(board(database).channels, "email")
    assert (email.backlog, email.days_of_work) == (1, None)


def test_a_source_that_fell_silent_keeps_nobody_waiting_for_more_than_an_hour(
    database: Database, store: Store
) -> None:
    hour = timedelta(hours=1)
    for name, heard in (("dead", MONDAY), ("alive", MONDAY + 1.9 * hour)):
        told = contact(name, MONDAY, None)
        store.write(Source(name, "simulator"), told, now=MONDAY)
        store.write(Source(name, "simulator"), [], now=heard)

    def waiting(hours: float) -> tuple[int, float | None]:
        total = board(database, MONDAY + hours * hour).total
        return total.waiting, total.longest_wait_s

    assert waiting(0.9) == (2, 0.9 * 3600)
    assert waiting(2) == (1, 7200.0)
    assert waiting(3) == (0, None)
    assert board(database, MONDAY + 3 * hour).total.kpis["still_open"] == 2


@pytest.mark.parametrize("at", [NOW, datetime(2024, 3, 4, 23, 59, 55, tzinfo=UTC)])
def test_who_waited_before_a_restart_does_not_wait_any_more(
    database: Database, write: Write, at: datetime
) -> None:
    restart = Event(
        event_id="r", occurred_at=at, kind="source_started", contact_id="source:test",
        channel="phone",
    )  # fmt: skip
    write([*contact("ghost", at - timedelta(minutes=1), None), restart])
    write(contact("real", at + timedelta(seconds=10), None))
    total = board(database, at + timedelta(seconds=30)).total
    assert (total.waiting, total.longest_wait_s) == (1, 20.0)


def test_who_talks_to_a_bot_waits_for_nobody(database: Database, write: Write) -> None:
    write(
        [
            *contact("b1", NOW - timedelta(minutes=2), None, channel="chatbot", arrives="offered"),
            *contact("b2", left="contained", channel="chatbot", arrives="offered"),
            *contact("p", NOW - timedelta(seconds=7), None),
        ]
    )
    seen = board(database)
    assert [each.channel for each in seen.channels] == ["phone"]
    assert [each.queue for each in seen.queues] == ["billing"]
    [bot] = seen.bots
    assert (bot.channel, bot.modality, bot.waiting, bot.overdue) == ("chatbot", "bot", 0, 0)
    assert (bot.kpis["bot_sessions"], bot.kpis["containment_rate"]) == (2, 0.5)
    assert (seen.total.waiting, seen.total.longest_wait_s, seen.total.judged) == (1, 7.0, 0)
    assert (seen.total.kpis["offered"], seen.total.kpis["bot_sessions"]) == (1, 2)
    assert sum(each or 0 for each in seen.trend.today) == 1
