"""Estimated wait: what is told, what is not, and how right it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import func, select

from ingest.connector import Source
from ingest.connectors.simulator import translate
from ingest.database import Database
from ingest.events import Event
from ingest.store import Store
from kpis.errors import WrongQuery
from kpis.estimate_schema import estimates
from kpis.estimates import Estimate, errors, estimate, forget, keep_told, sample
from kpis.estimating.line import Told, estimate_line
from kpis.estimating.scene import Agent, Visit, scene_of
from kpis.estimating.written import Counted, estimate_backlog
from sample_data.simulator import Simulator
from tests.extent import extent
from tests.kpis.conftest import Write
from tests.kpis.telling import MONDAY, contact

BILLING = ("phone", "billing")
ANN, BOB = ("pbx", "ann"), ("pbx", "bob")


def served(
    agent: Agent, left: float, ended: float | None, wait: float = 10.0, queue: str = "billing"
) -> Visit:
    """Answered `left` seconds ago, ended so many seconds ago (None: they still talk)."""
    return Visit(("phone", queue), left + wait, left, True, False, agent, ended)


def waits(since: float, queue: str = "billing") -> Visit:
    return Visit(("phone", queue), since, None, False, False, ("", ""), None)


def told(*visits: Visit, said: dict[Agent, bool | None] | None = None) -> Told:
    return estimate_line(scene_of(visits, said or {}), BILLING)


# --- who waits on the line -------------------------------------------------------------


def test_who_finds_an_agent_free_does_not_wait() -> None:
    assert told(served(ANN, 600, 400)) == Told(0.0, "free", 10.0)


def test_when_all_are_busy_it_is_the_next_who_is_free() -> None:
    """Two agents, talks of 200 s: one of them ends after 100 s on average, half within 67."""
    found = told(served(ANN, 700, 500), served(ANN, 50, None), served(BOB, 30, None))
    assert found.basis == "next"
    assert found.wait_s == pytest.approx(100 * 2 / 3)


def test_those_before_me_must_leave_first_and_the_line_itself_counts_half() -> None:
    """Two wait: three talks must end, 300 s, 267 by half; the first waits since 80 s."""
    busy = (served(ANN, 700, 500), served(ANN, 50, None), served(BOB, 30, None, wait=60))
    found = told(*busy, waits(80), waits(20))
    assert found.basis == "queue"
    assert found.wait_s == pytest.approx((300 * (3 - 1 / 3) / 3 + 80) / 2)


def test_who_is_short_of_patience_makes_room() -> None:
    busy = (served(ANN, 700, 500), served(ANN, 50, None), served(BOB, 30, None))
    left = Visit(BILLING, 400.0, 370.0, False, True, ("", ""), None)
    patient, hasty = (told(*busy, *more, waits(80), waits(20)) for more in ((), (left,)))
    assert patient.wait_s is not None
    assert hasty.wait_s is not None
    assert hasty.wait_s < patient.wait_s


def test_agents_of_another_queue_help_where_they_serve_both() -> None:
    own = (served(ANN, 700, 500), served(ANN, 50, None))
    shared = (served(ANN, 1500, 1400, queue="delivery"), served(BOB, 40, None, queue="delivery"))
    alone, together = told(*own), told(*own, *shared)
    assert alone.wait_s is not None
    assert together.wait_s is not None
    assert together.wait_s < alone.wait_s


def test_a_chat_agent_who_held_two_is_free_for_the_second() -> None:
    two_at_once = (served(ANN, 900, 600), served(ANN, 800, 500))
    assert told(*two_at_once, served(ANN, 60, None)).basis == "free"
    full = told(*two_at_once, served(ANN, 60, None), served(ANN, 50, None))
    assert full.basis == "next"


def test_what_the_source_says_of_an_agent_counts_more_than_what_is_seen() -> None:
    idle = served(ANN, 600, 400)
    assert told(idle, said={ANN: False}).basis == "next"
    assert told(idle, said={ANN: None}) == Told(None, "nobody_serves", 10.0)
    long_ago = served(ANN, 6000, 5800)
    assert told(long_ago).basis == "nobody_serves"
    assert told(long_ago, said={ANN: True}) == Told(0.0, "free", None)


def test_without_recent_data_there_is_no_estimate_but_a_reason() -> None:
    assert told(waits(30)) == Told(None, "nobody_serves", None)
    assert told(served(ANN, 50, None), waits(30)).basis == "no_talk_ended"


def test_a_talk_whose_end_no_source_tells_ends_some_time() -> None:
    known = served(ANN, 1000, 900)
    assert told(known, served(BOB, 600, None)).basis == "free"


# --- who wrote -------------------------------------------------------------------------


def counted(modality: str = "async", **words: float | None) -> Counted:
    base = {"backlog": 12, "hourly": 6, "daily": 60, "recent_s": 1800.0, "last_s": 3600.0}
    return Counted(("email", "sav"), modality, **{**base, **words})  # type: ignore[arg-type]


def test_a_mail_waits_for_the_backlog_at_the_pace_of_late() -> None:
    """12 open at 6 an hour: 2 h; the last one waited 1 h."""
    assert estimate_backlog(counted()) == Told(5400.0, "backlog", 1800.0)
    assert estimate_backlog(counted(), older=6).wait_s == (3 * 3600 + 3600) / 2


def test_a_night_goes_by_the_pace_of_the_day() -> None:
    assert estimate_backlog(counted(hourly=0, daily=24)).wait_s == (12 * 3600 + 3600) / 2


def test_a_message_is_answered_out_of_turn() -> None:
    assert estimate_backlog(counted("near-sync")).wait_s == (1800 + 3600) / 2


def test_where_nobody_answers_nothing_is_promised() -> None:
    assert estimate_backlog(counted(hourly=0, daily=0, last_s=None)).basis == "nobody_answers"


# --- kept, and judged ------------------------------------------------------------------


def rows(database: Database) -> int:
    with database.engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(estimates)) or 0)


def served_hour() -> list[Event]:
    """A call every two minutes, answered after 10 s; one caller left; a mail."""
    calls = [
        contact(f"c{n}", MONDAY + timedelta(minutes=2 * n), wait_s=10, talk_s=60) for n in range(30)
    ]
    left = contact("left", MONDAY + timedelta(minutes=59, seconds=5), "abandoned", 40)
    return [event for told in (*calls, left) for event in told]


def test_a_minute_is_kept_once_whoever_samples_it(database: Database, write: Write) -> None:
    write(served_hour())
    with database.engine.begin() as connection:
        assert sample(connection, MONDAY + timedelta(minutes=30, seconds=40)) == 1
        assert sample(connection, MONDAY + timedelta(minutes=30, seconds=59)) == 0
        assert sample(connection, MONDAY + timedelta(minutes=31)) == 1
    assert rows(database) == 2


def test_a_minute_is_seen_as_it_was_whatever_came_later(database: Database, write: Write) -> None:
    at = MONDAY + timedelta(minutes=30)
    told = served_hour()
    write([event for event in told if event.occurred_at <= at])
    with database.engine.connect() as connection:
        before = estimate(connection, at)
    write(told)
    with database.engine.connect() as connection:
        assert estimate(connection, at) == before
    assert [(one.channel, one.queue, one.basis) for one in before] == [("phone", "billing", "free")]


def test_the_error_is_what_was_told_against_the_waits_of_that_minute(
    database: Database, write: Write
) -> None:
    write(served_hour())
    offer = Estimate("phone", "billing", "sync", 25.0, 40.0, "queue", {})
    with database.engine.begin() as connection:
        at = MONDAY + timedelta(minutes=58)
        assert keep_told(connection, at - timedelta(seconds=30), [offer]) == 1
        sample(connection, at)
        sample(connection, at + timedelta(minutes=1))
    with database.engine.connect() as connection:
        found = {
            one.occasion: one for one in errors(connection, MONDAY, MONDAY + timedelta(days=1))
        }
    kept, given = found["sample"], found["offer"]
    # 0 s was told («free»), the call at :58 waited 10 s; who left at :59 is in no error.
    assert (kept.contacts, kept.mae_s, kept.bias_s, kept.unanswered) == (1, 10.0, -10.0, 1)
    assert (kept.compared, kept.recent_mae_s) == (1, 0.0)
    assert (given.mae_s, given.bias_s, given.recent_mae_s) == (15.0, 15.0, 30.0)


def test_what_was_told_long_ago_is_forgotten(database: Database, write: Write) -> None:
    write(served_hour())
    with database.engine.begin() as connection:
        sample(connection, MONDAY + timedelta(minutes=30))
        assert forget(connection, MONDAY + timedelta(days=30)) == 0
        assert forget(connection, MONDAY + timedelta(days=61)) == 1


def test_errors_of_an_empty_stretch_are_refused(database: Database) -> None:
    with (
        database.engine.connect() as connection,
        pytest.raises(WrongQuery, match="nothing lies between"),
    ):
        errors(connection, MONDAY, MONDAY)


def test_it_is_nearer_than_the_mean_of_the_last_half_hour_on_simulated_days(
    database: Database, store: Store
) -> None:
    """Every channel, three working days, told every few minutes from 7:00 to 21:00 in Paris."""
    every = extent(20, 5)
    start = datetime(2026, 9, 6, 22, tzinfo=UTC)
    end = start + timedelta(days=4)
    lines = (msgspec.json.encode(record) for record in Simulator(7, start).history(end))
    store.load(Source("sim", "simulator"), map(translate, lines), now=end, batch=10_000)
    minutes = [
        start + timedelta(days=day, hours=7, minutes=every * number)
        for day in (1, 2, 3)
        for number in range(14 * 60 // every)
    ]
    with database.engine.begin() as connection:
        for minute in minutes:
            sample(connection, minute)
        found = errors(connection, start, end)
    print()
    for one in found:
        print(
            f"  {one.channel:10} {one.contacts:5} contacts, mean wait {one.mean_wait_s} s:"
            f" mae {one.mae_s} s; of {one.compared}: {one.compared_mae_s} s,"
            f" recent mean {one.recent_mae_s} s"
        )
    judged = {one.channel: one for one in found}
    assert {"phone", "chat", "callback", "email", "form", "messaging"} <= set(judged)
    for channel, one in judged.items():
        assert one.compared_mae_s is not None
        assert one.recent_mae_s is not None
        # Mails are answered so regularly here that the mean of late is as good.
        worst = 1.05 if channel == "email" else 1.0
        assert one.compared_mae_s < worst * one.recent_mae_s, channel
